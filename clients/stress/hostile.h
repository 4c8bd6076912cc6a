#ifndef STRESS_HOSTILE_H
#define STRESS_HOSTILE_H

#include "options.h"

/** What a hostile client did, and how it ended. */
struct hostile_report {
	const char *sync; /* NULL: it did not come so far */
	uint64_t commits;
	uint64_t fences, ended; /* that had not signalled; and how many of them were ended */
	uint64_t busy;		/* buffers that were not released at the end */
	int64_t run_ns;
	bool closed; /* by the user, or by a signal */
};

/**
 * Commits content updates with bad fences until its time is up.
 *
 * @param signal_fd a signalfd of the signals that end it
 */
enum stress_exit hostile_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report);

#endif
