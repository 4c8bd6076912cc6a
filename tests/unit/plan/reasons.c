/* SPDX-License-Identifier: MIT */
/* Why a layer is on no plane: each cause alone, and what is blamed for a refusal. */
#include <drm_mode.h>

#include "screen.h"

/* One layer on a composed desktop. */
static struct latch_layer *one_layer(struct screen *s, struct latch_layer layer) {
	struct latch_layer *added = screen_add(s, layer);
	screen_add(s, layer_shm(9, 0, 0, WIDTH, HEIGHT));
	return added;
}

static struct latch_layer window(void) {
	return layer_window(1, 20, 20, 64, 64);
}

static struct latch_layer with_format(uint32_t fourcc, uint64_t modifier) {
	struct latch_layer layer = window();
	layer.fourcc = fourcc;
	layer.modifier = modifier;
	return layer;
}

static struct latch_layer turned(uint32_t transform, uint64_t modifier) {
	struct latch_layer layer = with_format(DRM_FORMAT_XRGB8888, modifier);
	layer.transform = transform;
	return layer;
}

static struct latch_layer video(enum kms_color_encoding encoding, enum kms_color_range range) {
	struct latch_layer layer = layer_video(1, 20, 20, 64, 64);
	layer.color_encoding = encoding;
	layer.color_range = range;
	return layer;
}

/* Of a larger buffer a part that begins here. */
static struct latch_layer cropped(double x, double y, int width) {
	struct latch_layer layer = video(KMS_COLOR_ENCODING_BT601, KMS_COLOR_RANGE_LIMITED);
	layer.buffer_width = layer.buffer_height = 80;
	layer.src = (struct wlr_fbox){x, y, width, 64};
	layer.dst.width = width;
	return layer;
}

/* The output's is Display P3. */
static struct latch_layer with_color(struct latch_layer layer, const char *name) {
	assert_true(color_description_parse(name, &layer.color));
	return layer;
}

static void each_cause(void **state) {
	struct latch_layer not_ready = window(), coverage = layer_glass(1, 20, 20, 64, 64);
	struct latch_layer over_the_edge = window();
	not_ready.ready = false;
	coverage.blend_mode = KMS_BLEND_COVERAGE;
	over_the_edge.dst.x = WIDTH - 30;
	const uint64_t linear = DRM_FORMAT_MOD_LINEAR;
	const struct latch_layer srgb = with_color(window(), "srgb");
	const struct latch_layer nv12 = video(KMS_COLOR_ENCODING_BT601, KMS_COLOR_RANGE_LIMITED);
	const struct latch_layer glass = with_color(layer_glass(1, 20, 20, 64, 64), "srgb");
	const struct {
		plan_set_fn set;
		struct latch_layer layer;
		uint64_t reason;
		/* 0: the properties say no, and the kernel is not asked. */
		int error;
		/* Where it goes to a plane. */
		plan_set_fn fine;
	} rows[] = {
		{plan_set_vkms, layer_shm(1, 20, 20, 64, 64), LATCH_REASON_NO_DMABUF},
		{plan_set_vkms, with_format(DRM_FORMAT_XRGB2101010, linear), LATCH_REASON_FORMAT},
		{plan_set_vkms, with_format(DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED),
			LATCH_REASON_MODIFIER, 0, plan_set_intel},
		{plan_set_vkms, not_ready, LATCH_REASON_NOT_READY},
		{plan_set_sandwich, turned(LATCH_TRANSFORM_180, linear), LATCH_REASON_ROTATION, 0,
			plan_set_vc4},
		{plan_set_vkms, layer_faded(window(), 0x8000), LATCH_REASON_ALPHA, 0, plan_set_vc4},
		{plan_set_vkms, coverage, LATCH_REASON_BLEND, 0, plan_set_vc4},
		{plan_set_intel, video(KMS_COLOR_ENCODING_BT2020, KMS_COLOR_RANGE_FULL),
			LATCH_REASON_COLOR_ENCODING, 0, plan_set_vc4},
		{plan_set_vkms, layer_scaled(window(), 128, 128), LATCH_REASON_SCALING, ERANGE,
			plan_set_intel},
		/* A linear buffer. */
		{plan_set_intel, turned(LATCH_TRANSFORM_90, linear), LATCH_REASON_ROTATION, EINVAL},
		{plan_set_sandwich, over_the_edge, LATCH_REASON_POSITION, EINVAL, plan_set_intel},
		/* i915 crops YCbCr at even pixels only. */
		{plan_set_intel, cropped(3, 0, 64), LATCH_REASON_CROP, EINVAL, plan_set_vkms},
		{plan_set_intel, cropped(4, 0, 63), LATCH_REASON_CROP, EINVAL},
		{plan_set_vkms, srgb, LATCH_REASON_COLOR, 0, plan_set_vkms_colors},
		{plan_set_vkms_colors, with_color(window(), "gamma22"), LATCH_REASON_COLOR},
		{plan_set_vkms_colors, with_color(window(), "bt2020-srgb"), LATCH_REASON_COLOR},
		{plan_set_vkms_colors, with_color(window(), "pq"), LATCH_REASON_COLOR},
		{plan_set_vkms_colors, with_color(nv12, "srgb"), LATCH_REASON_COLOR},
		{plan_set_vkms_colors, glass, LATCH_REASON_COLOR},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# row %zu\n", i);
		struct screen *s = screen_make(rows[i].set);
		const struct latch_layer *layer = one_layer(s, rows[i].layer);
		const uint64_t refused = rows[i].error != 0 ? LATCH_REASON_TEST_REFUSED : 0;
		assert_places(s, "cc");
		assert_reasons(layer, rows[i].reason | refused);
		assert_int_equal(layer->test_errno, rows[i].error);
		assert_int_equal(s->kernel.tests > 0, rows[i].error != 0);
		/* Only what could be shown is imported. */
		assert_int_equal(s->kernel.imports > 0, rows[i].error != 0);
		if (rows[i].fine != NULL) {
			s = screen_make(rows[i].fine);
			one_layer(s, rows[i].layer);
			assert_places(s, "+c");
		}
	}
}

