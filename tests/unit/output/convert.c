/* SPDX-License-Identifier: MIT */
/* Known samples through the conversion, against the standards' formulas in floating point. */
#include <drm_fourcc.h>
#include <math.h>

#include "../test.h"
#include "output/convert.h"

/* What the result may be off, of 255: rounding of a fixed point number. */
#define TOLERANCE 1

/* How a format is laid out, told once more and in other words than in the code: where the first
 * sample of Y, Cb and Cr is in its plane's row, and how far the next, in samples. */
struct ycbcr_format {
	uint32_t fourcc;
	int bits, x_sub, y_sub;
	struct {
		int plane, first, step;
	} at[3];
};

static const struct ycbcr_format ycbcr_formats[] = {
	{DRM_FORMAT_NV12, 8, 2, 2, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_NV21, 8, 2, 2, {{0, 0, 1}, {1, 1, 2}, {1, 0, 2}}},
	{DRM_FORMAT_NV16, 8, 2, 1, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_NV61, 8, 2, 1, {{0, 0, 1}, {1, 1, 2}, {1, 0, 2}}},
	{DRM_FORMAT_NV24, 8, 1, 1, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_NV42, 8, 1, 1, {{0, 0, 1}, {1, 1, 2}, {1, 0, 2}}},
	{DRM_FORMAT_P010, 10, 2, 2, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_P012, 12, 2, 2, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_P016, 16, 2, 2, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_P210, 10, 2, 1, {{0, 0, 1}, {1, 0, 2}, {1, 1, 2}}},
	{DRM_FORMAT_YUV420, 8, 2, 2, {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
	{DRM_FORMAT_YVU420, 8, 2, 2, {{0, 0, 1}, {2, 0, 1}, {1, 0, 1}}},
	{DRM_FORMAT_YUV422, 8, 2, 1, {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
	{DRM_FORMAT_YVU422, 8, 2, 1, {{0, 0, 1}, {2, 0, 1}, {1, 0, 1}}},
	{DRM_FORMAT_YUV444, 8, 1, 1, {{0, 0, 1}, {1, 0, 1}, {2, 0, 1}}},
	{DRM_FORMAT_YVU444, 8, 1, 1, {{0, 0, 1}, {2, 0, 1}, {1, 0, 1}}},
	{DRM_FORMAT_YUYV, 8, 2, 1, {{0, 0, 2}, {0, 1, 4}, {0, 3, 4}}},
	{DRM_FORMAT_YVYU, 8, 2, 1, {{0, 0, 2}, {0, 3, 4}, {0, 1, 4}}},
	{DRM_FORMAT_UYVY, 8, 2, 1, {{0, 1, 2}, {0, 0, 4}, {0, 2, 4}}},
	{DRM_FORMAT_VYUY, 8, 2, 1, {{0, 1, 2}, {0, 2, 4}, {0, 0, 4}}},
};

static const struct {
	enum kms_color_encoding encoding;
	enum kms_color_range limited;
	double red, blue;
} encodings[] = {
	{KMS_COLOR_ENCODING_BT601, KMS_COLOR_RANGE_LIMITED, 0.299, 0.114},
	{KMS_COLOR_ENCODING_BT709, KMS_COLOR_RANGE_LIMITED, 0.2126, 0.0722},
	{KMS_COLOR_ENCODING_BT2020, KMS_COLOR_RANGE_LIMITED, 0.2627, 0.0593},
	/* Nothing said: BT.601, limited. */
	{KMS_COLOR_ENCODING_ANY, KMS_COLOR_RANGE_ANY, 0.299, 0.114},
};

/* Samples all over the range, and another one at each place. */
static int sample(int component, int x, int y, int bits) {
	uint32_t number = (uint32_t)(component * 7919 + x * 104729 + y * 1299709 + 12345);
	number = (number ^ number >> 13) * 2654435761u;
	return (int)(number >> 8 & ((1u << bits) - 1));
}

static void put(uint8_t *at, int value, int bits) {
	if (bits == 8) {
		at[0] = (uint8_t)value;
		return;
	}
	value <<= 16 - bits;
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static int up(int value, int divisor) {
	return (value + divisor - 1) / divisor;
}

/* Fills the planes, each in an allocation of its own size, for the sanitizer to guard. */
static void fill_image(const struct ycbcr_format *format, struct latch_image *image,
	uint8_t *memory[3], int padding, size_t offset) {
	const int bytes = format->bits == 8 ? 1 : 2;
	for (int i = 0; i < 3; i++) {
		const int x_sub = i > 0 ? format->x_sub : 1, y_sub = i > 0 ? format->y_sub : 1;
		const int plane = format->at[i].plane, first = format->at[i].first;
		const int step = format->at[i].step, rows = up(image->height, y_sub);
		/* Where Y has its chroma between, the last pair is whole. */
		const int columns =
			i == 0 && step == 2 ? up(image->width, 2) * 2 : up(image->width, x_sub);
		if (memory[plane] == NULL) {
			const int row = columns * step * bytes;
			/* Nothing behind the last row, as a client's buffer may end there. */
			memory[plane] =
				malloc(offset + (size_t)(row + padding) * (size_t)(rows - 1) +
					(size_t)row);
			assert_non_null(memory[plane]);
			image->planes[plane].data = memory[plane] + offset;
			image->planes[plane].stride = (uint32_t)(row + padding);
		}
		for (int j = 0; j < rows * columns; j++) {
			const int x = j % columns, y = j / columns;
			put(memory[plane] + offset + image->planes[plane].stride * (size_t)y +
					(size_t)((first + x * step) * bytes),
				sample(i, x, y, format->bits), format->bits);
		}
	}
}

static int to_level(double value) {
	return value < 0 ? 0 : value > 1 ? 255 : (int)lround(value * 255);
}

/* BT.601-7, BT.709-6, BT.2020-2: Y' is the weighted sum of R', G', B', and Cb, Cr are the
 * distances of B' and R' from it, scaled to a half in each direction. */
static void reference(
	const int samples[3], int bits, double red, double blue, bool full, int levels[3]) {
	double unit = 1 << (bits - 8);
	double y, cb, cr;
	if (full) {
		double max = (1 << bits) - 1;
		y = samples[0] / max;
		cb = (samples[1] - 128 * unit) / max;
		cr = (samples[2] - 128 * unit) / max;
	} else {
		y = (samples[0] - 16 * unit) / (219 * unit);
		cb = (samples[1] - 128 * unit) / (224 * unit);
		cr = (samples[2] - 128 * unit) / (224 * unit);
	}
	double r = y + 2 * (1 - red) * cr, b = y + 2 * (1 - blue) * cb;
	double g = (y - red * r - blue * b) / (1 - red - blue);
	levels[0] = to_level(r);
	levels[1] = to_level(g);
	levels[2] = to_level(b);
}

static void check_levels(const uint8_t *pixel, const int levels[3], const char *where) {
	for (int i = 0; i < 3; i++) {
		int got = pixel[2 - i];
		if (abs(got - levels[i]) > TOLERANCE) {
			fail_msg("%s: component %d is %d, not %d", where, i, got, levels[i]);
		}
	}
}

static void check_format(const struct ycbcr_format *format, size_t encoding, bool full, int width,
	int height, int padding, size_t offset) {
	struct latch_image image = {.fourcc = format->fourcc, .width = width, .height = height};
	uint8_t *memory[3] = {NULL};
	fill_image(format, &image, memory, padding, offset);
	struct latch_color color = {
		.encoding = encodings[encoding].encoding,
		.range = full ? KMS_COLOR_RANGE_FULL : encodings[encoding].limited,
	};
	/* One byte more: it must not be touched. */
	size_t stride = (size_t)width * 4 + 1;
	uint8_t *pixels = malloc(stride * (size_t)height);
	assert_non_null(pixels);
	memset(pixels, 0xa5, stride * (size_t)height);
	assert_true(latch_convert(&image, &color, pixels, stride));

	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			char where[80];
			snprintf(where, sizeof(where), "%.4s encoding %zu%s %dx%d at %d,%d",
				(const char *)&format->fourcc, encoding, full ? " full" : "", width,
				height, x, y);
			int samples[3] = {
				sample(0, x, y, format->bits),
				sample(1, x / format->x_sub, y / format->y_sub, format->bits),
				sample(2, x / format->x_sub, y / format->y_sub, format->bits),
			};
			int levels[3];
			reference(samples, format->bits, encodings[encoding].red,
				encodings[encoding].blue, full, levels);
			check_levels(&pixels[stride * (size_t)y + (size_t)x * 4], levels, where);
			assert_int_equal(pixels[stride * (size_t)y + (size_t)x * 4 + 3], 0xff);
		}
		assert_int_equal(pixels[stride * (size_t)y + (size_t)width * 4], 0xa5);
	}
	free(pixels);
	for (int i = 0; i < 3; i++) {
		free(memory[i]);
	}
}

static void each_format_encoding_and_range(void **state) {
	for (size_t i = 0; i < LEN(ycbcr_formats); i++) {
		for (size_t encoding = 0; encoding < LEN(encodings); encoding++) {
			check_format(&ycbcr_formats[i], encoding, false, 192, 4, 0, 0);
			check_format(&ycbcr_formats[i], encoding, true, 192, 4, 0, 0);
		}
	}
}

static void odd_sizes_strides_and_offsets(void **state) {
	static const int sizes[][2] = {{1, 1}, {1, 3}, {3, 1}, {63, 3}, {65, 5}, {129, 7}};
	for (size_t i = 0; i < LEN(ycbcr_formats); i++) {
		for (size_t j = 0; j < LEN(sizes); j++) {
			check_format(&ycbcr_formats[i], 1, false, sizes[j][0], sizes[j][1], 6, 34);
			check_format(&ycbcr_formats[i], 1, false, sizes[j][0], sizes[j][1], 3, 5);
		}
	}
}

/* One pixel of 0.2, 0.4, 0.6 with alpha 2/3, in each way to read pixels. */
static const struct {
	uint32_t fourcc;
	uint8_t bytes[8];
	bool alpha;
} pixels[] = {
	{DRM_FORMAT_XRGB8888, {153, 102, 51, 1}, false},
	{DRM_FORMAT_XRGB2101010, {0x66, 0x66, 0xd6, 0x0c}, false},
	{DRM_FORMAT_RGB888, {153, 102, 51}, false},
	{DRM_FORMAT_BGR888, {51, 102, 153}, false},
	{DRM_FORMAT_ARGB8888, {153, 102, 51, 170}, true},
	{DRM_FORMAT_ABGR8888, {51, 102, 153, 170}, true},
	{DRM_FORMAT_RGBA8888, {170, 153, 102, 51}, true},
	{DRM_FORMAT_BGRA8888, {170, 51, 102, 153}, true},
	{DRM_FORMAT_XRGB16161616, {153, 153, 102, 102, 51, 51, 1, 1}, false},
	{DRM_FORMAT_XBGR16161616, {51, 51, 102, 102, 153, 153, 1, 1}, false},
	{DRM_FORMAT_ARGB16161616, {153, 153, 102, 102, 51, 51, 170, 170}, true},
	{DRM_FORMAT_ABGR16161616, {51, 51, 102, 102, 153, 153, 170, 170}, true},
	/* 2 << 30 | 205 << 20 | 409 << 10 | 614, and red and blue exchanged */
	{DRM_FORMAT_ARGB2101010, {0x66, 0x66, 0xd6, 0x8c}, true},
	{DRM_FORMAT_ABGR2101010, {0xcd, 0x64, 0x66, 0xa6}, true},
};

static void convert_pixel(size_t i, const struct latch_color *color, uint8_t pixel[4]) {
	const struct latch_image image = {.fourcc = pixels[i].fourcc,
		.width = 1,
		.height = 1,
		.planes = {{pixels[i].bytes, 8}}};
	assert_true(latch_convert(&image, color, pixel, 4));
	assert_int_equal(pixel[3], pixels[i].alpha ? 170 : 255);
}

static void rgb_and_straight_alpha(void **state) {
	static const int straight_levels[] = {34, 68, 102}, levels[] = {51, 102, 153};
	for (size_t i = 0; i < 2 * LEN(pixels); i++) {
		const size_t at = i / 2;
		const struct latch_color color = {.straight_alpha = i % 2 == 1};
		uint8_t pixel[4];
		assert_true(latch_convert_can(pixels[at].fourcc));
		const bool multiplied = pixels[at].alpha && color.straight_alpha;
		convert_pixel(at, &color, pixel);
		char where[8];
		snprintf(where, sizeof(where), "%.4s", (const char *)&pixels[at].fourcc);
		check_levels(pixel, multiplied ? straight_levels : levels, where);
		assert_int_equal(latch_convert_has_alpha(pixels[at].fourcc), pixels[at].alpha);
	}
}

/* All colours with all alphas: never more than alpha, as premultiplied colours can't be. */
static void premultiplied_is_within_alpha(void **state) {
	for (int alpha = 0; alpha < 256; alpha++) {
		uint8_t in[256 * 4], out[256 * 4];
		for (int i = 0; i < 256; i++) {
			memset(&in[i * 4], i, 3);
			in[i * 4 + 3] = (uint8_t)alpha;
		}
		struct latch_image image = {
			.fourcc = DRM_FORMAT_ARGB8888,
			.width = 256,
			.height = 1,
			.planes = {{in, sizeof(in)}},
		};
		struct latch_color color = {.straight_alpha = true};
		assert_true(latch_convert(&image, &color, out, sizeof(out)));
		for (int i = 0; i < 256; i++) {
			assert_int_equal(out[i * 4 + 3], alpha);
			assert_true(out[i * 4] <= alpha);
			assert_true(abs(out[i * 4] * 255 - i * alpha) <= 255);
		}
	}
}

static void what_does_not_fit_is_refused(void **state) {
	uint8_t memory[64] = {0}, out[64];
	struct latch_color color = {0};
	const struct latch_image good = {DRM_FORMAT_NV12, 4, 2, {{memory, 4}, {memory, 4}}};
	const struct latch_image bad[] = {
		{DRM_FORMAT_NV12, 4, 2, {{memory, 4}, {memory, 3}}},
		{DRM_FORMAT_NV12, 0, 2, {{memory, 4}, {memory, 4}}},
		{DRM_FORMAT_NV12, 4, -1, {{memory, 4}, {memory, 4}}},
		{DRM_FORMAT_RGB565, 4, 2, {{memory, 8}}},
	};
	assert_true(latch_convert(&good, &color, out, 16));
	assert_false(latch_convert(&good, &color, out, 15));
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_false(latch_convert(&bad[i], &color, out, 16));
	}
}

static void what_is_converted(void **state) {
	for (size_t i = 0; i < LEN(ycbcr_formats); i++) {
		assert_true(latch_convert_can(ycbcr_formats[i].fourcc));
		assert_false(latch_convert_has_alpha(ycbcr_formats[i].fourcc));
	}
	static const uint32_t others[] = {DRM_FORMAT_RGB565, DRM_FORMAT_R8,
		DRM_FORMAT_ARGB16161616F, DRM_FORMAT_Q410, 0};
	for (size_t i = 0; i < LEN(others); i++) {
		assert_false(latch_convert_can(others[i]));
		assert_false(latch_convert_has_alpha(others[i]));
	}
}

/* From Display P3 and from PQ to sRGB: by color_convert(). */
static void other_displays(void **state) {
	static const char *const names[] = {"display-p3", "pq"};
	struct color_description srgb;
	color_description_parse("srgb", &srgb);
	for (size_t i = 0; i < 4 * LEN(pixels); i++) {
		const size_t at = i / 4;
		struct latch_color color = {.straight_alpha = i % 2 == 1, .to = &srgb};
		color_description_parse(names[i / 2 % 2], &color.from);
		const struct color_conversion conversion =
			color_conversion_make(&color.from, &srgb);
		const double alpha = pixels[at].alpha ? 170 / 255.0 : 1;
		const double taken = color.straight_alpha ? 1 : alpha;
		double rgb[3] = {51 / 255.0 / taken, 102 / 255.0 / taken, 153 / 255.0 / taken};
		color_convert(&conversion, rgb);
		uint8_t pixel[4];
		convert_pixel(at, &color, pixel);
		for (int c = 0; c < 3; c++) {
			const double wanted = rgb[c] * alpha * 255;
			if (fabs(pixel[2 - c] - wanted) > 1.01) {
				fail_msg("case %zu, %s: colour %d is %d, not %f", at,
					names[i / 2 % 2], c, pixel[2 - c], wanted);
			}
		}
	}
}

/* YCbCr of ten bits is made RGB and recoloured at once, rounded once. */
static void video_of_other_displays(void **state) {
	/* Grey: Y' of PQ's reference white, 58 % of the range from 64 to 940, and sRGB's white if
	 * nothing is brighter; else tone mapping makes 229 of it, by BT.2390's formulae. */
	const uint16_t luma = (uint16_t)lround(64 + 0.580689 * 876) << 6,
		       chroma[] = {512 << 6, 512 << 6};
	const struct latch_image image = {.fourcc = DRM_FORMAT_P010,
		.width = 1,
		.height = 1,
		.planes = {{&luma, 4}, {chroma, 4}}};
	struct color_description srgb;
	struct latch_color color = {.encoding = KMS_COLOR_ENCODING_BT2020, .to = &srgb};
	color_description_parse("srgb", &srgb);
	color_description_parse("pq", &color.from);
	uint8_t pixel[4];
	assert_true(latch_convert(&image, &color, pixel, sizeof(pixel)));
	for (int c = 0; c < 3; c++) {
		assert_int_in_range(pixel[c], 228, 230);
	}
	color.from.max_cll = 203;
	assert_true(latch_convert(&image, &color, pixel, sizeof(pixel)));
	for (int c = 0; c < 3; c++) {
		assert_true(pixel[c] >= 254);
	}
}

TEST_MAIN("output-convert", UNIT(each_format_encoding_and_range),
	UNIT(odd_sizes_strides_and_offsets), UNIT(rgb_and_straight_alpha),
	UNIT(premultiplied_is_within_alpha), UNIT(what_does_not_fit_is_refused),
	UNIT(what_is_converted), UNIT(other_displays), UNIT(video_of_other_displays))
