/* SPDX-License-Identifier: MIT */
#pragma once

#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/dmabuf.h"
#include "common/pixels.h"

/** What V4L2 and DRM have different names for. */
struct v4l2_layout {
	uint32_t pixelformat; /* V4L2_PIX_FMT_* */
	uint32_t fourcc;      /* DRM_FORMAT_* */
	bool apart;	      /* each plane in memory of its own */
};

/** All that is known, the best for a display first; *len is how many. */
const struct v4l2_layout *v4l2_layouts(size_t *len);

/** NULL for a pixelformat without a layout here. */
const struct v4l2_layout *v4l2_layout_find(uint32_t pixelformat);

/**
 * Where the planes are: strides and offsets of a dmabuf of this fourcc, width and height.
 *
 * @param format   of either API, as VIDIOC_S_FMT or VIDIOC_G_FMT left it
 * @param data_offsets of each of V4L2's memory planes: what comes before the picture
 */
void v4l2_place_planes(const struct v4l2_format *format, const struct v4l2_layout *layout,
	const uint32_t *data_offsets, struct dmabuf *buf);

/**
 * How colours became YCbCr (V4L2's "Colorspaces", with its defaults).
 *
 * @return false for what wp_color_representation_v1 has no name for
 */
bool v4l2_color(
	const struct v4l2_format *format, enum pixel_encoding *encoding, enum pixel_range *range);
