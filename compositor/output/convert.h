#ifndef LATCH_OUTPUT_CONVERT_H
#define LATCH_OUTPUT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kms/plane.h"

#define LATCH_IMAGE_MAX_PLANES 4

/** How a buffer's numbers are to be read, beyond its fourcc. */
struct latch_color {
	/** Of YCbCr; _ANY is read as BT.601, limited. */
	enum kms_color_encoding encoding;
	enum kms_color_range range;
	/** The colours are not multiplied with their alpha. */
	bool straight_alpha;
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
	} planes[LATCH_IMAGE_MAX_PLANES];
};

/** How much of a plane's memory an image uses. */
struct latch_image_plane_size {
	uint64_t row_bytes;
	uint64_t rows;
};

/** Whether a matrix makes RGB of this format; also of formats that can't be converted here. */
bool latch_fourcc_is_ycbcr(uint32_t fourcc);

/** How many pixels share one sample of chroma, across and down: 1 for RGB and unknown formats. */
void latch_convert_subsampling(uint32_t fourcc, int *x, int *y);

/** The formats that latch_convert() reads and wlroots' pixman renderer does not. Static. */
const uint32_t *latch_convert_formats(size_t *len);

/** Whether latch_convert() can read this format. */
bool latch_convert_can(uint32_t fourcc);

/** Whether the format has an alpha channel that can be straight; false for unknown formats. */
bool latch_convert_has_alpha(uint32_t fourcc);

/** Number of memory planes; 0 for formats that can't be converted. */
int latch_convert_planes(uint32_t fourcc);

/** What plane has to hold for an image of this size. fourcc and plane must be valid. */
struct latch_image_plane_size latch_convert_plane_size(
	uint32_t fourcc, int plane, int32_t width, int32_t height);

/** XRGB8888, or ARGB8888 for formats with alpha; 0 for those that can't be converted. */
uint32_t latch_convert_result(uint32_t fourcc);

/**
 * Converts to latch_convert_result() with premultiplied alpha, dst_stride bytes from row to row
 * (at least width * 4).
 *
 * YCbCr goes through the matrix of color's encoding and range (Rec. ITU-R BT.601, BT.709, BT.2020,
 * the last with non-constant luminance), and the result is rounded once. Each chroma sample counts
 * for the whole block of pixels it was taken of, without a filter in between: vkms reads its
 * planes in the same way, and so do display controllers with no scaler.
 *
 * Returns false when the format is not known or the image is empty or does not fit its strides.
 */
bool latch_convert(const struct latch_image *image, const struct latch_color *color, void *dst,
	size_t dst_stride);

#endif
