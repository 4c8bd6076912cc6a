/* SPDX-License-Identifier: MIT */
#include "v4l2_format.h"

#include <drm_fourcc.h>

static const struct v4l2_layout layouts[] = {
	{V4L2_PIX_FMT_NV12, DRM_FORMAT_NV12, false},
	{V4L2_PIX_FMT_NV12M, DRM_FORMAT_NV12, true},
	{V4L2_PIX_FMT_P010, DRM_FORMAT_P010, false},
	{V4L2_PIX_FMT_P012, DRM_FORMAT_P012, false},
	{V4L2_PIX_FMT_P012M, DRM_FORMAT_P012, true},
	{V4L2_PIX_FMT_NV21, DRM_FORMAT_NV21, false},
	{V4L2_PIX_FMT_NV21M, DRM_FORMAT_NV21, true},
	{V4L2_PIX_FMT_NV16, DRM_FORMAT_NV16, false},
	{V4L2_PIX_FMT_NV16M, DRM_FORMAT_NV16, true},
	{V4L2_PIX_FMT_NV61, DRM_FORMAT_NV61, false},
	{V4L2_PIX_FMT_NV61M, DRM_FORMAT_NV61, true},
	{V4L2_PIX_FMT_NV24, DRM_FORMAT_NV24, false},
	{V4L2_PIX_FMT_NV42, DRM_FORMAT_NV42, false},
	{V4L2_PIX_FMT_YUYV, DRM_FORMAT_YUYV, false},
	{V4L2_PIX_FMT_UYVY, DRM_FORMAT_UYVY, false},
	{V4L2_PIX_FMT_YVYU, DRM_FORMAT_YVYU, false},
	{V4L2_PIX_FMT_VYUY, DRM_FORMAT_VYUY, false},
	{V4L2_PIX_FMT_YUV420, DRM_FORMAT_YUV420, false},
	{V4L2_PIX_FMT_YUV420M, DRM_FORMAT_YUV420, true},
	{V4L2_PIX_FMT_YVU420, DRM_FORMAT_YVU420, false},
	{V4L2_PIX_FMT_YVU420M, DRM_FORMAT_YVU420, true},
	{V4L2_PIX_FMT_YUV422P, DRM_FORMAT_YUV422, false},
	{V4L2_PIX_FMT_YUV422M, DRM_FORMAT_YUV422, true},
	{V4L2_PIX_FMT_YUV444M, DRM_FORMAT_YUV444, true},
	{V4L2_PIX_FMT_XBGR32, DRM_FORMAT_XRGB8888, false},
	{V4L2_PIX_FMT_RGBX32, DRM_FORMAT_XBGR8888, false},
	{V4L2_PIX_FMT_RGB565, DRM_FORMAT_RGB565, false},
};
#define NUM_LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

const struct v4l2_layout *v4l2_layouts(size_t *len) {
	*len = NUM_LAYOUTS;
	return layouts;
}

const struct v4l2_layout *v4l2_layout_find(uint32_t pixelformat) {
	for (size_t i = 0; i < NUM_LAYOUTS; i++) {
		if (layouts[i].pixelformat == pixelformat) {
			return &layouts[i];
		}
	}
	return NULL;
}

static bool is_multiplanar(const struct v4l2_format *format) {
	return V4L2_TYPE_IS_MULTIPLANAR(format->type);
}

static uint32_t bytes_per_line(const struct v4l2_format *format, int plane) {
	return is_multiplanar(format) ? format->fmt.pix_mp.plane_fmt[plane].bytesperline
				      : format->fmt.pix.bytesperline;
}

void v4l2_place_planes(const struct v4l2_format *format, const struct v4l2_layout *layout,
	const uint32_t *data_offsets, struct dmabuf *buf) {
	const struct latch_format *drm = latch_format_find(layout->fourcc);
	uint64_t offset = data_offsets[0];
	buf->num_planes = drm->planes;
	for (int i = 0; i < drm->planes; i++) {
		struct dmabuf_plane *plane = &buf->planes[i];
		if (layout->apart) {
			plane->stride = bytes_per_line(format, i);
			plane->offset = data_offsets[i];
			continue;
		}
		/* Planes follow without gaps; bytesperline is the first one's. */
		plane->stride = (uint32_t)(bytes_per_line(format, 0) *
					   latch_format_row_bytes(drm, i, drm->x_sub) /
					   latch_format_row_bytes(drm, 0, drm->x_sub));
		plane->offset = (uint32_t)offset;
		offset += plane->stride * latch_format_rows(drm, i, buf->height);
	}
}

bool v4l2_color(
	const struct v4l2_format *format, enum pixel_encoding *encoding, enum pixel_range *range) {
	const struct v4l2_pix_format *pix = &format->fmt.pix;
	const struct v4l2_pix_format_mplane *mplane = &format->fmt.pix_mp;
	const bool many = is_multiplanar(format);
	uint32_t space = many ? mplane->colorspace : pix->colorspace;
	uint32_t matrix = many ? mplane->ycbcr_enc : pix->ycbcr_enc;
	uint32_t quantization = many ? mplane->quantization : pix->quantization;
	if (matrix == V4L2_YCBCR_ENC_DEFAULT) {
		matrix = V4L2_MAP_YCBCR_ENC_DEFAULT(space);
	}
	if (quantization == V4L2_QUANTIZATION_DEFAULT) {
		quantization = V4L2_MAP_QUANTIZATION_DEFAULT(false, space, matrix);
	}
	*range = quantization == V4L2_QUANTIZATION_FULL_RANGE ? PIXEL_FULL : PIXEL_LIMITED;
	switch (matrix) {
	case V4L2_YCBCR_ENC_601:
	case V4L2_YCBCR_ENC_XV601:
		*encoding = PIXEL_BT601;
		return true;
	case V4L2_YCBCR_ENC_709:
	case V4L2_YCBCR_ENC_XV709:
		*encoding = PIXEL_BT709;
		return true;
	case V4L2_YCBCR_ENC_BT2020:
		*encoding = PIXEL_BT2020;
		return true;
	default:
		return false;
	}
}
