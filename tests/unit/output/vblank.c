/* SPDX-License-Identifier: MIT */
/* When a frame may tear, or the display wait for it. */
#include "output/vblank.h"
#include "../test.h"

/* Nobody is told that a driver lacks what was never asked for. */
static void the_first_refusal_is_told(void **state) {
	bool holds[LATCH_TEARING_REFUSALS] = {[LATCH_TEARING_OK] = true};
	assert_int_equal(latch_first_refusal(holds, LATCH_TEARING_REFUSALS), LATCH_TEARING_OK);
	for (unsigned i = LATCH_TEARING_REFUSALS - 1; i > 0; i--) {
		holds[i] = true;
		assert_int_equal(latch_first_refusal(holds, LATCH_TEARING_REFUSALS), i);
	}
	memset(&holds[1], false, LATCH_TEARING_REFUSALS - 2);
	assert_int_equal(latch_first_refusal(holds, LATCH_TEARING_REFUSALS), LATCH_TEARING_KERNEL);
}

TEST_MAIN("output-vblank", UNIT(the_first_refusal_is_told))
