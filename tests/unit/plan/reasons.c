/* Why a layer is on no plane: each cause alone, and what is blamed for a refusal. */
#include <drm_mode.h>
#include <errno.h>

#include "../test.h"
#include "kms/commit.h"
#include "screen.h"

/* One window on a composed desktop. */
static struct latch_layer *one_window(struct screen *s, struct latch_layer layer) {
	struct latch_layer *window = screen_add(s, layer);
	screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	return window;
}

static struct latch_layer window(void) {
	return layer_window(1, 20, 20, 64, 64);
}

static void the_window_itself_is_fine(void **state) {
	struct screen *s = screen_make(plan_set_intel);
	struct latch_layer *layer = one_window(s, window());
	screen_show(s);
	assert_int_equal(layer->place, LATCH_LAYER_ON_PLANE);
}

/* No question to the kernel where the properties say no already. */
static void refused_without_a_test(plan_set_fn set, struct latch_layer layer, uint64_t reason) {
	struct screen *s = screen_make(set);
	struct latch_layer *refused = one_window(s, layer);
	screen_show(s);
	assert_int_equal(refused->place, LATCH_LAYER_COMPOSED);
	assert_reasons(refused, reason);
	assert_int_equal(s->kernel.tests, 0);
}

static void what_the_buffer_is(void **state) {
	refused_without_a_test(
		plan_set_vkms, layer_shm(1, 20, 20, 64, 64), LATCH_REASON_NO_DMABUF);

	struct latch_layer layer = window();
	layer.fourcc = DRM_FORMAT_XRGB2101010;
	refused_without_a_test(plan_set_vkms, layer, LATCH_REASON_FORMAT);

	layer = window();
	layer.modifier = I915_FORMAT_MOD_X_TILED;
	refused_without_a_test(plan_set_vkms, layer, LATCH_REASON_MODIFIER);

	/* A plane that tells its modifiers takes no buffer without one. */
	layer = window();
	layer.modifier = DRM_FORMAT_MOD_INVALID;
	struct screen *s = screen_make(plan_set_virtio_gpu);
	struct latch_layer *whole = screen_add(s, layer);
	whole->dst = (struct wlr_box){0, 0, WIDTH, HEIGHT};
	*whole = layer_scaled(*whole, WIDTH, HEIGHT);
	screen_show(s);
	assert_int_equal(whole->place, LATCH_LAYER_ON_PLANE);

	layer = window();
	layer.ready = false;
	refused_without_a_test(plan_set_vkms, layer, LATCH_REASON_NOT_READY);
}

static void what_no_plane_does(void **state) {
	struct latch_layer layer = window();
	layer.transform = LATCH_TRANSFORM_180;
	refused_without_a_test(plan_set_sandwich, layer, LATCH_REASON_ROTATION);

	layer = window();
	layer.alpha = 0x8000;
	layer.opaque = false;
	refused_without_a_test(plan_set_vkms, layer, LATCH_REASON_ALPHA);

	layer = layer_glass(1, 20, 20, 64, 64);
	layer.blend_mode = KMS_BLEND_COVERAGE;
	refused_without_a_test(plan_set_vkms, layer, LATCH_REASON_BLEND);

	layer = layer_video(1, 20, 20, 64, 64);
	layer.color_encoding = KMS_COLOR_ENCODING_BT2020;
	layer.color_range = KMS_COLOR_RANGE_FULL;
	refused_without_a_test(plan_set_intel, layer, LATCH_REASON_COLOR_ENCODING);
}

/* The same layers where a plane has the property. */
static void what_some_planes_do(void **state) {
	struct latch_layer layers[4] = {window(), window(), layer_glass(1, 20, 20, 64, 64),
		layer_video(1, 20, 20, 64, 64)};
	layers[0].transform = LATCH_TRANSFORM_180;
	layers[1].alpha = 0x8000;
	layers[1].opaque = false;
	layers[2].blend_mode = KMS_BLEND_COVERAGE;
	layers[3].color_encoding = KMS_COLOR_ENCODING_BT2020;
	layers[3].color_range = KMS_COLOR_RANGE_FULL;
	for (int i = 0; i < 4; i++) {
		struct screen *s = screen_make(plan_set_vc4);
		struct latch_layer *layer = one_window(s, layers[i]);
		screen_show(s);
		assert_int_equal(layer->place, LATCH_LAYER_ON_PLANE);
		assert_reasons(layer, 0);
	}
}

