/* SPDX-License-Identifier: MIT */
/* What a surface asks for besides place and pixels, as tables. */
#include <drm_fourcc.h>
#include <wayland-protocols/color-representation-v1-enum.h>
#include <wlr/render/pass.h>

#include "../test.h"
#include "output/look.h"
#include "plan/layer.h"

static struct latch_layer make_layer(int x, int y, int width, int height) {
	return (struct latch_layer){
		.fourcc = DRM_FORMAT_ARGB8888,
		.src = {.width = width, .height = height},
		.dst = {.x = x, .y = y, .width = width, .height = height},
		.alpha = 0xffff,
	};
}

static void take_opaque(struct latch_layer *layer, const struct wlr_box *boxes, int len, int width,
	int height, enum wl_output_transform transform) {
	pixman_region32_t region;
	pixman_region32_init(&region);
	for (int i = 0; i < len; i++) {
		pixman_region32_union_rect(&region, &region, boxes[i].x, boxes[i].y,
			(unsigned)boxes[i].width, (unsigned)boxes[i].height);
	}
	latch_look_opaque(layer, &region, width, height, transform);
	pixman_region32_fini(&region);
}

static void a_covering_region_is_opaque(void **state) {
	struct latch_layer layer = make_layer(10, 20, 300, 200);
	take_opaque(&layer, &(struct wlr_box){0, 0, 300, 200}, 1, 300, 200, 0);
	assert_true(layer.opaque);
	assert_int_equal(layer.opaque_boxes_len, 0);

	/* Scaling does not change that. */
	layer.dst.width = 333;
	take_opaque(&layer, &(struct wlr_box){-5, -5, 400, 400}, 1, 300, 200, 0);
	assert_true(layer.opaque);

	take_opaque(&layer, NULL, 0, 300, 200, 0);
	assert_false(layer.opaque);
	assert_int_equal(layer.opaque_boxes_len, 0);
	/* One that wlroots has no table of. */
	layer.fourcc = DRM_FORMAT_YUV420;
	take_opaque(&layer, NULL, 0, 300, 200, 0);
	assert_true(layer.opaque);
	layer.fourcc = DRM_FORMAT_ARGB8888;
	take_opaque(&layer, NULL, 0, 300, 200, 0);
	assert_false(layer.opaque);
}

static void with_alpha_nothing_is_opaque(void **state) {
	struct latch_layer layer = make_layer(0, 0, 300, 200);
	layer.alpha = 0xfffe;
	for (int height = 100; height <= 200; height += 100) {
		layer.opaque = true;
		layer.opaque_boxes_len = 2;
		take_opaque(&layer, &(struct wlr_box){0, 0, 300, height}, 1, 300, 200, 0);
		assert_false(layer.opaque);
		assert_int_equal(layer.opaque_boxes_len, 0);
	}
}

#define T(name) WL_OUTPUT_TRANSFORM_##name

