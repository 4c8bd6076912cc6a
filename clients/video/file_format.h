/* SPDX-License-Identifier: MIT */
#pragma once

#include <libavutil/pixdesc.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/pixels.h"

/** Where libavutil's samples are, as pixel_copy() wants it: Y, Cb, Cr. Returns false for what is
 * not YCbCr in samples of whole bytes. */
bool file_components(const AVPixFmtDescriptor *desc, struct latch_component components[3]);

/**
 * The formats that such samples can be copied to: as many bits first, then more, then fewer; of
 * these the ones of two planes before those of three, as more displays take them.
 *
 * @return how many of max there are
 */
size_t file_candidates(const AVPixFmtDescriptor *desc, uint32_t *fourccs, size_t max);

/**
 * How colours became YCbCr. A stream that does not say gets what players assume: BT.709 from 720
 * lines on, BT.601 below, limited range unless the pixel format says otherwise.
 *
 * @return false for what wp_color_representation_v1 has no name for
 */
bool file_color(enum AVColorSpace space, enum AVColorRange av_range, bool full_format, int height,
	enum pixel_encoding *encoding, enum pixel_range *range);