static void a_quarter_turn_is_a_rotation(void **state) {
	struct screen *s = screen_make(plan_set_intel);
	struct latch_layer layer = window();
	layer.transform = LATCH_TRANSFORM_90;
	layer.modifier = I915_FORMAT_MOD_Y_TILED;
	struct latch_layer *turned = one_window(s, layer);
	screen_show(s);
	assert_int_equal(turned->place, LATCH_LAYER_ON_PLANE);
	struct kms_plane_state shown = latch_layer_plane_state(turned, turned->plane);
	assert_true(shown.rotation == DRM_MODE_ROTATE_90 || shown.rotation == DRM_MODE_ROTATE_270);
}

static void refused_with_blame(plan_set_fn set, struct latch_layer layer, uint64_t blame) {
	struct screen *s = screen_make(set);
	struct latch_layer *refused = one_window(s, layer);
	screen_show(s);
	assert_int_equal(refused->place, LATCH_LAYER_COMPOSED);
	assert_reasons_contain(refused, blame | LATCH_REASON_TEST_REFUSED);
	assert_true(refused->test_errno == EINVAL || refused->test_errno == ERANGE);
	assert_true(s->kernel.tests > 0);
}

static void what_the_kernel_blames(void **state) {
	refused_with_blame(plan_set_vkms, layer_scaled(window(), 128, 128), LATCH_REASON_SCALING);

	struct latch_layer layer = window();
	layer.transform = LATCH_TRANSFORM_90; // a linear buffer
	refused_with_blame(plan_set_intel, layer, LATCH_REASON_ROTATION);

	layer = window();
	layer.dst.x = WIDTH - 30;
	refused_with_blame(plan_set_sandwich, layer, LATCH_REASON_POSITION);
}

/* i915 crops YCbCr at even pixels only. */
static void an_odd_crop(void **state) {
	struct latch_layer layer = layer_video(1, 20, 20, 64, 64);
	layer.color_encoding = KMS_COLOR_ENCODING_BT601;
	layer.color_range = KMS_COLOR_RANGE_LIMITED;
	layer.buffer_width = layer.buffer_height = 80;
	layer.src.x = 3;
	refused_with_blame(plan_set_intel, layer, LATCH_REASON_CROP);
	layer.src.x = 4;
	layer.src.width = layer.dst.width = 63;
	refused_with_blame(plan_set_intel, layer, LATCH_REASON_CROP);

	/* Half a pixel is nothing. */
	layer.src = (struct wlr_fbox){3.5, 6.25, 64, 64};
	layer.dst.width = 64;
	latch_layer_round_crop(&layer, 2, 2);
	struct screen *s = screen_make(plan_set_intel);
	struct latch_layer *shown = one_window(s, layer);
	screen_show(s);
	assert_int_equal(shown->place, LATCH_LAYER_ON_PLANE);
	assert_int_equal(latch_layer_plane_state(shown, shown->plane).src_x, 4 << 16);
	assert_int_equal(latch_layer_plane_state(shown, shown->plane).src_y, 6 << 16);
}

/* Nothing about it is unusual, so there is nothing to blame. */
static void a_plain_refusal(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer *layer = one_window(s, window());
	s->kernel.refuses_layers = UINT64_C(1) << 1;
	screen_show(s);
	assert_reasons(layer, LATCH_REASON_TEST_REFUSED);
	assert_int_equal(layer->test_errno, EINVAL);
}

static void the_right_one_is_refused(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < 4; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 45 * i, 20, 40, 40));
	}
	screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	s->kernel.refuses_layers = UINT64_C(1) << 3;
	assert_shows_on_planes(s, 3);
	assert_reasons_contain(&s->layers[2], LATCH_REASON_TEST_REFUSED);
}

/* Each alone would do. */
static void two_that_do_not_go_together(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < 3; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 45 * i, 20, 40, 40));
	}
	screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	s->kernel.refuses_pair = UINT64_C(1) << 1 | UINT64_C(1) << 3;
	assert_shows_on_planes(s, 2);
	assert_int_equal(s->layers[1].place, LATCH_LAYER_ON_PLANE);
}