/* A pipeline hides from planes how YCbCr is encoded: the video has its plane, as before. */
static void video_goes_before_colors(void **state) {
	struct screen *s = screen_make(plan_set_vkms_colors);
	struct latch_layer *other =
		screen_add(s, with_color(layer_window(2, 100, 20, 64, 64), "srgb"));
	one_layer(s, video(KMS_COLOR_ENCODING_BT709, KMS_COLOR_RANGE_LIMITED));
	assert_places(s, "c+c");
	assert_reasons(other, LATCH_REASON_COLOR);
	s->layers[1].dst.x = WIDTH; // off the screen
	assert_places(s, "+.c");
}

static void what_planes_are_set_to(void **state) {
	struct screen *s = screen_make(plan_set_virtio_gpu);
	struct latch_layer *layer = screen_add(s, layer_window(1, 0, 0, WIDTH, HEIGHT));
	layer->modifier = DRM_FORMAT_MOD_INVALID;
	assert_places(s, "P");

	s = screen_make(plan_set_intel);
	layer = one_layer(s, turned(LATCH_TRANSFORM_90, I915_FORMAT_MOD_Y_TILED));
	assert_places(s, "+c");
	const uint32_t rotation = latch_layer_plane_state(layer, layer->plane).rotation;
	assert_true(rotation == DRM_MODE_ROTATE_90 || rotation == DRM_MODE_ROTATE_270);

	/* Half a pixel is nothing. */
	s = screen_make(plan_set_intel);
	layer = one_layer(s, cropped(3.5, 6.25, 64));
	latch_layer_round_crop(layer, 2, 2);
	assert_places(s, "+c");
	assert_int_equal(latch_layer_plane_state(layer, layer->plane).src_x, 4 << 16);
	assert_int_equal(latch_layer_plane_state(layer, layer->plane).src_y, 6 << 16);
}

static void the_right_one_is_refused(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 4);
	s->kernel.refuses_layers = UINT64_C(1) << 3;
	assert_places(s, "++c+c");
	/* Nothing about it is unusual, so there is nothing to blame. */
	assert_reasons(&s->layers[2], LATCH_REASON_TEST_REFUSED);
	assert_int_equal(s->layers[2].test_errno, EINVAL);
}

/* Each alone would do. */
static void two_that_do_not_go_together(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 3);
	s->kernel.refuses_pair = UINT64_C(1) << 1 | UINT64_C(1) << 3;
	screen_show(s);
	assert_int_equal(s->plan.on_planes, 2);
	assert_int_equal(s->layers[1].place, LATCH_LAYER_ON_PLANE);
}

/* What can't be shown must not cost all the tests. */
static void refused_ones_leave_tests_for_others(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 4);
	for (int i = 0; i < 3; i++) {
		s->layers[i] = layer_scaled(s->layers[i], 80, 80);
	}
	assert_places(s, "ccc+c");
	assert_reasons_contain(&s->layers[0], LATCH_REASON_SCALING);
}

