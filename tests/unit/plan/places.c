/* Layouts on the planes of known drivers: which layer goes where. */
#include "../test.h"
#include "screen.h"

static bool on_plane(const struct latch_layer *layer) {
	return layer->place == LATCH_LAYER_ON_PLANE;
}

/* --- covered --- */

static void a_fullscreen_window_is_all_there_is(void **state) {
	for (size_t i = 0; i < plan_sets_len; i++) {
		struct screen *s = screen_make(plan_sets[i]);
		struct latch_layer *window =
			screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
		struct latch_layer *behind = screen_add(s, layer_window(2, 10, 10, 50, 50));
		struct latch_layer *desktop = screen_add(s, layer_shm(3, 0, 0, WIDTH, HEIGHT));
		assert_shows(s, LATCH_RUNG_PLANES);
		assert_true(on_plane(window));
		assert_ptr_equal(window->plane, s->set.primary);
		assert_false(s->plan.primary_is_ours);
		assert_int_equal(s->plan.visible, 1);
		assert_reasons(behind, LATCH_REASON_COVERED);
		assert_reasons(desktop, LATCH_REASON_COVERED);
		assert_int_equal(s->kernel.tests, 1);
	}
}

/* 2560 pixels at scale 1.5: the client was asked for 2559. */
static void a_pixel_short_of_fullscreen(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer fullscreen = layer_window(1, 0, 0, WIDTH - 1, HEIGHT);
	fullscreen.fills_output = true;
	struct latch_layer *window = screen_add(s, fullscreen);
	struct latch_layer *behind = screen_add(s, layer_window(2, WIDTH - 40, 10, 40, 50));
	screen_add(s, layer_shm(3, 0, 0, WIDTH, HEIGHT));
	assert_shows(s, LATCH_RUNG_PLANES);
	assert_true(on_plane(window));
	assert_ptr_equal(window->plane, s->set.primary);
	assert_reasons(behind, LATCH_REASON_COVERED);
	assert_int_equal(s->kernel.tests, 1);

	/* A primary plane that has to cover the CRTC: black there, and the window above it. */
	s = screen_make(plan_set_vkms);
	s->kernel.limits.primary_covers = true;
	window = screen_add(s, fullscreen);
	screen_show(s);
	assert_true(on_plane(window));
	assert_true(s->plan.primary_is_ours && !s->plan.composed);

	/* What is seen through it is seen beside it. */
	s = screen_make(plan_set_vkms);
	fullscreen.opaque = false;
	fullscreen.fourcc = DRM_FORMAT_ARGB8888;
	screen_add(s, fullscreen);
	behind = screen_add(s, layer_window(2, WIDTH - 40, 10, 40, 50));
	screen_show(s);
	assert_int_not_equal(behind->place, LATCH_LAYER_COVERED);
}

static void two_halves_cover_together(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	screen_add(s, layer_window(1, 0, 0, WIDTH / 2, HEIGHT));
	screen_add(s, layer_window(2, WIDTH / 2, 0, WIDTH / 2, HEIGHT));
	struct latch_layer *behind = screen_add(s, layer_window(3, 80, 20, 40, 40));
	screen_show(s);
	assert_reasons(behind, LATCH_REASON_COVERED);
	assert_rung(s, LATCH_RUNG_PLANES);
	assert_int_equal(s->plan.on_planes, 2);
}

static void opaque_boxes_cover(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	/* A window with round corners: all but four corners is opaque. */
	struct latch_layer window = layer_glass(1, 20, 20, 100, 60);
	window.opaque_boxes[0] = (struct wlr_box){20, 24, 100, 52};
	window.opaque_boxes[1] = (struct wlr_box){24, 20, 92, 60};
	window.opaque_boxes_len = 2;
	screen_add(s, window);
	struct latch_layer *inside = screen_add(s, layer_window(2, 30, 20, 40, 50));
	struct latch_layer *corner = screen_add(s, layer_window(3, 18, 18, 20, 20));
	screen_add(s, layer_shm(4, 0, 0, WIDTH, HEIGHT));
	screen_show(s);
	assert_reasons(inside, LATCH_REASON_COVERED);
	assert_int_not_equal(corner->place, LATCH_LAYER_COVERED);
}