/* What can't be shown must not cost all the tests. */
static void refused_ones_leave_tests_for_others(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < 3; i++) {
		screen_add(s, layer_scaled(
				      layer_window((uint32_t)i + 1, 45 * i, 20, 40, 40), 80, 80));
	}
	struct latch_layer *last = screen_add(s, layer_window(4, 140, 20, 40, 40));
	screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	screen_show(s);
	assert_int_equal(last->place, LATCH_LAYER_ON_PLANE);
	assert_int_equal(s->plan.on_planes, 1);
	assert_reasons_contain(&s->layers[0], LATCH_REASON_SCALING);
}

static void no_framebuffer(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer *layer = one_window(s, window());
	s->kernel.import_fails = UINT64_C(1) << 1;
	screen_show(s);
	assert_reasons(layer, LATCH_REASON_IMPORT_FAILED);
	assert_int_equal(s->kernel.tests, 0);
	assert_true(s->kernel.imports > 0);
}

static void imports_only_what_could_be_shown(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer layer = window();
	layer.fourcc = DRM_FORMAT_XRGB2101010;
	one_window(s, layer);
	screen_show(s);
	assert_int_equal(s->kernel.imports, 0);
}

static void settling_and_idle(void **state) {
	static const uint64_t waits[] = {LATCH_REASON_SETTLING, LATCH_REASON_IDLE};
	for (int i = 0; i < 2; i++) {
		struct screen *s = screen_make(plan_set_vkms);
		s->input.composing = true;
		struct latch_layer *layer = one_window(s, window());
		s->settled[0] = waits[i];
		screen_show(s);
		assert_int_equal(layer->place, LATCH_LAYER_COMPOSED);
		assert_reasons_contain(layer, waits[i]);
		assert_int_equal(s->kernel.tests, 0);
		/* And when the wait is over it goes. */
		s->settled[0] = 0;
		screen_show(s);
		assert_int_equal(layer->place, LATCH_LAYER_ON_PLANE);
	}
}

static void modes_that_compose_all(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	struct latch_layer *layer = one_window(s, window());
	s->input.scanout_allowed = false;
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_reasons_contain(layer, LATCH_REASON_DISABLED);
	assert_int_equal(s->kernel.tests, 0);

	s->input.scanout_allowed = true;
	s->input.captured = true;
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_reasons_contain(layer, LATCH_REASON_CAPTURED);
	assert_int_equal(s->kernel.tests, 0);

	s->input.captured = false;
	screen_show(s);
	assert_int_equal(layer->place, LATCH_LAYER_ON_PLANE);

	s->input.planes_len = 0;
	s->input.primary = NULL;
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_reasons_contain(layer, LATCH_REASON_NO_KMS);
	assert_int_equal(s->kernel.tests, 0);
}

static void covered_stays_covered_in_each(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
	struct latch_layer *behind = screen_add(s, window());
	s->input.captured = true;
	screen_show(s);
	assert_reasons(behind, LATCH_REASON_COVERED);
	s->input.planes_len = 0;
	screen_show(s);
	assert_reasons(behind, LATCH_REASON_COVERED);
}

static void more_layers_than_are_looked_at(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < LATCH_PLAN_MAX_LAYERS + 1; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 2 * i, 10, 2, 10));
	}
	assert_shows(s, LATCH_RUNG_COMPOSED);
	assert_int_equal(s->plan.visible, LATCH_PLAN_MAX_LAYERS + 1);
	assert_int_equal(s->kernel.tests, 0);

	/* Only those that are seen count. */
	s->layers[0] = layer_window(1, 0, 0, WIDTH, HEIGHT);
	assert_shows(s, LATCH_RUNG_PLANES);
	assert_int_equal(s->plan.visible, 1);
}

TEST_MAIN("reasons", UNIT(the_window_itself_is_fine), UNIT(what_the_buffer_is),
	UNIT(what_no_plane_does), UNIT(what_some_planes_do), UNIT(a_quarter_turn_is_a_rotation),
	UNIT(what_the_kernel_blames), UNIT(a_plain_refusal), UNIT(the_right_one_is_refused),
	UNIT(an_odd_crop), UNIT(two_that_do_not_go_together),
	UNIT(refused_ones_leave_tests_for_others), UNIT(no_framebuffer),
	UNIT(imports_only_what_could_be_shown), UNIT(settling_and_idle),
	UNIT(modes_that_compose_all), UNIT(covered_stays_covered_in_each),
	UNIT(more_layers_than_are_looked_at))
