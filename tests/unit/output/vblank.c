/* When a frame may tear, or the display wait for it. */
#include "output/vblank.h"
#include "../test.h"

#define GOOD .asked = true, .driver = true, .alone = true, .only_fb_changes = true

static void tearing_needs_everything(void **state) {
	/* Each lacks one thing, in the order of the reasons. */
	static const struct latch_tearing_input inputs[] = {
		{.driver = true, .alone = true, .only_fb_changes = true},
		{.asked = true, .alone = true, .only_fb_changes = true},
		{.asked = true, .driver = true, .only_fb_changes = true},
		{GOOD, .fifo = true},
		{GOOD, .modeset = true},
		{GOOD, .capture = true},
		{.asked = true, .driver = true, .alone = true},
		{GOOD, .refused = true},
	};
	const struct latch_tearing_input good = {GOOD};
	assert_int_equal(latch_tearing_decide(&good), LATCH_TEARING_OK);
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
	static const char *const words[] = {
		[LATCH_VRR_OFF] = "off",
		[LATCH_VRR_ON] = "on",
		[LATCH_VRR_FULLSCREEN] = "fullscreen",
	};
	enum latch_vrr_policy policy;
	for (int i = 0; i < 3; i++) {
		assert_true(latch_vrr_policy_parse(words[i], &policy));
		assert_int_equal(policy, i);
	}
	assert_false(latch_vrr_policy_parse("", &policy));
	assert_false(latch_vrr_policy_parse("automatic", &policy));
}

TEST_MAIN("output-vblank", UNIT(tearing_needs_everything), UNIT(the_first_refusal_counts),
	UNIT(vrr_follows_its_policy), UNIT(policies_are_words))
