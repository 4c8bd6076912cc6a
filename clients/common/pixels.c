#include "pixels.h"

#include <drm_fourcc.h>

/* clang-format off */
/* The shift and the bits of each channel. */
#define RGB(format, bytes, r, g, b, a, r_bits, g_bits, b_bits, a_bits)                             \
	{.fourcc = DRM_FORMAT_##format, .name = #format, .num_planes = 1,                          \
		.planes = {{bytes, 1, 1}}, .red = {r, r_bits}, .green = {g, g_bits},               \
		.blue = {b, b_bits}, .alpha = {a, a_bits}}

/* Luma, then a plane of pairs; cb_at and cr_at are the bytes where the first ones are. */
#define PAIRS(format, bits, bytes, x_sub, y_sub, cb_at, cr_at)                                     \
	{.fourcc = DRM_FORMAT_##format, .name = #format, .depth = bits, .num_planes = 2,           \
		.planes = {{bytes, 1, 1}, {2 * bytes, x_sub, y_sub}},                              \
		.chroma_x_sub = x_sub, .chroma_y_sub = y_sub, .y = {0, 0, bytes},                  \
		.cb = {1, cb_at, 2 * bytes}, .cr = {1, cr_at, 2 * bytes}}

#define TRIPLE(format, x_sub, y_sub, cb_plane, cr_plane)                                           \
	{.fourcc = DRM_FORMAT_##format, .name = #format, .depth = 8, .num_planes = 3,              \
		.planes = {{1, 1, 1}, {1, x_sub, y_sub}, {1, x_sub, y_sub}},                       \
		.chroma_x_sub = x_sub, .chroma_y_sub = y_sub, .y = {0, 0, 1},                      \
		.cb = {cb_plane, 0, 1}, .cr = {cr_plane, 0, 1}}

/* Two pixels in four bytes. */
#define PACKED(format, y_at, cb_at, cr_at)                                                         \
	{.fourcc = DRM_FORMAT_##format, .name = #format, .depth = 8, .num_planes = 1,              \
		.planes = {{4, 2, 1}}, .chroma_x_sub = 2, .chroma_y_sub = 1, .y = {0, y_at, 2},    \
		.cb = {0, cb_at, 4}, .cr = {0, cr_at, 4}}

static const struct pixel_format formats[] = {
	RGB(XRGB8888, 4, 16, 8, 0, 0, 8, 8, 8, 0),
	RGB(ARGB8888, 4, 16, 8, 0, 24, 8, 8, 8, 8),
	RGB(XBGR8888, 4, 0, 8, 16, 0, 8, 8, 8, 0),
	RGB(ABGR8888, 4, 0, 8, 16, 24, 8, 8, 8, 8),
	RGB(XRGB2101010, 4, 20, 10, 0, 0, 10, 10, 10, 0),
	RGB(ARGB2101010, 4, 20, 10, 0, 30, 10, 10, 10, 2),
	RGB(XBGR2101010, 4, 0, 10, 20, 0, 10, 10, 10, 0),
	RGB(ABGR2101010, 4, 0, 10, 20, 30, 10, 10, 10, 2),
	RGB(RGB565, 2, 11, 5, 0, 0, 5, 6, 5, 0),
	PAIRS(NV12, 8, 1, 2, 2, 0, 1),
	PAIRS(NV21, 8, 1, 2, 2, 1, 0),
	PAIRS(NV16, 8, 1, 2, 1, 0, 1),
	PAIRS(NV61, 8, 1, 2, 1, 1, 0),
	PAIRS(NV24, 8, 1, 1, 1, 0, 1),
	PAIRS(NV42, 8, 1, 1, 1, 1, 0),
	PAIRS(P010, 10, 2, 2, 2, 0, 2),
	PAIRS(P012, 12, 2, 2, 2, 0, 2),
	PAIRS(P016, 16, 2, 2, 2, 0, 2),
	TRIPLE(YUV420, 2, 2, 1, 2),
	TRIPLE(YVU420, 2, 2, 2, 1),
	TRIPLE(YUV422, 2, 1, 1, 2),
	TRIPLE(YVU422, 2, 1, 2, 1),
	TRIPLE(YUV444, 1, 1, 1, 2),
	TRIPLE(YVU444, 1, 1, 2, 1),
	PACKED(YUYV, 0, 1, 3),
	PACKED(YVYU, 0, 3, 1),
	PACKED(UYVY, 1, 0, 2),
	PACKED(VYUY, 1, 2, 0),
};
/* clang-format on */

const struct pixel_format *pixel_formats(size_t *len) {
	*len = sizeof(formats) / sizeof(formats[0]);
	return formats;
}

const struct pixel_format *pixel_format_find(uint32_t fourcc) {
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].fourcc == fourcc) {
			return &formats[i];
		}
	}
	return NULL;
}

bool pixel_format_is_ycbcr(const struct pixel_format *format) {
	return format->depth > 0;
}

static uint32_t blocks(uint32_t pixels, uint32_t sub) {
	return (pixels + sub - 1) / sub;
}

uint32_t pixel_row_bytes(const struct pixel_format *format, int plane, uint32_t width) {
	return blocks(width, format->planes[plane].x_sub) * format->planes[plane].bytes;
}

uint32_t pixel_rows(const struct pixel_format *format, int plane, uint32_t height) {
	return blocks(height, format->planes[plane].y_sub);
}

static uint32_t put_channel(const struct pixel_channel *channel, uint32_t value) {
	uint32_t most = (1u << channel->bits) - 1;
	return (value * most + 127) / 255 << channel->shift;
}

