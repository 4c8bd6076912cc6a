#include "output/target.h"

/* A flip's time, and with it the vblanks computed from it, is off by less than this part of a
 * refresh: the update becomes ready that much after the vblank that it must not make. */
#define GUARD_DEN 16

int64_t latch_target_ready(
	const struct latch_target_clock *clock, int64_t target_ns, int64_t now_ns) {
	const int64_t refresh_ns = clock->refresh_ns, flip_ns = clock->flip_ns;
	if (target_ns <= now_ns) {
		return now_ns;
	}
	if (target_ns - now_ns > LATCH_TARGET_LOOK_AHEAD_NS) {
		return target_ns - LATCH_TARGET_LOOK_AHEAD_NS / 2;
	}
	if (clock->variable || refresh_ns == 0 || flip_ns == 0 ||
		now_ns - flip_ns > LATCH_TARGET_TRUST_NS) {
		return target_ns;
	}
	/* The last vblank before what counts as in time. */
	int64_t first_good_ns = target_ns - refresh_ns / LATCH_TARGET_SLOP_DEN;
	if (first_good_ns <= flip_ns) {
		return now_ns;
	}
	int64_t intervals = (first_good_ns - flip_ns - 1) / refresh_ns;
	return flip_ns + intervals * refresh_ns + refresh_ns / GUARD_DEN;
}
