/* SPDX-License-Identifier: MIT */
/*
 * Pixels that the CPU composes are converted here when its renderer can't read them.
 *
 * All formats go the same way, in blocks of pixels: the samples of the three components are
 * spread to one per pixel, then a matrix makes red, green and blue of them. base/format.h says
 * where the samples are. The second step has no branches, so that compilers make vector code of it.
 *
 * There are libraries that are faster. But libyuv, the usual one, cuts the coefficient of Cb in
 * blue to 2.0 on x86, which for BT.709 and BT.2020 in limited range is up to 16 of 255 levels off:
 * a video would change its blues when it leaves its plane.
 */
#include "output/convert.h"

#include <assert.h>
#include <endian.h>
#include <math.h>

/* Samples are worked on in 16 bits, the narrower ones in the upper bits, so that black, white and
 * grey are at the same place for all widths in limited range. */
#define SAMPLE_BITS 16
#define BLOCK 64

bool latch_color_equal(const struct latch_color *a, const struct latch_color *b) {
	return a->encoding == b->encoding && a->range == b->range &&
	       a->straight_alpha == b->straight_alpha &&
	       color_description_equal(&a->from, &b->from) &&
	       (a->from.transfer == COLOR_UNTAGGED || a->to == b->to);
}

bool latch_convert_is_needed(uint32_t fourcc) {
	const struct latch_format *format = latch_format_find(fourcc);
	return format != NULL && !format->is_float &&
	       (format->ycbcr || format->components[0].step == 3 ||
		       format->components[0].step == 8);
}

bool latch_convert_has_alpha(uint32_t fourcc) {
	const struct latch_format *format = latch_format_find(fourcc);
	return format != NULL && !format->is_float && format->opaque != 0;
}

bool latch_convert_can(uint32_t fourcc) {
	const struct latch_format *format = latch_format_find(fourcc);
	return latch_convert_is_needed(fourcc) || latch_convert_has_alpha(fourcc) ||
	       (format != NULL && !format->is_float && format->components[0].step == 4);
}

/* Samples spread to one per pixel, and the pixels made of them. */
struct block {
	int32_t samples[3][BLOCK];
	/* Of 0x10000; set for formats with alpha. */
	uint32_t alpha[BLOCK];
	uint32_t pixels[BLOCK];
};

/*
 * Fixed point: a sample times a coefficient is a level of 0 to 255 with this many bits behind the
 * point. Coefficients so have 14 bits or more, and the largest sum, white with the most blue, still
 * fits into 31.
 */
#define POINT 21

struct matrix {
	int32_t luma, cr_to_red, cb_to_green, cr_to_green, cb_to_blue;
	/* Subtracted from samples. */
	int32_t black, grey;
};

/* The largest sample, in SAMPLE_BITS. */
static int32_t white_of(int bits) {
	return ((1 << bits) - 1) << (SAMPLE_BITS - bits);
}

static int32_t fixed(double coefficient) {
	return (int32_t)lround(coefficient * (1 << POINT));
}

/*
 * From Y, Cb and Cr to R, G and B of 0 to 255: the definitions of BT.601-7, 2.5.1 to 2.5.3,
 * BT.709-6, 3.2 to 3.4 and BT.2020-2, table 4 and 5, solved for R, G and B. They differ in the
 * weights of red and blue only.
 */
static struct matrix find_matrix(const struct latch_color *color, int bits) {
	double red = 0.299, blue = 0.114;
	if (color->encoding == KMS_COLOR_ENCODING_BT709) {
		red = 0.2126;
		blue = 0.0722;
	} else if (color->encoding == KMS_COLOR_ENCODING_BT2020) {
		red = 0.2627;
		blue = 0.0593;
	}
	double green = 1 - red - blue;
	int32_t black = 0;
	double luma = 255.0 / white_of(bits), chroma = luma;
	if (color->range != KMS_COLOR_RANGE_FULL) {
		black = 16 << (SAMPLE_BITS - 8);
		luma = 255.0 / (219 << (SAMPLE_BITS - 8));
		chroma = 255.0 / (224 << (SAMPLE_BITS - 8));
	}
	return (struct matrix){
		.luma = fixed(luma),
		.cr_to_red = fixed(2 * (1 - red) * chroma),
		.cb_to_green = fixed(-2 * (1 - blue) * blue / green * chroma),
		.cr_to_green = fixed(-2 * (1 - red) * red / green * chroma),
		.cb_to_blue = fixed(2 * (1 - blue) * chroma),
		.black = black,
		.grey = 128 << (SAMPLE_BITS - 8),
	};
}

/* Samples of one byte, or of two: DRM's formats are little-endian on all machines, and memory of
 * clients need not be aligned. shift: 1 where two pixels share a sample. Blocks start at even x, so
 * the first pixel is the first of its sample too. */