/* A box of the surface that is opaque, and what of the layer is for that. */
static void boxes_are_turned_and_rounded_inwards(void **state) {
	static const struct {
		struct wlr_box dst, box, expected; // of width 0: none
		/* Of the surface; and of the layer, where that is another. */
		enum wl_output_transform transform, buffer;
		/* 0: 300 x 200 */
		struct wlr_fbox src;
		struct wlr_box surface;
	} rows[] = {
		/* Unscaled boxes are exact. */
		{{10, 20, 300, 200}, {5, 6, 100, 50}, {15, 26, 100, 50}},
		/* A buffer of twice the surface's size on an output of scale 2. */
		{{10, 20, 600, 400}, {5, 6, 100, 50}, {20, 32, 200, 100}, .src = {0, 0, 600, 400}},
		/* Outside of the surface there is nothing. */
		{{0, 0, 300, 200}, {250, 150, 100, 100}, {250, 150, 50, 50}},

		/* A surface of 10x10 in a buffer of 15x15 on an output of scale 1.5: no filter, but
		 * edges that are not at a pixel's. 1.5 to 13.5; 4.5 to 6, one whole pixel; 4.5 to
		 * 4.5 + 0.x, none. */
		{{0, 0, 15, 15}, {1, 1, 8, 8}, {2, 2, 11, 11}, .src = {0, 0, 15, 15},
			.surface = {0, 0, 10, 10}},
		{{0, 0, 15, 15}, {3, 3, 1, 1}, {5, 5, 1, 1}, .src = {0, 0, 15, 15},
			.surface = {0, 0, 10, 10}},
		{{0, 0, 5, 5}, {3, 3, 1, 1}, {0}, .src = {0, 0, 5, 5}, .surface = {0, 0, 10, 10}},

		/* Where a scaled buffer's opaque part ends, the filter mixes; at the surface's edge
		 * it does not. Two source pixels are six here, in the direction that is scaled. */
		{{0, 0, 900, 200}, {0, 50, 100, 100}, {0, 50, 300 - 6, 100}},
		{{0, 0, 300, 100}, {100, 50, 200, 100}, {100, 25 + 2, 200, 50 - 4}},
		/* A crop that begins inside a pixel is filtered too. */
		{{0, 0, 300, 200}, {100, 0, 100, 200}, {102, 0, 96, 200},
			.src = {0.5, 0, 300, 200}},
		/* The buffer lies on its side: its height is scaled to the layer's width. */
		{{0, 0, 300, 200}, {100, 100, 100, 100}, {104, 100, 92, 100}, .buffer = T(90),
			.src = {0, 0, 200, 150}},

		/* At the upper left corner of the surface, 30 wide and 20 high. */
		{{7, 9, 300, 200}, {0, 0, 30, 20}, {7, 9, 30, 20}, T(NORMAL)},
		{{7, 9, 200, 300}, {0, 0, 30, 20}, {7, 279, 20, 30}, T(90)},
		{{7, 9, 300, 200}, {0, 0, 30, 20}, {277, 189, 30, 20}, T(180)},
		{{7, 9, 200, 300}, {0, 0, 30, 20}, {187, 9, 20, 30}, T(270)},
		{{7, 9, 300, 200}, {0, 0, 30, 20}, {277, 9, 30, 20}, T(FLIPPED)},
		{{7, 9, 200, 300}, {0, 0, 30, 20}, {7, 9, 20, 30}, T(FLIPPED_90)},
		{{7, 9, 300, 200}, {0, 0, 30, 20}, {7, 189, 30, 20}, T(FLIPPED_180)},
		{{7, 9, 200, 300}, {0, 0, 30, 20}, {187, 279, 20, 30}, T(FLIPPED_270)},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct wlr_box *dst = &rows[i].dst, *expected = &rows[i].expected;
		struct wlr_box surface = rows[i].surface;
		if (surface.width == 0) {
			surface = (struct wlr_box){0, 0, 300, 200};
		}
		struct latch_layer layer = make_layer(dst->x, dst->y, dst->width, dst->height);
		layer.src = rows[i].src;
		if (layer.src.width == 0) {
			layer.src = (struct wlr_fbox){0, 0, 300, 200};
		}
		layer.transform = rows[i].buffer != 0 ? rows[i].buffer : rows[i].transform;
		take_opaque(
			&layer, &rows[i].box, 1, surface.width, surface.height, rows[i].transform);
		assert_false(layer.opaque);
		const struct wlr_box *box = layer.opaque_boxes;
		if (layer.opaque_boxes_len != (expected->width > 0) ||
			(expected->width > 0 && !wlr_box_equal(box, expected))) {
			fail_msg("row %zu: %zu boxes, %dx%d+%d+%d", i, layer.opaque_boxes_len,
				box->width, box->height, box->x, box->y);
		}
	}
}