static void convert_rgb(
	const struct pixel_format *format, const uint32_t *argb, const struct pixel_picture *to) {
	uint32_t bytes = format->planes[0].bytes;
	for (uint32_t y = 0; y < to->height; y++) {
		uint8_t *row = to->data[0] + (size_t)y * to->stride[0];
		for (uint32_t x = 0; x < to->width; x++) {
			uint32_t from = *argb++;
			uint32_t pixel = put_channel(&format->red, from >> 16 & 255) |
					 put_channel(&format->green, from >> 8 & 255) |
					 put_channel(&format->blue, from & 255) |
					 put_channel(&format->alpha, from >> 24);
			for (uint32_t i = 0; i < bytes; i++) {
				*row++ = (uint8_t)(pixel >> 8 * i);
			}
		}
	}
}

/* What a sum of weighted 8-bit channels is as a sample: 16.16 fixed point. */
struct matrix {
	int64_t y[3], cb[3], cr[3]; /* of red, green, blue */
	int64_t y_offset, chroma_offset;
	int64_t most;
};

static int64_t fixed(double value) {
	return (int64_t)(value * 65536.0 + (value < 0.0 ? -0.5 : 0.5));
}

static struct matrix make_matrix(
	const struct pixel_format *format, enum pixel_encoding encoding, enum pixel_range range) {
	static const double weights[][2] = {
		[PIXEL_BT601] = {0.299, 0.114},
		[PIXEL_BT709] = {0.2126, 0.0722},
		[PIXEL_BT2020] = {0.2627, 0.0593},
	};
	double red = weights[encoding][0], blue = weights[encoding][1];
	double luma[3] = {red, 1.0 - red - blue, blue};
	double unit = (double)(1u << (format->depth - 8)), most = 256.0 * unit - 1.0;
	double y_scale = (range == PIXEL_FULL ? most : 219.0 * unit) / 255.0;
	double chroma_scale = (range == PIXEL_FULL ? most : 224.0 * unit) / 255.0;
	struct matrix matrix = {
		.y_offset = range == PIXEL_FULL ? 0 : fixed(16.0 * unit),
		.chroma_offset = fixed(128.0 * unit),
		.most = (int64_t)most,
	};
	for (int i = 0; i < 3; i++) {
		double cb = ((i == 2) - luma[i]) / (2.0 * (1.0 - blue));
		double cr = ((i == 0) - luma[i]) / (2.0 * (1.0 - red));
		matrix.y[i] = fixed(luma[i] * y_scale);
		matrix.cb[i] = fixed(cb * chroma_scale);
		matrix.cr[i] = fixed(cr * chroma_scale);
	}
	return matrix;
}

/* channels are sums over `count` pixels. */
static uint32_t weigh(const struct matrix *matrix, const int64_t weights[3], int64_t offset,
	const int64_t channels[3], int64_t count) {
	int64_t sum =
		weights[0] * channels[0] + weights[1] * channels[1] + weights[2] * channels[2];
	int64_t value = (sum / count + offset + 32768) >> 16;
	if (value < 0) {
		return 0;
	}
	return (uint32_t)(value > matrix->most ? matrix->most : value);
}

static void put_sample(const struct pixel_format *format, const struct pixel_component *component,
	const struct pixel_picture *to, uint32_t column, uint32_t row, uint32_t value) {
	uint8_t *sample = to->data[component->plane] + (size_t)row * to->stride[component->plane] +
			  (size_t)column * component->step + component->offset;
	if (format->depth == 8) {
		*sample = (uint8_t)value;
		return;
	}
	value <<= 16 - format->depth;
	sample[0] = (uint8_t)value;
	sample[1] = (uint8_t)(value >> 8);
}

static void add_pixel(int64_t channels[3], uint32_t argb) {
	channels[0] += argb >> 16 & 255;
	channels[1] += argb >> 8 & 255;
	channels[2] += argb & 255;
}

static void convert_ycbcr(const struct pixel_format *format, const struct matrix *matrix,
	const uint32_t *argb, const struct pixel_picture *to) {
	for (uint32_t y = 0; y < to->height; y++) {
		for (uint32_t x = 0; x < to->width; x++) {
			int64_t channels[3] = {0};
			add_pixel(channels, argb[(size_t)y * to->width + x]);
			put_sample(format, &format->y, to, x, y,
				weigh(matrix, matrix->y, matrix->y_offset, channels, 1));
		}
	}
	uint32_t x_sub = format->chroma_x_sub, y_sub = format->chroma_y_sub;
	for (uint32_t row = 0; row < blocks(to->height, y_sub); row++) {
		for (uint32_t column = 0; column < blocks(to->width, x_sub); column++) {
			int64_t channels[3] = {0}, count = 0;
			for (uint32_t i = 0; i < x_sub * y_sub; i++) {
				uint32_t x = column * x_sub + i % x_sub;
				uint32_t y = row * y_sub + i / x_sub;
				if (x < to->width && y < to->height) {
					add_pixel(channels, argb[(size_t)y * to->width + x]);
					count++;
				}
			}
			put_sample(format, &format->cb, to, column, row,
				weigh(matrix, matrix->cb, matrix->chroma_offset, channels, count));
			put_sample(format, &format->cr, to, column, row,
				weigh(matrix, matrix->cr, matrix->chroma_offset, channels, count));
		}
	}
}

void pixel_convert(const struct pixel_format *format, enum pixel_encoding encoding,
	enum pixel_range range, const uint32_t *argb, const struct pixel_picture *to) {
	if (!pixel_format_is_ycbcr(format)) {
		convert_rgb(format, argb, to);
		return;
	}
	struct matrix matrix = make_matrix(format, encoding, range);
	convert_ycbcr(format, &matrix, argb, to);
}
