/*
 * Pixels that the CPU composes are converted here when its renderer can't read them.
 *
 * All formats go the same way, in blocks of pixels: the samples of the three components are
 * spread to one per pixel, then a matrix makes red, green and blue of them. A format is no more
 * than where its samples are. The second step has no branches, so that compilers make vector code
 * of it.
 *
 * There are libraries that are faster. But libyuv, the usual one, cuts the coefficient of Cb in
 * blue to 2.0 on x86, which for BT.709 and BT.2020 in limited range is up to 16 of 255 levels off:
 * a video would change its blues when it leaves its plane.
 */
#include "output/convert.h"

#include <drm_fourcc.h>
#include <endian.h>
#include <math.h>
#include <string.h>

/* Samples are worked on in 16 bits, the narrower ones in the upper bits, so that black, white and
 * grey are at the same place for all widths in limited range. */
#define SAMPLE_BITS 16
#define BLOCK 64

/* Where the samples of one component are: the first byte of the first one, and bytes to the next
 * one. In words of 32 bits: the lowest bit. */
struct component {
	uint8_t plane, offset, step;
};

enum model {
	MODEL_RGB,
	MODEL_RGBA,
	MODEL_YCBCR,
};

struct format {
	uint32_t fourcc;
	enum model model;
	/* Of a sample; more than 8 take two bytes. */
	uint8_t bits;
	/* Of the second and third component of YCbCr. */
	uint8_t x_sub, y_sub;
	uint8_t planes;
	/* Red, green, blue, alpha; or Y, Cb, Cr. */
	struct component components[4];
	/* Components share words of 32 bits, 10 bits for each colour and 2 for alpha. */
	bool is_packed_10;
	/* pixman reads it: it only comes here when its alpha is straight. */
	bool pixman_knows;
};

#define YCBCR(name, depth, x, y, number, ...)                                                      \
	{                                                                                          \
		.fourcc = DRM_FORMAT_##name, .model = MODEL_YCBCR, .bits = (depth), .x_sub = (x),  \
		.y_sub = (y), .planes = (number), .components = {__VA_ARGS__},                     \
	}
#define RGB(name, kind, depth, known, ...)                                                         \
	{                                                                                          \
		.fourcc = DRM_FORMAT_##name, .model = (kind), .bits = (depth), .x_sub = 1,         \
		.y_sub = 1, .planes = 1, .components = {__VA_ARGS__}, .pixman_knows = (known),     \
	}
#define RGB_PACKED_10(name, ...)                                                                   \
	{                                                                                          \
		.fourcc = DRM_FORMAT_##name, .model = MODEL_RGBA, .bits = 10, .x_sub = 1,          \
		.y_sub = 1, .planes = 1, .components = {__VA_ARGS__}, .is_packed_10 = true,        \
		.pixman_knows = true,                                                              \
	}