static void a_faded_box_covers_nothing(void **state) {
	struct screen *s = screen_make(plan_set_intel);
	struct latch_layer window = layer_window(1, 0, 0, WIDTH, HEIGHT);
	window.alpha = 0x8000;
	window.opaque = false;
	screen_add(s, window);
	struct latch_layer *behind = screen_add(s, layer_window(2, 0, 0, WIDTH, HEIGHT));
	screen_show(s);
	assert_int_not_equal(behind->place, LATCH_LAYER_COVERED);
	assert_rung(s, LATCH_RUNG_PLANES);
}

static void off_the_screen_is_covered(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer *left = screen_add(s, layer_window(1, -50, 0, 50, 50));
	struct latch_layer *right = screen_add(s, layer_window(2, WIDTH, 0, 50, 50));
	struct latch_layer *above = screen_add(s, layer_window(3, 0, -60, 50, 50));
	struct latch_layer *edge = screen_add(s, layer_window(4, WIDTH - 1, HEIGHT - 1, 9, 9));
	screen_show(s);
	assert_reasons(left, LATCH_REASON_COVERED);
	assert_reasons(right, LATCH_REASON_COVERED);
	assert_reasons(above, LATCH_REASON_COVERED);
	assert_true(on_plane(edge));
	assert_int_equal(s->plan.visible, 1);
}

static void faded_out_is_covered(void **state) {
	struct screen *s = screen_make(plan_set_intel);
	struct latch_layer gone = layer_window(1, 0, 0, WIDTH, HEIGHT);
	gone.is_dmabuf = false;
	gone.alpha = 0;
	gone.opaque = false;
	struct latch_layer *layer = screen_add(s, gone);
	screen_add(s, layer_window(2, 0, 0, WIDTH, HEIGHT));
	screen_show(s);
	assert_reasons(layer, LATCH_REASON_COVERED);
	assert_rung(s, LATCH_RUNG_PLANES);
}

/* Where nothing is composed the primary plane need not be the lowest. */
static void below_a_window_on_the_primary_plane(void **state) {
	struct screen *s = screen_make(plan_set_sandwich);
	plan_set_remove(&s->set, 3);
	plan_set_remove(&s->set, 1);
	s->input.planes_len = s->set.len;
	screen_add(s, layer_video(1, 100, 20, 50, 50)); // not a format of the primary plane
	screen_add(s, layer_window(2, 20, 20, 50, 50));
	assert_shows(s, LATCH_RUNG_PLANES);
	assert_ptr_equal(s->layers[1].plane, s->set.primary);
}

/* --- windows above a composed desktop --- */

static void windows_lie_above_the_picture(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer *windows[5];
	for (int i = 0; i < 5; i++) {
		windows[i] = screen_add(s, layer_window((uint32_t)i + 1, 36 * i, 10, 30, 30));
	}
	struct latch_layer *desktop = screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	assert_shows(s, LATCH_RUNG_MIXED);
	assert_true(s->plan.primary_is_ours && s->plan.composed);
	assert_false(s->plan.holes);
	for (int i = 0; i < 5; i++) {
		assert_true(on_plane(windows[i]));
		assert_false(windows[i]->underlay);
	}
	assert_reasons(desktop, LATCH_REASON_NO_DMABUF);
}

static void glass_lies_above_the_picture(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer *glass = screen_add(s, layer_glass(1, 10, 10, 80, 80));
	screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	screen_show(s);
	assert_true(on_plane(glass));
	assert_int_equal(latch_layer_fourcc_on(glass, glass->plane), DRM_FORMAT_ARGB8888);
}

