/* SPDX-License-Identifier: MIT */
/* Pixels in other formats: values from the standards, and their places in memory. */

#include <drm_fourcc.h>

#include "../test.h"
#include "common/pixels.h"

#define WHITE 0xffffffffu
#define BLACK 0xff000000u
#define RED 0xffff0000u
#define BLUE 0xff0000ffu

/* A picture of 4x2 in memory of its own for each plane, 64 bytes a row. */
struct result {
	uint8_t bytes[LATCH_FORMAT_MAX_PLANES][128];
};

static struct result convert(uint32_t fourcc, enum pixel_encoding encoding, enum pixel_range range,
	const uint32_t pixels[8]) {
	struct result result = {0};
	struct pixel_picture picture = {.width = 4, .height = 2};
	for (int i = 0; i < LATCH_FORMAT_MAX_PLANES; i++) {
		picture.data[i] = result.bytes[i];
		picture.stride[i] = 64;
	}
	pixel_convert(latch_format_find(fourcc), encoding, range, pixels, &picture);
	return result;
}

static struct result convert_solid(
	uint32_t fourcc, enum pixel_encoding encoding, enum pixel_range range, uint32_t color) {
	uint32_t pixels[8];
	for (int i = 0; i < 8; i++) {
		pixels[i] = color;
	}
	return convert(fourcc, encoding, range, pixels);
}