/* From the comments of drm_fourcc.h. */
static const struct format formats[] = {
	YCBCR(NV12, 8, 2, 2, 2, {0, 0, 1}, {1, 0, 2}, {1, 1, 2}),
	YCBCR(NV21, 8, 2, 2, 2, {0, 0, 1}, {1, 1, 2}, {1, 0, 2}),
	YCBCR(NV16, 8, 2, 1, 2, {0, 0, 1}, {1, 0, 2}, {1, 1, 2}),
	YCBCR(NV61, 8, 2, 1, 2, {0, 0, 1}, {1, 1, 2}, {1, 0, 2}),
	YCBCR(NV24, 8, 1, 1, 2, {0, 0, 1}, {1, 0, 2}, {1, 1, 2}),
	YCBCR(NV42, 8, 1, 1, 2, {0, 0, 1}, {1, 1, 2}, {1, 0, 2}),
	YCBCR(P010, 10, 2, 2, 2, {0, 0, 2}, {1, 0, 4}, {1, 2, 4}),
	YCBCR(P012, 12, 2, 2, 2, {0, 0, 2}, {1, 0, 4}, {1, 2, 4}),
	YCBCR(P016, 16, 2, 2, 2, {0, 0, 2}, {1, 0, 4}, {1, 2, 4}),
	YCBCR(P210, 10, 2, 1, 2, {0, 0, 2}, {1, 0, 4}, {1, 2, 4}),
	YCBCR(YUV420, 8, 2, 2, 3, {0, 0, 1}, {1, 0, 1}, {2, 0, 1}),
	YCBCR(YVU420, 8, 2, 2, 3, {0, 0, 1}, {2, 0, 1}, {1, 0, 1}),
	YCBCR(YUV422, 8, 2, 1, 3, {0, 0, 1}, {1, 0, 1}, {2, 0, 1}),
	YCBCR(YVU422, 8, 2, 1, 3, {0, 0, 1}, {2, 0, 1}, {1, 0, 1}),
	YCBCR(YUV444, 8, 1, 1, 3, {0, 0, 1}, {1, 0, 1}, {2, 0, 1}),
	YCBCR(YVU444, 8, 1, 1, 3, {0, 0, 1}, {2, 0, 1}, {1, 0, 1}),
	YCBCR(YUYV, 8, 2, 1, 1, {0, 0, 2}, {0, 1, 4}, {0, 3, 4}),
	YCBCR(YVYU, 8, 2, 1, 1, {0, 0, 2}, {0, 3, 4}, {0, 1, 4}),
	YCBCR(UYVY, 8, 2, 1, 1, {0, 1, 2}, {0, 0, 4}, {0, 2, 4}),
	YCBCR(VYUY, 8, 2, 1, 1, {0, 1, 2}, {0, 2, 4}, {0, 0, 4}),
	RGB(RGB888, MODEL_RGB, 8, false, {0, 2, 3}, {0, 1, 3}, {0, 0, 3}),
	RGB(BGR888, MODEL_RGB, 8, false, {0, 0, 3}, {0, 1, 3}, {0, 2, 3}),
	RGB(XRGB16161616, MODEL_RGB, 16, false, {0, 4, 8}, {0, 2, 8}, {0, 0, 8}),
	RGB(XBGR16161616, MODEL_RGB, 16, false, {0, 0, 8}, {0, 2, 8}, {0, 4, 8}),
	RGB(ARGB16161616, MODEL_RGBA, 16, false, {0, 4, 8}, {0, 2, 8}, {0, 0, 8}, {0, 6, 8}),
	RGB(ABGR16161616, MODEL_RGBA, 16, true, {0, 0, 8}, {0, 2, 8}, {0, 4, 8}, {0, 6, 8}),
	RGB(ARGB8888, MODEL_RGBA, 8, true, {0, 2, 4}, {0, 1, 4}, {0, 0, 4}, {0, 3, 4}),
	RGB(ABGR8888, MODEL_RGBA, 8, true, {0, 0, 4}, {0, 1, 4}, {0, 2, 4}, {0, 3, 4}),
	RGB(RGBA8888, MODEL_RGBA, 8, true, {0, 3, 4}, {0, 2, 4}, {0, 1, 4}, {0, 0, 4}),
	RGB(BGRA8888, MODEL_RGBA, 8, true, {0, 1, 4}, {0, 2, 4}, {0, 3, 4}, {0, 0, 4}),
	RGB_PACKED_10(ARGB2101010, {0, 20, 4}, {0, 10, 4}, {0, 0, 4}, {0, 30, 4}),
	RGB_PACKED_10(ABGR2101010, {0, 0, 4}, {0, 10, 4}, {0, 20, 4}, {0, 30, 4}),
};

#define FORMATS_LEN (sizeof(formats) / sizeof(formats[0]))

static const struct format *find_format(uint32_t fourcc) {
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (formats[i].fourcc == fourcc) {
			return &formats[i];
		}
	}
	return NULL;
}

bool latch_color_equal(const struct latch_color *a, const struct latch_color *b) {
	return a->encoding == b->encoding && a->range == b->range &&
	       a->straight_alpha == b->straight_alpha;
}