static void glass_at_the_bottom_is_over_black(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	screen_add(s, layer_glass(1, 10, 10, 80, 80));
	screen_show(s);
	assert_int_equal(s->plan.visible, 1);
	assert_int_equal(s->plan.on_planes, 1);
}

static void what_says_it_is_opaque_goes_without_alpha(void **state) {
	struct screen *s = screen_make(plan_set_virtio_gpu);
	struct latch_layer window = layer_glass(1, 0, 0, WIDTH, HEIGHT);
	window.opaque = true;
	struct latch_layer *layer = screen_add(s, window);
	screen_show(s);
	assert_ptr_equal(layer->plane, s->set.primary);
	assert_int_equal(latch_layer_fourcc_on(layer, layer->plane), DRM_FORMAT_XRGB8888);
}

static void more_windows_than_planes(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < 12; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 16 * i, 10, 14, 30));
	}
	screen_add(s, layer_shm(20, 0, 0, WIDTH, HEIGHT));
	assert_shows(s, LATCH_RUNG_MIXED);
	assert_true(s->plan.on_planes >= 8); // a cursor plane may be kept for the cursor
	for (int i = 0; i < 12; i++) {
		if (!on_plane(&s->layers[i])) {
			assert_reasons(&s->layers[i], LATCH_REASON_NO_FREE_PLANE);
		}
	}
}

static void the_cursor_has_its_plane(void **state) {
	static const plan_set_fn sets[] = {plan_set_virtio_gpu, plan_set_intel, plan_set_amd};
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct screen *s = screen_make(sets[i]);
		struct latch_layer *cursor = screen_add(s, layer_glass(0, 30, 30, 64, 64));
		struct latch_layer *window =
			screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
		assert_shows(s, LATCH_RUNG_PLANES);
		assert_true(on_plane(cursor) && on_plane(window));
		assert_ptr_equal(window->plane, s->set.primary);
	}
}

/* --- order --- */

static void add_overlapping(struct screen *s) {
	screen_add(s, layer_window(1, 40, 40, 60, 40));
	screen_add(s, layer_window(2, 20, 20, 60, 40));
	screen_add(s, layer_window(3, 0, 0, WIDTH, HEIGHT));
}

static void ids_are_an_order(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	add_overlapping(s);
	assert_shows(s, LATCH_RUNG_PLANES);
	assert_ptr_equal(s->layers[2].plane, s->set.primary);
	assert_true(s->layers[0].plane->type > s->layers[1].plane->type ||
		    s->layers[0].plane->id > s->layers[1].plane->id);
}

static void no_order_no_overlap(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	screen_remove_planes(s, KMS_PLANE_CURSOR);
	s->input.stacks_by_id = false;
	add_overlapping(s);
	screen_show(s);
	/* The upper window on an overlay, the others are one picture below it. */
	assert_rung(s, LATCH_RUNG_MIXED);
	assert_true(on_plane(&s->layers[0]));
	assert_int_equal(s->plan.on_planes, 1);
	assert_true((s->layers[1].reasons & LATCH_REASON_Z_ORDER) != 0 ||
		    (s->layers[1].reasons & LATCH_REASON_NO_FREE_PLANE) != 0);

	/* Beside each other they need none. */
	s->layers[0].dst.x = 120;
	assert_shows(s, LATCH_RUNG_PLANES);
	assert_int_equal(s->plan.on_planes, 3);
}

static void fixed_heights_are_kept(void **state) {
	struct screen *s = screen_make(plan_set_intel);
	add_overlapping(s);
	assert_shows(s, LATCH_RUNG_PLANES);
	for (int i = 0; i < 3; i++) {
		assert_true(on_plane(&s->layers[i]));
		assert_true(s->layers[i].zpos == -1 ||
			    s->layers[i].zpos == (int64_t)s->layers[i].plane->props.zpos.value);
	}
	assert_true(s->layers[0].plane->props.zpos.value > s->layers[1].plane->props.zpos.value);
}

