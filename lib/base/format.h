/* SPDX-License-Identifier: MIT */
/* Pixel formats: how the samples of each lie in linear memory. The only table of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATCH_FORMAT_MAX_PLANES 3

/** Where the samples of a colour are: `bits` of them, above `shift` others, in each `step`
 * bytes. */
struct latch_component {
	uint8_t plane;
	/** Bytes from one sample to the next, which the samples of other colours may share. */
	uint8_t step;
	/** Counted from the lowest bit of the first byte: little-endian, as all of DRM's formats
	 * are. */
	uint8_t shift;
	/** 0: the format has not got this colour. */
	uint8_t bits;
};

struct latch_format {
	uint32_t fourcc;
	/** As in drm_fourcc.h, without DRM_FORMAT_. */
	const char *name;
	/** The format of the same layout whose alpha bits are ignored; 0: this one has no alpha. */
	uint32_t opaque;
	uint8_t planes;
	bool ycbcr;
	/** The samples are halves, not integers. */
	bool is_float;
	/** How many pixels share one sample of Cb and of Cr, across and down; 1 for RGB. */
	uint8_t x_sub, y_sub;
	/** Red, green, blue, alpha; or Y, Cb, Cr. */
	struct latch_component components[4];
};

/** All formats whose layout is known; *len is how many. */
const struct latch_format *latch_formats(size_t *len);

/** NULL for a format whose layout is not known. */
const struct latch_format *latch_format_find(uint32_t fourcc);

/** Whether a matrix makes RGB of this format, be its layout known or not. */
bool latch_format_is_ycbcr(uint32_t fourcc);

/**
 * The fourcc of the same layout whose alpha bits are ignored (XRGB8888 for ARGB8888), or the fourcc
 * itself when it has no alpha or is not known.
 */
uint32_t latch_format_without_alpha(uint32_t fourcc);

/** What the pixels of a row take of a plane, in bytes, and how many rows the plane has. */
uint64_t latch_format_row_bytes(const struct latch_format *format, int plane, uint32_t width);
uint64_t latch_format_rows(const struct latch_format *format, int plane, uint32_t height);

/** Bytes of a plane from its first pixel to its last. Nothing is behind its last row. width and
 * height: at least 1. */
uint64_t latch_format_plane_bytes(const struct latch_format *format, int plane, uint32_t stride,
	uint32_t width, uint32_t height);
