/* SPDX-License-Identifier: MIT */
/* What V4L2 says of a picture, as DRM and Wayland want it. */

#include "../test.h"
#include "video/v4l2_format.h"

static const uint32_t no_offsets[VIDEO_MAX_PLANES];

/* Each layout has as many planes as its format, and V4L2's names are there once. */
static void layouts(void **state) {
	size_t len;
	const struct v4l2_layout *all = v4l2_layouts(&len);
	for (size_t i = 0; i < len; i++) {
		const struct latch_format *format = latch_format_find(all[i].fourcc);
		assert_non_null(format);
		assert_ptr_equal(v4l2_layout_find(all[i].pixelformat), &all[i]);
		assert_true(!all[i].apart || format->planes > 1);
	}
	assert_null(v4l2_layout_find(V4L2_PIX_FMT_MJPEG));
}

static void together(void **state) {
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct dmabuf buf = {.width = 320, .height = 181};
	format.fmt.pix.bytesperline = 384;
	v4l2_place_planes(&format, v4l2_layout_find(V4L2_PIX_FMT_NV12), no_offsets, &buf);
	assert_int_equal(buf.num_planes, 2);
	assert_int_equal(buf.planes[1].stride, 384);
	assert_int_equal(buf.planes[1].offset, 384 * 181);
	v4l2_place_planes(&format, v4l2_layout_find(V4L2_PIX_FMT_YUV420), no_offsets, &buf);
	assert_int_equal(buf.num_planes, 3);
	assert_int_equal(buf.planes[2].stride, 192);
	assert_int_equal(buf.planes[2].offset, 384 * 181 + 192 * 91);
	v4l2_place_planes(&format, v4l2_layout_find(V4L2_PIX_FMT_NV24), no_offsets, &buf);
	assert_int_equal(buf.planes[1].stride, 768);
	v4l2_place_planes(&format, v4l2_layout_find(V4L2_PIX_FMT_YUYV), no_offsets, &buf);
	assert_int_equal(buf.num_planes, 1);
	assert_int_equal(buf.planes[0].stride, 384);
}

static void apart(void **state) {
	struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE};
	const uint32_t offsets[] = {128, 0};
	struct dmabuf buf = {.width = 320, .height = 180};
	format.fmt.pix_mp.plane_fmt[0].bytesperline = 384;
	format.fmt.pix_mp.plane_fmt[1].bytesperline = 320;
	v4l2_place_planes(&format, v4l2_layout_find(V4L2_PIX_FMT_NV16M), offsets, &buf);
	assert_int_equal(buf.num_planes, 2);
	assert_int_equal(buf.planes[0].offset, 128);
	assert_int_equal(buf.planes[0].stride, 384);
	assert_int_equal(buf.planes[1].offset, 0);
	assert_int_equal(buf.planes[1].stride, 320);
}

#define NONE (-1)

static const struct {
	uint32_t space, matrix, quantization;
	int encoding, range; /* encoding NONE: there is no name for it */
} colors[] = {
	{V4L2_COLORSPACE_SMPTE170M, 0, 0, PIXEL_BT601, PIXEL_LIMITED},
	{V4L2_COLORSPACE_SRGB, 0, 0, PIXEL_BT601, PIXEL_LIMITED},
	{V4L2_COLORSPACE_JPEG, 0, 0, PIXEL_BT601, PIXEL_FULL},
	{V4L2_COLORSPACE_REC709, 0, 0, PIXEL_BT709, PIXEL_LIMITED},
	{V4L2_COLORSPACE_BT2020, 0, 0, PIXEL_BT2020, PIXEL_LIMITED},
	{V4L2_COLORSPACE_REC709, V4L2_YCBCR_ENC_601, V4L2_QUANTIZATION_FULL_RANGE, PIXEL_BT601,
		PIXEL_FULL},
	{V4L2_COLORSPACE_REC709, V4L2_YCBCR_ENC_XV709, 0, PIXEL_BT709, PIXEL_LIMITED},
	{V4L2_COLORSPACE_SMPTE240M, 0, 0, NONE, NONE},
	{V4L2_COLORSPACE_BT2020, V4L2_YCBCR_ENC_BT2020_CONST_LUM, 0, NONE, NONE},
};

static void color(void **state) {
	for (size_t i = 0; i < 2 * LEN(colors); i++) {
		struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
		enum pixel_encoding encoding;
		enum pixel_range range;
		size_t row = i / 2;
		if (i % 2) {
			format.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
			format.fmt.pix_mp.colorspace = colors[row].space;
			format.fmt.pix_mp.ycbcr_enc = (uint8_t)colors[row].matrix;
			format.fmt.pix_mp.quantization = (uint8_t)colors[row].quantization;
		} else {
			format.fmt.pix.colorspace = colors[row].space;
			format.fmt.pix.ycbcr_enc = colors[row].matrix;
			format.fmt.pix.quantization = colors[row].quantization;
		}
		print_message("# %zu\n", i);
		assert_int_equal(
			v4l2_color(&format, &encoding, &range), colors[row].encoding != NONE);
		if (colors[row].encoding != NONE) {
			assert_int_equal(encoding, colors[row].encoding);
			assert_int_equal(range, colors[row].range);
		}
	}
}

TEST_MAIN("clients-video-v4l2", UNIT(layouts), UNIT(together), UNIT(apart), UNIT(color))
