/* SPDX-License-Identifier: MIT */
#include "base/format.h"

#include <drm_fourcc.h>

#define FORMAT(format, ...) {.fourcc = DRM_FORMAT_##format, .name = #format, __VA_ARGS__}

/* The shifts of red, green and blue in a pixel of so many bytes, and their bits. */
#define RGB(format, bytes, r, g, b, r_bits, g_bits, b_bits, ...)                                   \
	FORMAT(format, .planes = 1, .x_sub = 1, .y_sub = 1, .components[0] = {0, bytes, r, r_bits}, \
		.components[1] = {0, bytes, g, g_bits}, .components[2] = {0, bytes, b, b_bits},    \
		__VA_ARGS__)

/* With alpha, and the same without. */
#define ALPHA(format, without, bytes, bits, r, g, b, a, a_bits, ...)                               \
	RGB(format, bytes, r, g, b, bits, bits, bits, .components[3] = {0, bytes, a, a_bits},      \
		.opaque = DRM_FORMAT_##without, __VA_ARGS__),                                      \
		RGB(without, bytes, r, g, b, bits, bits, bits, __VA_ARGS__)

#define YCBCR(format, number, x, y, ...)                                                           \
	FORMAT(format, .ycbcr = true, .planes = number, .x_sub = x, .y_sub = y,                    \
		.components = {__VA_ARGS__})

/* Luma, then a plane of pairs, of which Cb is the first or the second. Samples of more than 8 bits
 * are the upper ones of 16. */
#define PAIRS(format, x, y, cb, size, bits)                                                        \
	YCBCR(format, 2, x, y, {0, (size) / 8, (size) - (bits), bits},                             \
		{1, (size) / 4, (1 + (cb)) * (size) - (bits), bits},                               \
		{1, (size) / 4, (2 - (cb)) * (size) - (bits), bits})

#define PLANES(format, x, y, cb, cr)                                                               \
	YCBCR(format, 3, x, y, {0, 1, 0, 8}, {cb, 1, 0, 8}, {cr, 1, 0, 8})

/* Two pixels in four bytes: which of them are the first Y, Cb and Cr. */
#define PACKED(format, luma, cb, cr)                                                               \
	YCBCR(format, 1, 2, 1, {0, 2, 8 * (luma), 8}, {0, 4, 8 * (cb), 8}, {0, 4, 8 * (cr), 8})

/* From the comments of drm_fourcc.h. What is looked up for each frame comes first. */
static const struct latch_format formats[] = {
	ALPHA(ARGB8888, XRGB8888, 4, 8, 16, 8, 0, 24, 8),
	ALPHA(ABGR8888, XBGR8888, 4, 8, 0, 8, 16, 24, 8),
	PAIRS(NV12, 2, 2, 0, 8, 8),
	PAIRS(P010, 2, 2, 0, 16, 10),
	PACKED(YUYV, 0, 1, 3),
	ALPHA(ARGB2101010, XRGB2101010, 4, 10, 20, 10, 0, 30, 2),
	ALPHA(ABGR2101010, XBGR2101010, 4, 10, 0, 10, 20, 30, 2),
	ALPHA(RGBA8888, RGBX8888, 4, 8, 24, 16, 8, 0, 8),
	ALPHA(BGRA8888, BGRX8888, 4, 8, 8, 16, 24, 0, 8),
	ALPHA(ARGB16161616, XRGB16161616, 8, 16, 32, 16, 0, 48, 16),
	ALPHA(ABGR16161616, XBGR16161616, 8, 16, 0, 16, 32, 48, 16),
	ALPHA(ARGB16161616F, XRGB16161616F, 8, 16, 32, 16, 0, 48, 16, .is_float = true),
	ALPHA(ABGR16161616F, XBGR16161616F, 8, 16, 0, 16, 32, 48, 16, .is_float = true),
	RGB(RGB888, 3, 16, 8, 0, 8, 8, 8),
	RGB(BGR888, 3, 0, 8, 16, 8, 8, 8),
	RGB(RGB565, 2, 11, 5, 0, 5, 6, 5),
	RGB(BGR565, 2, 0, 5, 11, 5, 6, 5),
	RGB(R8, 1, 0, 0, 0, 8, 0, 0),
	PAIRS(NV21, 2, 2, 1, 8, 8),
	PAIRS(NV16, 2, 1, 0, 8, 8),
	PAIRS(NV61, 2, 1, 1, 8, 8),
	PAIRS(NV24, 1, 1, 0, 8, 8),
	PAIRS(NV42, 1, 1, 1, 8, 8),
	PAIRS(P012, 2, 2, 0, 16, 12),
	PAIRS(P016, 2, 2, 0, 16, 16),
	PAIRS(P210, 2, 1, 0, 16, 10),
	PLANES(YUV420, 2, 2, 1, 2),
	PLANES(YVU420, 2, 2, 2, 1),
	PLANES(YUV422, 2, 1, 1, 2),
	PLANES(YVU422, 2, 1, 2, 1),
	PLANES(YUV444, 1, 1, 1, 2),
	PLANES(YVU444, 1, 1, 2, 1),
	PACKED(YVYU, 0, 3, 1),
	PACKED(UYVY, 1, 0, 2),
	PACKED(VYUY, 1, 2, 0),
};

#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))

/* Those that planes may show, but whose layout nobody here asks for. */
static const uint32_t more_ycbcr[] = {DRM_FORMAT_AYUV, DRM_FORMAT_XYUV8888, DRM_FORMAT_AVUY8888,
	DRM_FORMAT_XVUY8888, DRM_FORMAT_VUY888, DRM_FORMAT_VUY101010, DRM_FORMAT_Y210,
	DRM_FORMAT_Y212, DRM_FORMAT_Y216, DRM_FORMAT_Y410, DRM_FORMAT_Y412, DRM_FORMAT_Y416,
	DRM_FORMAT_XVYU2101010, DRM_FORMAT_XVYU12_16161616, DRM_FORMAT_XVYU16161616,
	DRM_FORMAT_Y0L0, DRM_FORMAT_X0L0, DRM_FORMAT_Y0L2, DRM_FORMAT_X0L2, DRM_FORMAT_YUV420_8BIT,
	DRM_FORMAT_YUV420_10BIT, DRM_FORMAT_NV15, DRM_FORMAT_NV20, DRM_FORMAT_NV30, DRM_FORMAT_P030,
	DRM_FORMAT_Q410, DRM_FORMAT_Q401, DRM_FORMAT_YUV410, DRM_FORMAT_YVU410, DRM_FORMAT_YUV411,
	DRM_FORMAT_YVU411};

const struct latch_format *latch_formats(size_t *len) {
	*len = FORMATS_LEN;
	return formats;
}

const struct latch_format *latch_format_find(uint32_t fourcc) {
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (formats[i].fourcc == fourcc) {
			return &formats[i];
		}
	}
	return NULL;
}