const uint32_t *latch_convert_formats(size_t *len) {
	static uint32_t fourccs[FORMATS_LEN];
	*len = 0;
	for (size_t i = 0; i < FORMATS_LEN; i++) {
		if (!formats[i].pixman_knows) {
			fourccs[(*len)++] = formats[i].fourcc;
		}
	}
	return fourccs;
}

void latch_convert_subsampling(uint32_t fourcc, int *x, int *y) {
	const struct format *format = find_format(fourcc);
	*x = format != NULL ? format->x_sub : 1;
	*y = format != NULL ? format->y_sub : 1;
}

bool latch_fourcc_is_ycbcr(uint32_t fourcc) {
	switch (fourcc) {
	/* Those that planes may show, but that are not converted here. */
	case DRM_FORMAT_AYUV:
	case DRM_FORMAT_XYUV8888:
	case DRM_FORMAT_AVUY8888:
	case DRM_FORMAT_XVUY8888:
	case DRM_FORMAT_VUY888:
	case DRM_FORMAT_VUY101010:
	case DRM_FORMAT_Y210:
	case DRM_FORMAT_Y212:
	case DRM_FORMAT_Y216:
	case DRM_FORMAT_Y410:
	case DRM_FORMAT_Y412:
	case DRM_FORMAT_Y416:
	case DRM_FORMAT_XVYU2101010:
	case DRM_FORMAT_XVYU12_16161616:
	case DRM_FORMAT_XVYU16161616:
	case DRM_FORMAT_Y0L0:
	case DRM_FORMAT_X0L0:
	case DRM_FORMAT_Y0L2:
	case DRM_FORMAT_X0L2:
	case DRM_FORMAT_YUV420_8BIT:
	case DRM_FORMAT_YUV420_10BIT:
	case DRM_FORMAT_NV15:
	case DRM_FORMAT_NV20:
	case DRM_FORMAT_NV30:
	case DRM_FORMAT_P030:
	case DRM_FORMAT_Q410:
	case DRM_FORMAT_Q401:
	case DRM_FORMAT_YUV410:
	case DRM_FORMAT_YVU410:
	case DRM_FORMAT_YUV411:
	case DRM_FORMAT_YVU411:
		return true;
	}
	const struct format *format = find_format(fourcc);
	return format != NULL && format->model == MODEL_YCBCR;
}

bool latch_convert_can(uint32_t fourcc) {
	return find_format(fourcc) != NULL;
}

bool latch_convert_has_alpha(uint32_t fourcc) {
	const struct format *format = find_format(fourcc);
	return format != NULL && format->model == MODEL_RGBA;
}

int latch_convert_planes(uint32_t fourcc) {
	const struct format *format = find_format(fourcc);
	return format != NULL ? format->planes : 0;
}

uint32_t latch_convert_result(uint32_t fourcc) {
	const struct format *format = find_format(fourcc);
	if (format == NULL) {
		return 0;
	}
	return format->model == MODEL_RGBA ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888;
}

