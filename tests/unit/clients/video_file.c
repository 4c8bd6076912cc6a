/* SPDX-License-Identifier: MIT */
/* What libavutil says of a picture, as DRM and Wayland want it. */
#include <drm_fourcc.h>

#include "../test.h"
#include "video/file_format.h"

static const struct {
	enum AVPixelFormat format;
	uint32_t best;	     /* 0: it can't be copied */
	uint8_t shift, bits; /* of Cb */
} rows[] = {
	{AV_PIX_FMT_YUV420P, DRM_FORMAT_NV12, 0, 8},
	{AV_PIX_FMT_YUVJ420P, DRM_FORMAT_NV12, 0, 8},
	{AV_PIX_FMT_NV12, DRM_FORMAT_NV12, 0, 8},
	{AV_PIX_FMT_NV21, DRM_FORMAT_NV12, 8, 8},
	{AV_PIX_FMT_YUV420P10LE, DRM_FORMAT_P010, 0, 10},
	{AV_PIX_FMT_P010LE, DRM_FORMAT_P010, 6, 10},
	{AV_PIX_FMT_YUV420P12LE, DRM_FORMAT_P012, 0, 12},
	{AV_PIX_FMT_YUV422P, DRM_FORMAT_NV16, 0, 8},
	{AV_PIX_FMT_YUV422P10LE, DRM_FORMAT_P210, 0, 10},
	{AV_PIX_FMT_YUV444P, DRM_FORMAT_NV24, 0, 8},
	{AV_PIX_FMT_YUV420P10BE, 0, 0, 0},
	{AV_PIX_FMT_RGB24, 0, 0, 0},
	{AV_PIX_FMT_GBRP, 0, 0, 0},
	{AV_PIX_FMT_GRAY8, 0, 0, 0},
	{AV_PIX_FMT_VAAPI, 0, 0, 0},
	{AV_PIX_FMT_PAL8, 0, 0, 0},
};

static void formats(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(rows[i].format);
		struct latch_component components[3];
		uint32_t fourccs[40] = {0};
		print_message("# %s\n", desc->name);
		assert_int_equal(file_components(desc, components), rows[i].best != 0);
		if (rows[i].best != 0) {
			assert_true(file_candidates(desc, fourccs, LEN(fourccs)) > 0);
			assert_int_equal(fourccs[0], rows[i].best);
			assert_int_equal(components[1].shift, rows[i].shift);
			assert_int_equal(components[1].bits, rows[i].bits);
		}
	}
}

/* Ten bits where there are only eight, and no more than there is room for. */
static void second_choices(void **state) {
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(AV_PIX_FMT_YUV420P10LE);
	uint32_t fourccs[40];
	size_t num = file_candidates(desc, fourccs, LEN(fourccs)), deep = 0, flat = 0;
	for (size_t i = 0; i < num; i++) {
		deep = fourccs[i] == DRM_FORMAT_P016 ? i : deep;
		flat = fourccs[i] == DRM_FORMAT_NV12 ? i : flat;
	}
	assert_true(deep > 0);
	assert_true(flat > deep);
	assert_int_equal(file_candidates(desc, fourccs, 2), 2);
}

static void color(void **state) {
	enum pixel_encoding encoding;
	enum pixel_range range;
	assert_true(file_color(
		AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, false, 576, &encoding, &range));
	assert_int_equal(encoding, PIXEL_BT601);
	assert_int_equal(range, PIXEL_LIMITED);
	assert_true(file_color(
		AVCOL_SPC_UNSPECIFIED, AVCOL_RANGE_UNSPECIFIED, true, 720, &encoding, &range));
	assert_int_equal(encoding, PIXEL_BT709);
	assert_int_equal(range, PIXEL_FULL);
	assert_true(
		file_color(AVCOL_SPC_BT2020_NCL, AVCOL_RANGE_MPEG, true, 100, &encoding, &range));
	assert_int_equal(encoding, PIXEL_BT2020);
	assert_int_equal(range, PIXEL_LIMITED);
	assert_true(
		file_color(AVCOL_SPC_SMPTE170M, AVCOL_RANGE_JPEG, false, 1080, &encoding, &range));
	assert_int_equal(encoding, PIXEL_BT601);
	assert_int_equal(range, PIXEL_FULL);
	assert_false(file_color(AVCOL_SPC_YCGCO, AVCOL_RANGE_JPEG, false, 1080, &encoding, &range));
	assert_false(
		file_color(AVCOL_SPC_BT2020_CL, AVCOL_RANGE_MPEG, false, 9, &encoding, &range));
}

TEST_MAIN("clients-video-file", UNIT(formats), UNIT(second_choices), UNIT(color))