static void read_bytes(int32_t *samples, const uint8_t *data, size_t step, int len, int shift,
	bool two) {
	for (int i = 0; i < len; i++) {
		const uint8_t *sample = &data[(size_t)(i >> shift) * step];
		samples[i] = two ? sample[0] | sample[1] << 8 : sample[0] << (SAMPLE_BITS - 8);
	}
}

/* Words of 32 bits, whose lowest bit of the component is shifted down. */
static void read_packed(
	int32_t *samples, const uint8_t *data, int shift, uint32_t most, int32_t unit, int len) {
	for (int i = 0; i < len; i++) {
		const uint8_t *word = &data[i * 4];
		uint32_t value = word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 |
				 (uint32_t)word[3] << 24;
		samples[i] = (int32_t)(value >> shift & most) * unit;
	}
}

static void read_component(const struct latch_format *format, const struct latch_image *image,
	int component, int32_t x, int32_t y, int len, int32_t *samples) {
	const struct latch_component *where = &format->components[component];
	const int32_t x_sub = component == 0 ? 1 : format->x_sub;
	const int32_t y_sub = component == 0 ? 1 : format->y_sub;
	const uint8_t *data = (const uint8_t *)image->planes[where->plane].data +
			      (size_t)image->planes[where->plane].stride * (size_t)(y / y_sub) +
			      (size_t)where->step * (size_t)(x / x_sub);
	if (where->bits == 8) {
		read_bytes(samples, data + where->shift / 8, where->step, len, x_sub == 2, false);
	} else if ((where->shift + where->bits) % 16 == 0 && where->bits > 8) {
		const size_t first = where->shift / 16 * 2;
		read_bytes(samples, data + first, where->step, len, x_sub == 2, true);
	} else {
		/* 2 bits of alpha reach from 0 to the same white as 10 bits of colour. */
		const int32_t most = (1 << where->bits) - 1;
		read_packed(samples, data, where->shift, (uint32_t)most,
			white_of(format->components[0].bits) / most, len);
	}
}

/* Rounds, and cuts what the eye can't see: YCbCr has room for colours that RGB has not. */
static uint32_t level(int32_t sum) {
	int32_t value = (sum + (1 << (POINT - 1))) >> POINT;
	value = value < 0 ? 0 : value;
	return (uint32_t)(value > 255 ? 255 : value);
}

/* The whole block each time: a fixed count is what lets compilers make vectors without a rest. */
static void mix_ycbcr(const struct matrix *matrix, struct block *block) {
	const struct matrix m = *matrix;
	for (int i = 0; i < BLOCK; i++) {
		int32_t luma = (block->samples[0][i] - m.black) * m.luma;
		int32_t cb = block->samples[1][i] - m.grey, cr = block->samples[2][i] - m.grey;
		uint32_t red = level(luma + cr * m.cr_to_red);
		uint32_t green = level(luma + cb * m.cb_to_green + cr * m.cr_to_green);
		uint32_t blue = level(luma + cb * m.cb_to_blue);
		block->pixels[i] = htole32(0xff000000 | red << 16 | green << 8 | blue);
	}
}

static void mix_rgb(int bits, struct block *block) {
	const int32_t scale = fixed(255.0 / white_of(bits));
	for (int i = 0; i < BLOCK; i++) {
		uint32_t red = level(block->samples[0][i] * scale);
		uint32_t green = level(block->samples[1][i] * scale);
		uint32_t blue = level(block->samples[2][i] * scale);
		uint32_t alpha = (block->alpha[i] * 255 + 0x8000) >> 16;
		block->pixels[i] = htole32(alpha << 24 | red << 16 | green << 8 | blue);
	}
}

static void read_alpha(const struct latch_format *format, const struct latch_image *image, int32_t x,
	int32_t y, int len, struct block *block) {
	int32_t samples[BLOCK];
	read_component(format, image, 3, x, y, len, samples);
	uint64_t white = (uint64_t)white_of(format->components[0].bits);
	for (int i = 0; i < len; i++) {
		block->alpha[i] = (uint32_t)(((uint64_t)samples[i] << 16) / white);
	}
}

static void premultiply(struct block *block) {
	for (int component = 0; component < 3; component++) {
		int32_t *samples = block->samples[component];
		for (int i = 0; i < BLOCK; i++) {
			samples[i] = (int32_t)((uint64_t)(uint32_t)samples[i] * block->alpha[i] >>
					       16);
		}
	}
}

