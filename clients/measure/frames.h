#ifndef MEASURE_FRAMES_H
#define MEASURE_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grid.h"

/** One frame that was presented, in the compositor's clock. */
struct measure_frame {
	int64_t commit_ns;
	int64_t ready_ns; /* the commit, or the signal of its fence if that was later */
	int64_t presented_ns;
	uint64_t sequence; /* 0: not told */
};

/** What is known of the head start. */
enum measure_head_start {
	MEASURE_HEAD_START_KNOWN,
	MEASURE_HEAD_START_FEW,	  /* too few frames to speak of 99 % */
	MEASURE_HEAD_START_NEVER, /* even with a whole refresh too many come late */
};

/** So many frames with the head start or more are needed to say it. */
#define MEASURE_FEW 100
/** So many in a thousand of them have to make their first vblank. */
#define MEASURE_IN_TIME_PERMILLE 990

/** What came of a run. Times count from ready_ns. */
struct measure_summary {
	size_t frames;
	/* Presented before they were ready: only where the compositor did not wait for the fence.
	 * They are in no other number. */
	size_t early;
	size_t in_time;		/* at the first vblank that was possible */
	double excess;		/* refreshes after that, on average */
	int64_t p50_ns, p99_ns; /* to the flip */

	/* The smallest margin between being ready and the first vblank that is enough: of all
	 * frames that had it, 99 % made that vblank. NEVER: the period. FEW: 0. */
	enum measure_head_start head_start;
	int64_t head_start_ns;
	size_t head_start_frames; /* that had it */
};

/**
 * Sums up a run. A plain function of its arguments.
 *
 * @return false without memory
 */
bool measure_summarize(struct measure_summary *summary, const struct measure_frame *frames,
	size_t len, const struct measure_grid *grid);

#endif