static uint16_t word(const uint8_t *bytes) {
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

/* Y, Cb, Cr of colours whose values the standards name. */
static void known_colours(void **state) {
	static const struct {
		enum pixel_encoding encoding;
		enum pixel_range range;
		uint32_t color;
		uint8_t y, cb, cr;
	} known[] = {
		{PIXEL_BT601, PIXEL_LIMITED, WHITE, 235, 128, 128},
		{PIXEL_BT709, PIXEL_LIMITED, BLACK, 16, 128, 128},
		{PIXEL_BT601, PIXEL_FULL, WHITE, 255, 128, 128},
		{PIXEL_BT2020, PIXEL_FULL, BLACK, 0, 128, 128},
		{PIXEL_BT601, PIXEL_LIMITED, RED, 81, 90, 240},
		{PIXEL_BT601, PIXEL_LIMITED, BLUE, 41, 240, 110},
		{PIXEL_BT709, PIXEL_LIMITED, RED, 63, 102, 240},
		{PIXEL_BT2020, PIXEL_LIMITED, RED, 74, 97, 240},
		{PIXEL_BT709, PIXEL_FULL, RED, 54, 99, 255},
	};
	for (size_t i = 0; i < LEN(known); i++) {
		struct result result = convert_solid(
			DRM_FORMAT_NV12, known[i].encoding, known[i].range, known[i].color);
		assert_int_equal(result.bytes[0][0], known[i].y);
		assert_int_equal(result.bytes[1][0], known[i].cb);
		assert_int_equal(result.bytes[1][1], known[i].cr);
	}
}

static void ten_bits(void **state) {
	struct result result = convert_solid(DRM_FORMAT_P010, PIXEL_BT2020, PIXEL_LIMITED, WHITE);
	assert_int_equal(word(result.bytes[0]) >> 6, 940);
	assert_int_equal(word(result.bytes[0]) & 63, 0);
	assert_int_equal(word(result.bytes[1]) >> 6, 512);
	assert_int_equal(word(result.bytes[1] + 2) >> 6, 512);
}

/* Blue's Cb is high, its Cr low: so their places can be told apart. */
static void places(void **state) {
	static const struct {
		uint32_t fourcc;
		int y_plane, y, cb_plane, cb, cr_plane, cr;
	} formats[] = {
		{DRM_FORMAT_NV12, 0, 3, 1, 2, 1, 3},
		{DRM_FORMAT_NV21, 0, 3, 1, 3, 1, 2},
		{DRM_FORMAT_NV24, 0, 3, 1, 6, 1, 7},
		{DRM_FORMAT_YUV420, 0, 3, 1, 1, 2, 1},
		{DRM_FORMAT_YVU420, 0, 3, 2, 1, 1, 1},
		{DRM_FORMAT_YUV444, 0, 3, 1, 3, 2, 3},
		{DRM_FORMAT_YUYV, 0, 6, 0, 5, 0, 7},
		{DRM_FORMAT_UYVY, 0, 7, 0, 4, 0, 6},
	};
	/* The right half is blue, the left one is black. */
	static const uint32_t pixels[8] = {BLACK, BLACK, BLUE, BLUE, BLACK, BLACK, BLUE, BLUE};
	for (size_t i = 0; i < LEN(formats); i++) {
		struct result result =
			convert(formats[i].fourcc, PIXEL_BT601, PIXEL_LIMITED, pixels);
		assert_int_equal(result.bytes[formats[i].y_plane][formats[i].y], 41);
		assert_int_equal(result.bytes[formats[i].cb_plane][formats[i].cb], 240);
		assert_int_equal(result.bytes[formats[i].cr_plane][formats[i].cr], 110);
	}
}

static void chroma_is_the_mean(void **state) {
	static const uint32_t pixels[8] = {BLUE, BLACK, BLACK, BLACK, BLACK, BLACK, BLACK, BLACK};
	struct result result = convert(DRM_FORMAT_NV12, PIXEL_BT601, PIXEL_LIMITED, pixels);
	assert_int_equal(result.bytes[1][0], 156);
	assert_int_equal(result.bytes[1][2], 128);
}

static void rgb(void **state) {
	static const struct {
		uint32_t fourcc;
		uint32_t color, word;
	} known[] = {
		{DRM_FORMAT_ARGB8888, 0x40123456, 0x40123456},
		{DRM_FORMAT_XBGR8888, 0xff123456, 0x00563412},
		{DRM_FORMAT_ABGR8888, 0x40123456, 0x40563412},
		{DRM_FORMAT_XRGB2101010, 0xffff0080, 0x3ff00202},
		{DRM_FORMAT_ARGB2101010, 0xff0000ff, 0xc00003ff},
	};
	for (size_t i = 0; i < LEN(known); i++) {
		struct result result =
			convert_solid(known[i].fourcc, PIXEL_BT601, PIXEL_LIMITED, known[i].color);
		uint32_t is;
		memcpy(&is, result.bytes[0] + 64 + 12, sizeof(is));
		assert_int_equal(is, known[i].word);
	}
	struct result result =
		convert_solid(DRM_FORMAT_RGB565, PIXEL_BT601, PIXEL_LIMITED, 0xffff00ff);
	assert_int_equal(word(result.bytes[0] + 6), 0xf81f);
	assert_int_equal(word(result.bytes[0] + 8), 0);
}

/* Odd sizes, other orders, other widths: each sample is where pixel_convert() would have it, who
 * has the same picture to begin with. */
static void copies(void **state) {
	static const struct latch_component planes8[3] = {{0, 1, 0, 8}, {1, 1, 0, 8}, {2, 1, 0, 8}};
	static const struct latch_component planes10[3] = {
		{0, 2, 0, 10}, {1, 2, 0, 10}, {2, 2, 0, 10}};
	static const struct {
		const struct latch_component *from;
		uint32_t fourcc;
		int y, cb, cr;
	} known[] = {
		{planes8, DRM_FORMAT_NV12, 0x21, 0x41, 0x81},
		{planes8, DRM_FORMAT_NV21, 0x21, 0x41, 0x81},
		{planes8, DRM_FORMAT_YVU420, 0x21, 0x41, 0x81},
		{planes8, DRM_FORMAT_P010, 0x2100, 0x4100, 0x8100},
		{planes10, DRM_FORMAT_P010, 0x121 << 6, 0x141 << 6, 0x181 << 6},
		{planes10, DRM_FORMAT_NV12, 0x121 >> 2, 0x141 >> 2, 0x181 >> 2},
	};
	for (size_t i = 0; i < LEN(known); i++) {
		const struct latch_format *format = latch_format_find(known[i].fourcc);
		uint8_t bytes[3][128] = {0};
		struct result result = {0};
		struct pixel_picture from = {.width = 3, .height = 3};
		struct pixel_picture to = from;
		const bool deep = known[i].from == planes10;
		for (int plane = 0; plane < 3; plane++) {
			from.data[plane] = bytes[plane];
			from.stride[plane] = 32;
			to.data[plane] = result.bytes[plane];
			to.stride[plane] = 40;
			for (int at = 0; at < 128; at += deep ? 2 : 1) {
				bytes[plane][at] = (uint8_t)((32 << plane) + 1);
				bytes[plane][at + deep] |= deep;
			}
		}
		pixel_copy(known[i].from, &from, format, &to);
		for (int c = 0; c < 3; c++) {
			const struct latch_component *component = &format->components[c];
			int columns = c ? 2 : 3, rows = columns;
			const uint8_t *last = result.bytes[component->plane] + (rows - 1) * 40 +
					      (columns - 1) * component->step +
					      component->shift / 8;
			int is = component->bits > 8 ? word(last) : *last;
			assert_int_equal(is, c == 0   ? known[i].y
					     : c == 1 ? known[i].cb
						      : known[i].cr);
		}
		/* Nothing behind the last row and column. */
		assert_int_equal(result.bytes[0][3 * 40], 0);
		assert_int_equal(result.bytes[0][3 * format->components[0].step], 0);
		assert_int_equal(result.bytes[1][2 * format->components[1].step], 0);
	}
}

TEST_MAIN("clients-pixels", UNIT(known_colours), UNIT(ten_bits), UNIT(places),
	UNIT(chroma_is_the_mean), UNIT(rgb), UNIT(copies))
