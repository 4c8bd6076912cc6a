#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/stats.h"

struct measure_report;

/** What a run was made of, and what came of it. Nothing is owned. */
struct report {
	uint32_t width, height;
	uint32_t fourcc;
	uint64_t modifier;
	int buffers;
	bool scanout;				   /* allocated for a tranche that names scan-out */
	const char *allocator, *renderer, *device; /* device may be NULL */
	const char *sync;
	uint64_t drawn;
	uint64_t allocations;	   /* how often the ring was made, the first time included */
	uint64_t stalls;	   /* frames that had to wait for a release */
	int64_t run_ns;		   /* first commit to the last flip */
	const struct stats *stats; /* NULL: no presentation feedback */
	const struct measure_report *measure; /* NULL: not asked for */
};

/** Prints it for people, on standard output. */
void report_print(const struct report *report);

/** Writes it as JSON; "-" is standard output. Returns false, having said why. */
bool report_write_json(const struct report *report, const char *path);

#endif
