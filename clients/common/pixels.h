#ifndef CLIENT_PIXELS_H
#define CLIENT_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The pixel formats that the CPU writes, and how they lie in linear memory. Needs no device.
 * Source: the comments of drm_fourcc.h; the matrices are those of ITU-R BT.601, BT.709, BT.2020.
 */

#define PIXEL_MAX_PLANES 3

/** Where the samples of one component of a YCbCr format are. */
struct pixel_component {
	uint8_t plane;
	uint8_t offset; /* bytes from the row's start to the first sample */
	uint8_t step;	/* bytes from one sample to the next */
};

/** Where a channel of an RGB pixel is; no bits: the format hasn't got it. */
struct pixel_channel {
	uint8_t shift, bits;
};

struct pixel_format {
	uint32_t fourcc;
	const char *name; /* as in drm_fourcc.h, without DRM_FORMAT_ */
	uint8_t num_planes;
	/* One block of x_sub times y_sub pixels takes so many bytes of the plane. */
	struct {
		uint8_t bytes, x_sub, y_sub;
	} planes[PIXEL_MAX_PLANES];

	/* RGB: a pixel is a little-endian word of planes[0].bytes. */
	struct pixel_channel red, green, blue, alpha;

	/* YCbCr: samples of so many bits; those of more than 8 lie at the top of 16. 0: RGB. */
	uint8_t depth;
	uint8_t chroma_x_sub, chroma_y_sub;
	struct pixel_component y, cb, cr;
};

enum pixel_encoding {
	PIXEL_BT601,
	PIXEL_BT709,
	PIXEL_BT2020,
};

enum pixel_range {
	PIXEL_LIMITED,
	PIXEL_FULL,
};

/** All of them; *len is how many. */
const struct pixel_format *pixel_formats(size_t *len);

/** NULL for one that the CPU does not write. */
const struct pixel_format *pixel_format_find(uint32_t fourcc);

/** Whether the format is YCbCr. */
bool pixel_format_is_ycbcr(const struct pixel_format *format);

/** Bytes of a row of the plane, and how many rows it has. */
uint32_t pixel_row_bytes(const struct pixel_format *format, int plane, uint32_t width);
uint32_t pixel_rows(const struct pixel_format *format, int plane, uint32_t height);

/** A place in memory for each plane of a picture. */
struct pixel_picture {
	uint32_t width, height;
	uint8_t *data[PIXEL_MAX_PLANES];
	uint32_t stride[PIXEL_MAX_PLANES]; /* bytes */
};

/**
 * Writes a picture of 0xAARRGGBB pixels in another format. RGB formats keep the alpha as it is
 * where they have one; chroma is the mean of the pixels that share it.
 *
 * @param argb rows without gaps, of the picture's size
 */
void pixel_convert(const struct pixel_format *format, enum pixel_encoding encoding,
	enum pixel_range range, const uint32_t *argb, const struct pixel_picture *to);

#endif