static void the_largest_boxes_are_kept(void **state) {
	struct latch_layer layer = make_layer(0, 0, 300, 200);
	struct wlr_box boxes[7];
	/* Lines of different length with gaps between; the shortest are in the middle. */
	static const int lengths[] = {50, 40, 5, 1, 6, 60, 70};
	for (int i = 0; i < 7; i++) {
		boxes[i] = (struct wlr_box){0, i * 10, lengths[i], 1};
	}
	take_opaque(&layer, boxes, 7, 300, 200, 0);
	assert_int_equal(layer.opaque_boxes_len, LATCH_LAYER_MAX_OPAQUE);
	int total = 0;
	for (size_t i = 0; i < layer.opaque_boxes_len; i++) {
		total += layer.opaque_boxes[i].width;
	}
	assert_int_equal(total, 50 + 40 + 60 + 70);
}

/* Every pixel of every box is looked up in the region: sizes that share no divisor. */
static void boxes_never_claim_too_much(void **state) {
	static const int scaled[][2] = {{31, 23}, {62, 46}, {47, 35}, {17, 12}, {93, 69}, {40, 30}};
	for (size_t i = 0; i < LEN(scaled); i++) {
		int width = scaled[i][0], height = scaled[i][1];
		for (int start = 0; start < 31; start++) {
			for (int size = 1; start + size <= 31; size++) {
				struct latch_layer layer = make_layer(0, 0, width, height);
				take_opaque(&layer, &(struct wlr_box){start, 0, size, 22}, 1, 31,
					23, 0);
				assert_true(layer.opaque_boxes_len <= 1);
				if (layer.opaque_boxes_len == 0) {
					continue;
				}
				struct wlr_box *box = &layer.opaque_boxes[0];
				/* Within the region, and not a pixel less than could be. */
				assert_true(box->x * 31 >= start * width);
				assert_true((box->x - 1) * 31 < start * width);
				int end = box->x + box->width;
				assert_true(end * 31 <= (start + size) * width);
				assert_true((end + 1) * 31 > (start + size) * width);
				assert_true((box->y + box->height) * 23 <= 22 * height);
			}
		}
	}
}

static void alpha_is_opaque_only_at_one(void **state) {
	assert_int_equal(latch_look_alpha(1), 0xffff);
	assert_int_equal(latch_look_alpha(0), 0);
	assert_int_equal(latch_look_alpha(0.5), 0x7fff);
	assert_int_equal(latch_look_alpha(4294967294.0 / 4294967295.0), 0xfffe);
	assert_int_equal(latch_look_alpha(-1), 0);
	assert_int_equal(latch_look_alpha(2), 0xffff);
}

#define COEFFICIENTS(name) WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_##name
#define RANGE(name) WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_##name
#define ALPHA(name) WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_##name
#define KMS(encoding, range) KMS_COLOR_ENCODING_##encoding, KMS_COLOR_RANGE_##range