/* As color_table_convert() takes it. */
static uint32_t fine_level(int32_t sum) {
	static_assert(COLOR_TABLE_PARTS * COLOR_TABLE_FINE == 1 << 12, "bits of a fine level");
	int32_t value = (sum + (1 << (POINT - 13))) >> (POINT - 12);
	value = value < 0 ? 0 : value;
	return (uint32_t)(value < COLOR_TABLE_MAX ? value : COLOR_TABLE_MAX);
}

/* A colour that was multiplied with its alpha, before that. */
static int32_t divide(int32_t sample, uint32_t alpha, int32_t white) {
	const uint64_t value = alpha > 0 ? ((uint64_t)(uint32_t)sample << 16) / alpha : 0;
	return value < (uint32_t)white ? (int32_t)value : white;
}

static void read_rgb(const struct block *block, int i, int bits, bool straight, uint32_t rgb[3]) {
	const int32_t white = white_of(bits), scale = fixed(255.0 / white);
	const uint32_t alpha = straight ? 0x10000 : block->alpha[i];
	for (int c = 0; c < 3; c++) {
		rgb[c] = fine_level(divide(block->samples[c][i], alpha, white) * scale);
	}
}

static void read_ycbcr(const struct block *block, int i, const struct matrix *m, uint32_t rgb[3]) {
	const int32_t luma = (block->samples[0][i] - m->black) * m->luma;
	const int32_t cb = block->samples[1][i] - m->grey, cr = block->samples[2][i] - m->grey;
	rgb[0] = fine_level(luma + cr * m->cr_to_red);
	rgb[1] = fine_level(luma + cb * m->cb_to_green + cr * m->cr_to_green);
	rgb[2] = fine_level(luma + cb * m->cb_to_blue);
}

/* In the place of mix_ycbcr() and mix_rgb(). */
static void recolor(const struct color_table *table, const struct latch_format *format,
	const struct matrix *matrix, bool straight, int32_t x, int32_t y, struct block *block) {
	for (int i = 0; i < BLOCK; i++) {
		const uint32_t alpha = block->alpha[i];
		uint32_t rgb[3];
		uint8_t out[3];
		if (format->ycbcr) {
			read_ycbcr(block, i, matrix, rgb);
		} else {
			read_rgb(block, i, format->components[0].bits, straight, rgb);
		}
		color_table_convert(table, rgb, x + i, y, out);
		uint32_t pixel = (alpha * 255 + 0x8000) >> 16;
		for (int c = 0; c < 3; c++) {
			pixel = pixel << 8 | (out[c] * alpha + 0x8000) >> 16;
		}
		block->pixels[i] = htole32(pixel);
	}
}

static void mix(const struct latch_format *format, const struct matrix *matrix, bool straight,
	struct block *block) {
	if (format->ycbcr) {
		mix_ycbcr(matrix, block);
		return;
	}
	if (straight) {
		premultiply(block);
	}
	mix_rgb(format->components[0].bits, block);
}

static bool fits(const struct latch_image *image, const struct latch_format *format) {
	for (int i = 0; i < format->planes; i++) {
		if (image->planes[i].stride <
			latch_format_row_bytes(format, i, (uint32_t)image->width)) {
			return false;
		}
	}
	return true;
}

bool latch_convert(const struct latch_image *image, const struct latch_color *color, void *dst,
	size_t dst_stride) {
	const struct latch_format *format = latch_format_find(image->fourcc);
	const bool other = color->from.transfer != COLOR_UNTAGGED;
	if (!latch_convert_can(image->fourcc) || image->width <= 0 || image->height <= 0 ||
		dst_stride / 4 < (size_t)image->width || !fits(image, format)) {
		return false;
	}
	const int bits = format->components[0].bits;
	struct matrix matrix = find_matrix(color, bits);
	struct color_table table;
	if (other) {
		const struct color_conversion conversion =
			color_conversion_make(&color->from, color->to);
		color_table_init(&table, &conversion);
	}
	struct block block = {0};
	for (int i = 0; i < BLOCK; i++) {
		block.alpha[i] = 0x10000;
	}
	for (int32_t y = 0; y < image->height; y++) {
		uint8_t *row = (uint8_t *)dst + dst_stride * (size_t)y;
		for (int32_t x = 0; x < image->width; x += BLOCK) {
			int len = image->width - x < BLOCK ? image->width - x : BLOCK;
			for (int i = 0; i < 3; i++) {
				read_component(format, image, i, x, y, len, block.samples[i]);
			}
			if (!format->ycbcr && format->opaque != 0) {
				read_alpha(format, image, x, y, len, &block);
			}
			if (other) {
				recolor(&table, format, &matrix, color->straight_alpha, x, y,
					&block);
			} else {
				mix(format, &matrix, color->straight_alpha, &block);
			}
			memcpy(&row[(size_t)x * 4], block.pixels, (size_t)len * 4);
		}
	}
	return true;
}
