/* SPDX-License-Identifier: MIT */
/* How much memory pictures take, and what the table says of formats as a whole. */
#include "base/format.h"
#include "../test.h"

#include <drm_fourcc.h>

static void test_odd_sizes(void **state) {
	static const struct {
		uint32_t fourcc;
		int planes, plane;
		uint32_t width, height;
		uint64_t row_bytes, rows;
	} cases[] = {
		{DRM_FORMAT_NV12, 2, 1, 641, 481, 642, 241},
		{DRM_FORMAT_P010, 2, 0, 641, 481, 1282, 481},
		{DRM_FORMAT_P010, 2, 1, 6, 4, 12, 2},
		{DRM_FORMAT_YUYV, 1, 0, 3, 2, 8, 2},
		{DRM_FORMAT_YUYV, 1, 0, 5, 1, 12, 1},
		{DRM_FORMAT_YUV420, 3, 0, 5, 5, 5, 5},
		{DRM_FORMAT_YUV420, 3, 2, 5, 5, 3, 3},
		{DRM_FORMAT_YUV422, 3, 2, 5, 5, 3, 5},
		{DRM_FORMAT_NV61, 2, 1, 5, 5, 6, 5},
		{DRM_FORMAT_NV42, 2, 1, 5, 5, 10, 5},
		{DRM_FORMAT_ARGB16161616, 1, 0, 3, 2, 24, 2},
		{DRM_FORMAT_XBGR16161616F, 1, 0, 3, 2, 24, 2},
		{DRM_FORMAT_RGB888, 1, 0, 3, 2, 9, 2},
		{DRM_FORMAT_RGB565, 1, 0, 3, 2, 6, 2},
		{DRM_FORMAT_R8, 1, 0, 3, 2, 3, 2},
		{DRM_FORMAT_XRGB8888, 1, 0, UINT32_MAX, 1, UINT64_C(4) * UINT32_MAX, 1},
	};
	for (size_t i = 0; i < LEN(cases); i++) {
		const struct latch_format *format = latch_format_find(cases[i].fourcc);
		assert_non_null(format);
		assert_int_equal(format->planes, cases[i].planes);
		assert_int_equal(latch_format_row_bytes(format, cases[i].plane, cases[i].width),
			cases[i].row_bytes);
		assert_int_equal(
			latch_format_rows(format, cases[i].plane, cases[i].height), cases[i].rows);
		assert_int_equal(latch_format_plane_bytes(format, cases[i].plane, UINT32_MAX,
					 cases[i].width, cases[i].height),
			UINT32_MAX * (cases[i].rows - 1) + cases[i].row_bytes);
	}
}

/* Each sample is inside of its step, and each plane has some. */
static void test_table_is_sound(void **state) {
	size_t len;
	const struct latch_format *formats = latch_formats(&len);
	for (size_t i = 0; i < len; i++) {
		assert_ptr_equal(latch_format_find(formats[i].fourcc), &formats[i]);
		assert_int_equal(latch_format_is_ycbcr(formats[i].fourcc), formats[i].ycbcr);
		for (int j = 0; j < 4; j++) {
			const struct latch_component *component = &formats[i].components[j];
			assert_true(component->plane < formats[i].planes);
			assert_true(component->shift + component->bits <= component->step * 8);
		}
		for (int j = 0; j < formats[i].planes; j++) {
			assert_true(latch_format_row_bytes(&formats[i], j, 1) > 0);
		}
		const struct latch_format *opaque = latch_format_find(formats[i].opaque);
		assert_int_equal(opaque != NULL, formats[i].components[3].bits > 0);
		if (opaque != NULL) {
			assert_int_equal(opaque->components[3].bits, 0);
			assert_memory_equal(opaque->components, formats[i].components,
				3 * sizeof(opaque->components[0]));
		}
	}
}

static void test_alpha(void **state) {
	assert_int_equal(latch_format_without_alpha(DRM_FORMAT_ARGB8888), DRM_FORMAT_XRGB8888);
	assert_int_equal(
		latch_format_without_alpha(DRM_FORMAT_ABGR16161616F), DRM_FORMAT_XBGR16161616F);
	assert_int_equal(latch_format_without_alpha(DRM_FORMAT_XRGB8888), DRM_FORMAT_XRGB8888);
	assert_int_equal(latch_format_without_alpha(DRM_FORMAT_NV12), DRM_FORMAT_NV12);
	assert_int_equal(latch_format_without_alpha(0x3f3f3f3f), 0x3f3f3f3f);
}

static void test_unknown_layouts(void **state) {
	assert_null(latch_format_find(DRM_FORMAT_Q410));
	assert_true(latch_format_is_ycbcr(DRM_FORMAT_Q410));
	assert_true(latch_format_is_ycbcr(DRM_FORMAT_NV15));
	assert_null(latch_format_find(0));
	assert_false(latch_format_is_ycbcr(0));
}

TEST_MAIN("base-format", UNIT(test_odd_sizes), UNIT(test_table_is_sound), UNIT(test_alpha),
	UNIT(test_unknown_layouts))