bool latch_format_is_ycbcr(uint32_t fourcc) {
	const struct latch_format *format = latch_format_find(fourcc);
	bool is_ycbcr = format != NULL && format->ycbcr;
	for (size_t i = 0; format == NULL && i < sizeof(more_ycbcr) / sizeof(more_ycbcr[0]); i++) {
		is_ycbcr = is_ycbcr || more_ycbcr[i] == fourcc;
	}
	return is_ycbcr;
}

uint32_t latch_format_without_alpha(uint32_t fourcc) {
	const struct latch_format *format = latch_format_find(fourcc);
	return format != NULL && format->opaque != 0 ? format->opaque : fourcc;
}

static uint64_t divide_up(uint32_t pixels, uint32_t by) {
	return ((uint64_t)pixels + by - 1) / by;
}

uint64_t latch_format_row_bytes(const struct latch_format *format, int plane, uint32_t width) {
	uint64_t most = 0;
	for (int i = 0; i < 4; i++) {
		const struct latch_component *component = &format->components[i];
		uint64_t bytes = divide_up(width, i > 0 ? format->x_sub : 1) * component->step;
		most = component->plane == plane && bytes > most ? bytes : most;
	}
	return most;
}

uint64_t latch_format_rows(const struct latch_format *format, int plane, uint32_t height) {
	return divide_up(height, plane > 0 ? format->y_sub : 1);
}

uint64_t latch_format_plane_bytes(const struct latch_format *format, int plane, uint32_t stride,
	uint32_t width, uint32_t height) {
	return stride * (latch_format_rows(format, plane, height) - 1) +
	       latch_format_row_bytes(format, plane, width);
}
