/* When a frame may tear, or the display wait for it. */
#include "output/vblank.h"
#include "../test.h"

static const struct latch_tearing_input good = {
	.asked = true,
	.driver = true,
	.alone = true,
	.only_fb_changes = true,
};

static void tearing_needs_everything(void **state) {
	assert_int_equal(latch_tearing_decide(&good), LATCH_TEARING_OK);
	struct latch_tearing_input inputs[8];
	for (int i = 0; i < 8; i++) {
		inputs[i] = good;
	}
	inputs[0].asked = false;
	inputs[1].driver = false;
	inputs[2].alone = false;
	inputs[3].fifo = true;
	inputs[4].modeset = true;
	inputs[5].capture = true;
	inputs[6].only_fb_changes = false;
	inputs[7].refused = true;
	for (int i = 0; i < 8; i++) {
		assert_int_equal(
			latch_tearing_decide(&inputs[i]), (int)LATCH_TEARING_NOT_ASKED + i);
	}
}

/* Nobody is told that a driver lacks what was never asked for. */
static void the_first_refusal_counts(void **state) {
	struct latch_tearing_input input = {0};
	assert_int_equal(latch_tearing_decide(&input), LATCH_TEARING_NOT_ASKED);
	input.asked = true;
	assert_int_equal(latch_tearing_decide(&input), LATCH_TEARING_NO_DRIVER);
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

static void policies_are_words(void **state) {
	assert_string_equal(latch_vrr_policy_names[LATCH_VRR_OFF], "off");
	assert_string_equal(latch_vrr_policy_names[LATCH_VRR_ON], "on");
	assert_string_equal(latch_vrr_policy_names[LATCH_VRR_FULLSCREEN], "fullscreen");
	assert_null(latch_vrr_policy_names[LATCH_VRR_FULLSCREEN + 1]);
}

TEST_MAIN("output-vblank", UNIT(tearing_needs_everything), UNIT(the_first_refusal_counts),
	UNIT(vrr_follows_its_policy), UNIT(policies_are_words))