static void heights_are_written(void **state) {
	static const plan_set_fn sets[] = {plan_set_vc4, plan_set_amd, plan_set_rk3588};
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct screen *s = screen_make(sets[i]);
		add_overlapping(s);
		assert_shows(s, LATCH_RUNG_PLANES);
		assert_int_equal(s->plan.on_planes, 3);
		assert_true(s->layers[0].zpos > s->layers[1].zpos);
	}
}

static void a_full_stack_of_written_heights(void **state) {
	struct screen *s = screen_make(plan_set_vc4);
	for (int i = 0; i < 16; i++) {
		screen_add(s, layer_window(16 - (uint32_t)i, 10 + 2 * (16 - i), 10, 40, 40));
	}
	screen_add(s, layer_shm(20, 0, 0, WIDTH, HEIGHT));
	assert_shows_on_planes(s, 16);
}

/* --- underlays --- */

static void add_player(struct screen *s) {
	screen_add(s, layer_shm(1, 20, 80, 150, 20)); // its controls
	screen_add(s, layer_video(2, 10, 10, 170, 95));
	screen_add(s, layer_shm(3, 0, 0, WIDTH, HEIGHT)); // the desktop
}

static void video_goes_below_its_controls(void **state) {
	static const plan_set_fn sets[] = {
		plan_set_amd_underlay, plan_set_rk3588, plan_set_sandwich};
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct screen *s = screen_make(sets[i]);
		add_player(s);
		assert_shows(s, LATCH_RUNG_MIXED);
		assert_true(on_plane(&s->layers[1]));
		assert_true(s->layers[1].underlay);
		assert_true(s->plan.holes && s->plan.primary_is_ours && s->plan.composed);
		assert_reasons(&s->layers[0], LATCH_REASON_NO_DMABUF);
		assert_reasons(&s->layers[2], LATCH_REASON_NO_DMABUF);
	}
}

static void nothing_is_below_the_lowest_plane(void **state) {
	static const plan_set_fn sets[] = {plan_set_vkms, plan_set_intel, plan_set_amd,
		plan_set_rk3399, plan_set_vc4};
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct screen *s = screen_make(sets[i]);
		add_player(s);
		assert_shows(s, LATCH_RUNG_COMPOSED);
		assert_reasons(&s->layers[1], LATCH_REASON_Z_ORDER);
		assert_false(s->plan.holes);
		assert_int_equal(s->kernel.tests, 0);
	}
}

static void no_hole_without_alpha(void **state) {
	struct screen *s = screen_make(plan_set_sandwich);
	s->input.primary_alpha = false;
	add_player(s);
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_reasons(&s->layers[1], LATCH_REASON_Z_ORDER);
}

static void glass_is_no_underlay(void **state) {
	struct screen *s = screen_make(plan_set_sandwich);
	screen_add(s, layer_shm(1, 20, 80, 150, 20));
	screen_add(s, layer_glass(2, 10, 10, 170, 95));
	screen_add(s, layer_shm(3, 0, 0, WIDTH, HEIGHT));
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_true((s->layers[1].reasons &
			    (LATCH_REASON_PARTLY_TRANSPARENT | LATCH_REASON_Z_ORDER)) != 0);
}

static void two_videos_one_above_the_other(void **state) {
	struct screen *s = screen_make(plan_set_sandwich);
	screen_add(s, layer_shm(1, 20, 80, 150, 20));
	screen_add(s, layer_video(2, 60, 40, 60, 50));
	screen_add(s, layer_video(3, 10, 10, 170, 95));
	screen_add(s, layer_shm(4, 0, 0, WIDTH, HEIGHT));
	assert_shows_on_planes(s, 2);
	assert_true(s->layers[1].underlay && s->layers[2].underlay);
	assert_int_equal(s->layers[1].plane->id, 41);
	assert_int_equal(s->layers[2].plane->id, 40);
}