struct latch_image_plane_size latch_convert_plane_size(
	uint32_t fourcc, int plane, int32_t width, int32_t height) {
	const struct format *format = find_format(fourcc);
	struct latch_image_plane_size size = {0};
	for (int i = 0; i < 3; i++) {
		const struct component *component = &format->components[i];
		if (component->plane != plane) {
			continue;
		}
		uint64_t x_sub = i > 0 ? format->x_sub : 1, y_sub = i > 0 ? format->y_sub : 1;
		uint64_t row_bytes = ((uint64_t)width + x_sub - 1) / x_sub * component->step;
		if (row_bytes > size.row_bytes) {
			size.row_bytes = row_bytes;
		}
		size.rows = ((uint64_t)height + y_sub - 1) / y_sub;
	}
	return size;
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

static const uint8_t *sample_at(const struct format *format, const struct latch_image *image,
	int component, int32_t x, int32_t y) {
	const struct component *where = &format->components[component];
	bool subsampled = component == 1 || component == 2;
	uint32_t x_sub = subsampled ? format->x_sub : 1, y_sub = subsampled ? format->y_sub : 1;
	return (const uint8_t *)image->planes[where->plane].data +
	       (size_t)image->planes[where->plane].stride * ((uint32_t)y / y_sub) +
	       (size_t)where->step * ((uint32_t)x / x_sub) +
	       (format->is_packed_10 ? 0 : where->offset);
}

static void read_8(int32_t *samples, const uint8_t *data, size_t step, int len) {
	for (int i = 0; i < len; i++) {
		samples[i] = data[(size_t)i * step] << (SAMPLE_BITS - 8);
	}
}

/* Blocks start at even x, so the first pixel is the first of its chroma sample too. An odd len
 * fills one pixel more than asked for, which is still in the block. */
static void read_8_twice(int32_t *samples, const uint8_t *data, size_t step, int len) {
	for (int i = 0; i < len; i += 2) {
		int32_t sample = data[(size_t)i / 2 * step] << (SAMPLE_BITS - 8);
		samples[i] = sample;
		samples[i + 1] = sample;
	}
}

/* DRM's formats are little-endian on all machines; memory of clients need not be aligned. */
static void read_16(int32_t *samples, const uint8_t *data, size_t step, int len, int shift) {
	for (int i = 0; i < len; i++) {
		const uint8_t *sample = &data[(size_t)(i >> shift) * step];
		samples[i] = sample[0] | sample[1] << 8;
	}
}

static void read_packed(
	int32_t *samples, const uint8_t *data, int lowest_bit, uint32_t mask, int32_t unit, int len) {
	for (int i = 0; i < len; i++) {
		const uint8_t *word = &data[i * 4];
		uint32_t value = word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16 |
				 (uint32_t)word[3] << 24;
		samples[i] = (int32_t)(value >> lowest_bit & mask) * unit;
	}
}

static void read_component(const struct format *format, const struct latch_image *image,
	int component, int32_t x, int32_t y, int len, int32_t *samples) {
	const struct component *where = &format->components[component];
	const uint8_t *data = sample_at(format, image, component, x, y);
	bool twice = component != 0 && format->x_sub == 2;
	if (format->is_packed_10) {
		/* 2 bits of alpha reach from 0 to the same white as 10 bits of colour. */
		bool is_alpha = component == 3;
		read_packed(samples, data, where->offset, is_alpha ? 0x3 : 0x3ff,
			is_alpha ? white_of(10) / 3 : 1 << (SAMPLE_BITS - 10), len);
	} else if (format->bits > 8) {
		read_16(samples, data, where->step, len, twice ? 1 : 0);
	} else if (twice) {
		read_8_twice(samples, data, where->step, len);
	} else {
		read_8(samples, data, where->step, len);
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

static void read_alpha(const struct format *format, const struct latch_image *image, int32_t x,
	int32_t y, int len, struct block *block) {
	int32_t samples[BLOCK];
	read_component(format, image, 3, x, y, len, samples);
	uint64_t white = (uint64_t)white_of(format->bits);
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

static bool fits(const struct latch_image *image, const struct format *format) {
	for (int i = 0; i < format->planes; i++) {
		struct latch_image_plane_size size = latch_convert_plane_size(
			image->fourcc, i, image->width, image->height);
		if (image->planes[i].stride < size.row_bytes) {
			return false;
		}
	}
	return true;
}

bool latch_convert(const struct latch_image *image, const struct latch_color *color, void *dst,
	size_t dst_stride) {
	const struct format *format = find_format(image->fourcc);
	if (format == NULL || image->width <= 0 || image->height <= 0 ||
		dst_stride / 4 < (size_t)image->width || !fits(image, format)) {
		return false;
	}
	struct matrix matrix = find_matrix(color, format->bits);
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
			if (format->model == MODEL_YCBCR) {
				mix_ycbcr(&matrix, &block);
			} else {
				if (format->model == MODEL_RGBA) {
					read_alpha(format, image, x, y, len, &block);
				}
				if (color->straight_alpha) {
					premultiply(&block);
				}
				mix_rgb(format->bits, &block);
			}
			memcpy(&row[(size_t)x * 4], block.pixels, (size_t)len * 4);
		}
	}
	return true;
}
