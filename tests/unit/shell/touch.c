/* SPDX-License-Identifier: MIT */
/*
 * Which place of the screen a finger is at: see fixture.h.
 */
#include "fixture.h"

#include <wlr/types/wlr_output.h>

static void turn(struct wlr_output *output, enum wl_output_transform transform) {
	struct wlr_output_state state;
	wlr_output_state_init(&state);
	wlr_output_state_set_transform(&state, transform);
	assert_true(wlr_output_commit_state(output, &state));
	wlr_output_state_finish(&state);
	pump();
}

/* A finger at a place of the panel, in pixels of it as it was built, is felt there. */
static void assert_felt(double x, double y, double felt_x, double felt_y) {
	int touches = f.touches;
	finger(FINGER_DOWN, x, y);
	finger(FINGER_UP, x, y);
	assert_int_equal(f.touches, touches + 2);
	assert_float_equal(f.touch_x, felt_x, 0.01);
	assert_float_equal(f.touch_y, felt_y, 0.01);
}

/* The output has 1000 times 800 pixels. wl_output: 90 is a quarter counter-clockwise, so what is
 * at the left of the panel is shown at its top. */
static void test_turned(void **test_state) {
	static const struct {
		enum wl_output_transform transform;
		double x, y;
	} cases[] = {
		{WL_OUTPUT_TRANSFORM_NORMAL, 250, 80},
		{WL_OUTPUT_TRANSFORM_90, 720, 250},
		{WL_OUTPUT_TRANSFORM_180, 750, 720},
		{WL_OUTPUT_TRANSFORM_270, 80, 750},
		{WL_OUTPUT_TRANSFORM_FLIPPED, 750, 80},
		{WL_OUTPUT_TRANSFORM_FLIPPED_90, 80, 250},
		{WL_OUTPUT_TRANSFORM_FLIPPED_180, 250, 720},
		{WL_OUTPUT_TRANSFORM_FLIPPED_270, 720, 750},
	};
	for (size_t i = 0; i < LEN(cases); i++) {
		turn(f.output, cases[i].transform);
		struct window *window = window_open_fullscreen();
		assert_felt(250, 80, cases[i].x, cases[i].y);
		window_finish(window);
	}
}

static void test_pointer_turned(void **test_state) {
	double x, y;
	turn(f.output, WL_OUTPUT_TRANSFORM_180);
	wl_signal_emit_mutable(&f.pointer.events.motion_absolute,
		&(struct wlr_pointer_motion_absolute_event){
			.pointer = &f.pointer, .x = 0.25, .y = 0.1});
	latch_shell_cursor(f.shell, &x, &y);
	assert_float_equal(x, 750, 0.01);
	assert_float_equal(y, 720, 0.01);
}

/* A touch screen is a part of the panel; where it is another monitor's, udev says so. */
static void test_output(void **test_state) {
	window_open_fullscreen(); // on the first

	/* Two monitors and no name: the touch screen spans both. */
	add_output(NULL, 600, 400);
	assert_felt(250, 80, 400, 80);
	add_output("eDP-1", 400, 200);
	pump();
	finger(FINGER_DOWN, 250, 200);
	assert_int_equal(f.touches, 2);		      // no window is there
	f.touch.output_name = strdup(f.output->name); // the device frees it
	assert_felt(500, 400, 500, 400);
}

/* A client hears of the end of each touch that it knows, and once. */
static void test_surface_under_a_finger_goes(void **test_state) {
	struct window *window = window_open_fullscreen();
	finger(FINGER_DOWN, 250, 80);
	assert_int_equal(f.touches, 1);
	window_finish(window);
	pump();
	assert_int_equal(f.touches, 2);
	finger(FINGER_MOVES, 260, 80);
	finger(FINGER_UP, 260, 80);
	assert_int_equal(f.touches, 2);
	window_open_fullscreen();
	assert_felt(250, 80, 250, 80);
}

TEST_MAIN("shell-touch", TEST(test_turned), TEST(test_pointer_turned), TEST(test_output),
	TEST(test_surface_under_a_finger_goes))
