#ifndef LATCHCTL_SPAN_H
#define LATCHCTL_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counted.h"

/** What happened between two snapshots. */
struct span {
	const struct counted *before, *after;
	/** More than 0. */
	double seconds;
};

struct span_surface {
	const struct counted_surface *after;
	/** NULL for one that was not there yet: all of it is new. */
	const struct counted_surface *before;
	uint32_t frames, on_plane, superseded, dropped, missed;
};

struct span_output {
	const struct counted_output *after;
	uint32_t flips, late, wakeups;
};

/** The snapshots are borrowed. */
struct span span_between(const struct counted *before, const struct counted *after);

struct span_surface span_surface(const struct span *span, size_t index);
struct span_output span_output(const struct span *span, size_t index);

/** Vblanks missed through one of after->causes. */
uint32_t span_missed(const struct span_surface *surface, size_t cause);

/**
 * The percentile (above 0, to 100) of a stage in us; not less than the true one, and not a part in
 * 64 more. -1 when nothing was presented.
 */
int64_t span_percentile(const struct span_surface *surface, unsigned stage, double percentile);

/** The stable name of a stage: "commit_to_signalled", ... */
const char *span_stage_name(unsigned stage);

#endif