static void below_and_above_at_once(void **state) {
	struct screen *s = screen_make(plan_set_sandwich);
	screen_add(s, layer_window(1, 60, 70, 40, 30));
	screen_add(s, layer_shm(2, 20, 80, 150, 20));
	screen_add(s, layer_video(3, 10, 10, 170, 95));
	screen_add(s, layer_shm(4, 0, 0, WIDTH, HEIGHT));
	assert_shows_on_planes(s, 2);
	assert_int_equal(s->layers[0].plane->id, 43);
	assert_false(s->layers[0].underlay);
	assert_true(s->layers[2].underlay);
}

/* --- what drivers hide --- */

static void as_many_scaled_as_there_are_scalers(void **state) {
	struct screen *s = screen_make(plan_set_intel);
	for (int i = 0; i < 3; i++) {
		screen_add(s, layer_scaled(layer_window((uint32_t)i + 1, 60 * i, 10, 50, 50), 80,
				      80));
	}
	screen_add(s, layer_window(4, 100, 70, 30, 30));
	screen_add(s, layer_shm(5, 0, 0, WIDTH, HEIGHT));
	assert_shows_on_planes(s, 3);
	assert_true(on_plane(&s->layers[3]));
	for (int i = 0; i < 3; i++) {
		if (!on_plane(&s->layers[i])) {
			assert_reasons_contain(&s->layers[i], LATCH_REASON_TEST_REFUSED);
		}
	}
}

static void a_driver_that_wants_its_primary_plane(void **state) {
	struct screen *s = screen_make(plan_set_amd);
	struct latch_layer *window = screen_add(s, layer_window(1, 20, 20, 60, 60));
	screen_show(s);
	assert_true(on_plane(window));
	assert_rung(s, LATCH_RUNG_PLANES);
}

static void a_small_window_alone(void **state) {
	/* Where the primary plane has to cover the screen and no other will do, nothing goes. */
	struct screen *s = screen_make(plan_set_virtio_gpu);
	struct latch_layer *window = screen_add(s, layer_window(1, 20, 20, 60, 60));
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_reasons_contain(window, LATCH_REASON_TEST_REFUSED);
	assert_int_equal(window->test_errno, 22);

	s = screen_make(plan_set_vkms);
	window = screen_add(s, layer_window(1, 20, 20, 60, 60));
	assert_shows(s, LATCH_RUNG_PLANES);
	assert_true(on_plane(window));
}

TEST_MAIN("places", UNIT(a_fullscreen_window_is_all_there_is), UNIT(a_pixel_short_of_fullscreen),
	UNIT(two_halves_cover_together), UNIT(opaque_boxes_cover), UNIT(a_faded_box_covers_nothing),
	UNIT(off_the_screen_is_covered), UNIT(faded_out_is_covered),
	UNIT(below_a_window_on_the_primary_plane), UNIT(windows_lie_above_the_picture),
	UNIT(glass_lies_above_the_picture), UNIT(glass_at_the_bottom_is_over_black),
	UNIT(what_says_it_is_opaque_goes_without_alpha), UNIT(more_windows_than_planes),
	UNIT(the_cursor_has_its_plane), UNIT(ids_are_an_order), UNIT(no_order_no_overlap),
	UNIT(fixed_heights_are_kept), UNIT(heights_are_written),
	UNIT(a_full_stack_of_written_heights), UNIT(video_goes_below_its_controls),
	UNIT(nothing_is_below_the_lowest_plane), UNIT(no_hole_without_alpha),
	UNIT(glass_is_no_underlay), UNIT(two_videos_one_above_the_other),
	UNIT(below_and_above_at_once), UNIT(as_many_scaled_as_there_are_scalers),
	UNIT(a_driver_that_wants_its_primary_plane), UNIT(a_small_window_alone))
