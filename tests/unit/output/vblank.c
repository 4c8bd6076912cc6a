/* When a frame may tear, or the display wait for it. */
#include "output/vblank.h"
#include "../test.h"

static void each_refusal_counts(void **state) {
	bool holds[LATCH_TEARING_REFUSALS] = {0};
	assert_int_equal(latch_first_refusal(holds, LATCH_TEARING_REFUSALS), LATCH_TEARING_OK);
	/* The first of them: nobody is told that a driver lacks what was never asked for. */
	for (unsigned i = LATCH_TEARING_REFUSALS - 1; i > 0; i--) {
		holds[i] = true;
		assert_int_equal(latch_first_refusal(holds, LATCH_TEARING_REFUSALS), i);
	}
}

static void vrr_follows_its_policy(void **state) {
	static const struct {
		struct latch_vrr_input input;
		enum latch_vrr_refusal expected;
	} cases[] = {
		{{.policy = LATCH_VRR_OFF, .capable = true, .fullscreen = true},
			LATCH_VRR_NOT_ASKED},
		{{.policy = LATCH_VRR_ON, .capable = true}, LATCH_VRR_OK},
		{{.policy = LATCH_VRR_ON, .capable = false}, LATCH_VRR_NOT_CAPABLE},
		{{.policy = LATCH_VRR_ON, .capable = true, .photo = true}, LATCH_VRR_OK},
		{{.policy = LATCH_VRR_ON, .capable = true, .fullscreen = true, .photo = true},
			LATCH_VRR_PHOTO},
		{{.policy = LATCH_VRR_FULLSCREEN, .capable = true}, LATCH_VRR_NOT_FULLSCREEN},
		{{.policy = LATCH_VRR_FULLSCREEN, .capable = true, .fullscreen = true},
			LATCH_VRR_OK},
		{{.policy = LATCH_VRR_ON, .capable = true, .refused = true}, LATCH_VRR_KERNEL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(latch_vrr_decide(&cases[i].input), cases[i].expected);
	}
}

TEST_MAIN("output-vblank", UNIT(each_refusal_counts), UNIT(vrr_follows_its_policy))
