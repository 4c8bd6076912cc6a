/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/format.h"
#include "kms/plane.h"

/** How a buffer's numbers are to be read, beyond its fourcc. */
struct latch_color {
	/** Of YCbCr; _ANY is read as BT.601, limited. */
	enum kms_color_encoding encoding;
	enum kms_color_range range;
	/** The colours are not multiplied with their alpha. */
	bool straight_alpha;
	/** The colours' display, COLOR_UNTAGGED: that of the output; else to is the output's,
	 * borrowed. */
	struct color_description from;
	const struct color_description *to;
};

bool latch_color_equal(const struct latch_color *a, const struct latch_color *b);

/** Pixels that the CPU can read: linear, each plane anywhere. Borrows the memory. */
struct latch_image {
	uint32_t fourcc;
	int32_t width, height;
	struct {
		const void *data;
		/** Bytes from row to row. */
		uint32_t stride;
	} planes[LATCH_FORMAT_MAX_PLANES];
};

/** Whether the CPU can compose this format by latch_convert() only: all that is not a whole
 * word. */
bool latch_convert_is_needed(uint32_t fourcc);

/** Whether the format has an alpha channel that can be straight; false for unknown formats. */
bool latch_convert_has_alpha(uint32_t fourcc);

/** Whether latch_convert() can read this format: those above, and words of 32 bits. */
bool latch_convert_can(uint32_t fourcc);

/**
 * Converts to XRGB8888, or ARGB8888 with premultiplied alpha for formats with alpha, dst_stride
 * bytes from row to row (at least width * 4).
 *
 * YCbCr goes through the matrix of color's encoding and range (Rec. ITU-R BT.601, BT.709, BT.2020,
 * the last with non-constant luminance), and the result is rounded once. Each chroma sample counts
 * for the whole block of pixels it was taken of, without a filter in between: vkms reads its planes
 * in the same way, and so do display controllers with no scaler.
 *
 * Where color has other colours than the output they go through color_table_convert(), without
 * their alpha.
 *
 * Returns false when the format is not known or the image is empty or does not fit its strides.
 */
bool latch_convert(const struct latch_image *image, const struct latch_color *color, void *dst,
	size_t dst_stride);
