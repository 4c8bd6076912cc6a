#ifndef LATCH_OUTPUT_TARGET_H
#define LATCH_OUTPUT_TARGET_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Clients aim at vblanks as they know them, from a flip that was measured and the refresh interval;
 * both have errors. A vblank that lies before the target by no more than this part of a refresh is
 * the one that was meant.
 */
#define LATCH_TARGET_SLOP_DEN 4
/** So far ahead nothing is computed yet: vblanks drift, modes change. */
#define LATCH_TARGET_LOOK_AHEAD_NS INT64_C(500000000)
/** After this long without a flip the phase of the vblanks is not known well enough. */
#define LATCH_TARGET_TRUST_NS INT64_C(5000000000)

/** What is known of an output's vblanks. */
struct latch_target_clock {
	/** Between two of them; the shortest under variable refresh. 0: not known. */
	int64_t refresh_ns;
	/** One of them, the last known; 0: none. */
	int64_t flip_ns;
	/** Variable refresh: the display waits for the frame. */
	bool variable;
};

/**
 * When an update that is to be seen at target_ns, and not before, may become ready: right after the
 * last vblank that it must not make. It then is latched in time for the next one, at the
 * deadline. now_ns or earlier: now; else to be asked again at that time, as more will be known.
 * Where vblanks are not known, or wait for frames, it is target_ns itself: never early.
 */
int64_t latch_target_ready(
	const struct latch_target_clock *clock, int64_t target_ns, int64_t now_ns);

#endif