static void colors_as_told(void **state) {
	static const struct {
		uint32_t fourcc, coefficients, range;
		enum kms_color_encoding encoding;
		enum kms_color_range color_range;
		uint32_t alpha_mode;
		bool straight;
	} rows[] = {
		/* Nothing told. */
		{DRM_FORMAT_NV12, 0, 0, KMS(BT601, LIMITED), 0, false},
		{DRM_FORMAT_NV15, 0, 0, KMS(BT601, LIMITED), 0, false},
		{DRM_FORMAT_XRGB8888, 0, 0, KMS(ANY, ANY), 0, false},
		{0, 0, 0, KMS(ANY, ANY), 0, false},
		/* YCbCr. */
		{DRM_FORMAT_NV12, COEFFICIENTS(BT601), RANGE(FULL), KMS(BT601, FULL), 0, false},
		{DRM_FORMAT_NV12, COEFFICIENTS(BT709), RANGE(LIMITED), KMS(BT709, LIMITED), 0,
			false},
		{DRM_FORMAT_P010, COEFFICIENTS(BT2020), RANGE(FULL), KMS(BT2020, FULL), 0, false},
		/* What does not fit. */
		{DRM_FORMAT_NV12, COEFFICIENTS(IDENTITY), RANGE(FULL), KMS(BT601, LIMITED), 0,
			false},
		{DRM_FORMAT_ARGB8888, COEFFICIENTS(BT709), RANGE(LIMITED), KMS(ANY, ANY), 0, false},
		/* Straight alpha, where there is alpha. */
		{DRM_FORMAT_ARGB8888, 0, 0, KMS(ANY, ANY), ALPHA(STRAIGHT), true},
		{DRM_FORMAT_XRGB8888, 0, 0, KMS(ANY, ANY), ALPHA(STRAIGHT), false},
		{DRM_FORMAT_ARGB8888, COEFFICIENTS(IDENTITY), RANGE(FULL), KMS(ANY, ANY),
			ALPHA(PREMULTIPLIED_ELECTRICAL), false},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		struct latch_layer layer = {
			.fourcc = rows[i].fourcc,
			/* Of the content before: must not stay. */
			.blend_mode = KMS_BLEND_NONE,
			.color_encoding = KMS_COLOR_ENCODING_BT2020,
			.color_range = KMS_COLOR_RANGE_FULL,
		};
		latch_look_color(&layer, rows[i].alpha_mode, rows[i].coefficients, rows[i].range);
		if (layer.blend_mode !=
				(rows[i].straight ? KMS_BLEND_COVERAGE : KMS_BLEND_PREMULTIPLIED) ||
			layer.color_encoding != rows[i].encoding ||
			layer.color_range != rows[i].color_range) {
			fail_msg("row %zu: %d %d %d", i, layer.blend_mode, layer.color_encoding,
				layer.color_range);
		}
	}
}

static void options_for_drawing(void **state) {
	struct latch_layer layer = make_layer(1, 2, 30, 40);
	layer.transform = WL_OUTPUT_TRANSFORM_180;
	layer.opaque = true;
	struct wlr_render_texture_options options = {0};
	float alpha;
	latch_layer_texture_options(&layer, &options, &alpha);
	assert_ptr_equal(options.alpha, &alpha);
	assert_true(alpha == 1);
	assert_int_equal(options.blend_mode, WLR_RENDER_BLEND_MODE_NONE);
	assert_int_equal(options.dst_box.x, 1);
	assert_int_equal(options.dst_box.height, 40);
	assert_int_equal((int)options.src_box.width, 30);
	assert_int_equal(options.transform, WL_OUTPUT_TRANSFORM_180);
	assert_int_equal(options.color_encoding, WLR_COLOR_ENCODING_NONE);
	assert_int_equal(options.color_range, WLR_COLOR_RANGE_NONE);

	layer.opaque = false;
	layer.alpha = 0;
	layer.color_encoding = KMS_COLOR_ENCODING_BT2020;
	layer.color_range = KMS_COLOR_RANGE_FULL;
	layer.blend_mode = KMS_BLEND_COVERAGE;
	latch_layer_texture_options(&layer, &options, &alpha);
	assert_true(alpha == 0);
	assert_int_equal(options.blend_mode, WLR_RENDER_BLEND_MODE_PREMULTIPLIED);
	assert_int_equal(options.color_encoding, WLR_COLOR_ENCODING_BT2020);
	assert_int_equal(options.color_range, WLR_COLOR_RANGE_FULL);

	struct latch_color color = latch_layer_color(&layer);
	assert_true(color.straight_alpha);
	assert_int_equal(color.encoding, KMS_COLOR_ENCODING_BT2020);
	assert_int_equal(color.range, KMS_COLOR_RANGE_FULL);
}

TEST_MAIN("output-look", UNIT(a_covering_region_is_opaque), UNIT(with_alpha_nothing_is_opaque),
	UNIT(boxes_are_turned_and_rounded_inwards), UNIT(the_largest_boxes_are_kept),
	UNIT(boxes_never_claim_too_much), UNIT(alpha_is_opaque_only_at_one), UNIT(colors_as_told),
	UNIT(options_for_drawing))
