/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "base/format.h"

/*
 * Writes pixels in other formats, by the CPU. Needs no device.
 * Source of the matrices: ITU-R BT.601, BT.709, BT.2020.
 */

enum pixel_encoding {
	PIXEL_BT601,
	PIXEL_BT709,
	PIXEL_BT2020,
};

enum pixel_range {
	PIXEL_LIMITED,
	PIXEL_FULL,
};

/** "bt601", ... and "limited", "full", by these, up to a NULL. */
extern const char *const pixel_encoding_names[], *const pixel_range_names[];

/** A place in memory for each plane of a picture. */
struct pixel_picture {
	uint32_t width, height;
	uint8_t *data[LATCH_FORMAT_MAX_PLANES];
	uint32_t stride[LATCH_FORMAT_MAX_PLANES]; /* bytes */
};

/**
 * Writes a picture of 0xAARRGGBB pixels in another format. RGB formats keep the alpha as it is
 * where they have one; chroma is the mean of the pixels that share it. Not for floats.
 *
 * @param argb rows without gaps, of the picture's size
 */
void pixel_convert(const struct latch_format *format, enum pixel_encoding encoding,
	enum pixel_range range, const uint32_t *argb, const struct pixel_picture *to);

/**
 * Writes a YCbCr picture in another layout: the samples go to other places, and to the width of the
 * new ones, by a shift.
 *
 * @param from    where Y, Cb and Cr are now, in samples of 16 bits at most; as many pixels share one
 *                of Cb and Cr as in the new format
 * @param picture of the same size
 */
void pixel_copy(const struct latch_component from[3], const struct pixel_picture *picture,
	const struct latch_format *format, const struct pixel_picture *to);
