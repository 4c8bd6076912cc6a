/* When a frame may tear, or the display wait for it. */
#include "output/vblank.h"
#include "../test.h"

static void tearing_needs_everything(void **state) {
	struct latch_tearing_input input = {
		.asked = true, .driver = true, .format = true, .alone = true, .only_fb_changes = true};
	const struct {
		bool *changed;
		enum latch_tearing_refusal expected;
	} rows[] = {
		{&input.asked, LATCH_TEARING_NOT_ASKED},
		{&input.driver, LATCH_TEARING_NO_DRIVER},
		{&input.format, LATCH_TEARING_FORMAT},
		{&input.alone, LATCH_TEARING_NOT_ALONE},
		{&input.fifo, LATCH_TEARING_FIFO},
		{&input.modeset, LATCH_TEARING_MODESET},
		{&input.capture, LATCH_TEARING_CAPTURE},
		{&input.only_fb_changes, LATCH_TEARING_MORE_CHANGES},
		{&input.refused, LATCH_TEARING_KERNEL},
	};
	assert_int_equal(latch_tearing_decide(&input), LATCH_TEARING_OK);
	for (size_t i = 0; i < LEN(rows); i++) {
		*rows[i].changed = !*rows[i].changed;
		assert_int_equal(latch_tearing_decide(&input), rows[i].expected);
		*rows[i].changed = !*rows[i].changed;
	}
	/* The first of them: nobody is told that a driver lacks what was never asked for. */
	for (size_t i = LEN(rows); i > 0; i--) {
		*rows[i - 1].changed = !*rows[i - 1].changed;
		assert_int_equal(latch_tearing_decide(&input), rows[i - 1].expected);
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

static void policies_are_words(void **state) {
	assert_string_equal(latch_vrr_policy_names[LATCH_VRR_OFF], "off");
	assert_string_equal(latch_vrr_policy_names[LATCH_VRR_ON], "on");
	assert_string_equal(latch_vrr_policy_names[LATCH_VRR_FULLSCREEN], "fullscreen");
	assert_null(latch_vrr_policy_names[LATCH_VRR_FULLSCREEN + 1]);
}

TEST_MAIN("output-vblank", UNIT(tearing_needs_everything), UNIT(vrr_follows_its_policy),
	UNIT(policies_are_words))