static void no_framebuffer(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 1);
	s->kernel.import_fails = UINT64_C(1) << 1;
	assert_places(s, "cc");
	assert_reasons(&s->layers[0], LATCH_REASON_IMPORT_FAILED);
	assert_int_equal(s->kernel.tests, 0);
	assert_true(s->kernel.imports > 0);
}

/* Composed without a question, for this. */
static void assert_only_composed(struct screen *s, uint64_t reason) {
	assert_places(s, "cc");
	assert_reasons_contain(&s->layers[0], reason);
	assert_int_equal(s->kernel.tests, 0);
}

static void settling_and_idle(void **state) {
	static const uint64_t waits[] = {LATCH_REASON_SETTLING, LATCH_REASON_IDLE};
	for (size_t i = 0; i < LEN(waits); i++) {
		struct screen *s = screen_make_desktop(plan_set_vkms, 1);
		s->input.composing = true;
		s->layers[0].waits = waits[i];
		assert_only_composed(s, waits[i]);
		/* And when the wait is over it goes. */
		s->layers[0].waits = 0;
		assert_places(s, "+c");
	}
}

static void modes_that_compose_all(void **state) {
	struct screen *s = screen_make_desktop(plan_set_vkms, 1);
	s->input.scanout_allowed = false;
	assert_only_composed(s, LATCH_REASON_DISABLED);
	s->input.scanout_allowed = true;
	s->input.captured = true;
	assert_only_composed(s, LATCH_REASON_CAPTURED);
	s->input.captured = false;
	assert_places(s, "+c");
	s->input.planes_len = 0;
	s->input.primary = NULL;
	assert_only_composed(s, LATCH_REASON_NO_KMS);
}

static void more_layers_than_are_looked_at(void **state) {
	struct screen *s = screen_make(plan_set_vkms);
	for (int i = 0; i < LATCH_PLAN_MAX_LAYERS + 1; i++) {
		screen_add(s, layer_window((uint32_t)i + 1, 2 * i, 10, 2, 10));
	}
	screen_show(s);
	assert_int_equal(s->plan.rung, LATCH_RUNG_COMPOSED);
	assert_int_equal(s->plan.visible, LATCH_PLAN_MAX_LAYERS + 1);
	assert_int_equal(s->kernel.tests, 0);

	/* Only those that are seen count. */
	s->layers[0] = layer_window(1, 0, 0, WIDTH, HEIGHT);
	screen_show(s);
	assert_int_equal(s->plan.rung, LATCH_RUNG_PLANES);
	assert_int_equal(s->plan.visible, 1);
}

/* The names are an interface: each bit has one, and they stay. */
static void every_bit_has_a_name_of_its_own(void **state) {
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		const char *name = latch_reason_name(UINT64_C(1) << i);
		assert_non_null(name);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(name, latch_reason_name(UINT64_C(1) << j));
		}
	}
	assert_null(latch_reason_name(UINT64_C(1) << LATCH_REASON_COUNT));
	assert_null(latch_reason_name(0));
	assert_null(latch_reason_name(LATCH_REASON_FORMAT | LATCH_REASON_MODIFIER));
	assert_string_equal(latch_reason_name(LATCH_REASON_NO_KMS), "no-kms");
	assert_string_equal(latch_reason_name(LATCH_REASON_TEST_REFUSED), "test-refused");
}

static void sets_are_lists(void **state) {
	char buf[256];
	assert_string_equal(latch_reasons_to_str(0, buf, sizeof(buf)), "none");
	assert_string_equal(
		latch_reasons_to_str(LATCH_REASON_FORMAT | LATCH_REASON_SCALING, buf, sizeof(buf)),
		"format,scaling");
	char small[10];
	memset(small, 'x', sizeof(small));
	latch_reasons_to_str(UINT64_MAX, small, sizeof(small));
	assert_non_null(memchr(small, '\0', sizeof(small)));
}

TEST_MAIN("reasons", UNIT(each_cause), UNIT(video_goes_before_colors), UNIT(what_planes_are_set_to),
	UNIT(the_right_one_is_refused), UNIT(two_that_do_not_go_together),
	UNIT(refused_ones_leave_tests_for_others), UNIT(no_framebuffer), UNIT(settling_and_idle),
	UNIT(modes_that_compose_all), UNIT(more_layers_than_are_looked_at),
	UNIT(every_bit_has_a_name_of_its_own), UNIT(sets_are_lists))
