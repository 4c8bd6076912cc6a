/* SPDX-License-Identifier: MIT */
#include "pixels.h"

#include <string.h>

#include "base/minmax.h"

const char *const pixel_encoding_names[] = {
	[PIXEL_BT601] = "bt601", [PIXEL_BT709] = "bt709", [PIXEL_BT2020] = "bt2020", NULL};

const char *const pixel_range_names[] = {[PIXEL_LIMITED] = "limited", [PIXEL_FULL] = "full", NULL};

static uint64_t put_channel(const struct latch_component *channel, uint32_t value) {
	uint64_t most = (1u << channel->bits) - 1;
	return (value * most + 127) / 255 << channel->shift;
}

static void convert_rgb(
	const struct latch_format *format, const uint32_t *argb, const struct pixel_picture *to) {
	for (uint32_t y = 0; y < to->height; y++) {
		uint8_t *row = to->data[0] + (size_t)y * to->stride[0];
		for (uint32_t x = 0; x < to->width; x++, argb++) {
			uint64_t pixel = put_channel(&format->components[0], *argb >> 16 & 255) |
					 put_channel(&format->components[1], *argb >> 8 & 255) |
					 put_channel(&format->components[2], *argb & 255) |
					 put_channel(&format->components[3], *argb >> 24);
			for (uint32_t i = 0; i < format->components[0].step; i++) {
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
	const struct latch_format *format, enum pixel_encoding encoding, enum pixel_range range) {
	static const double weights[][2] = {
		[PIXEL_BT601] = {0.299, 0.114},
		[PIXEL_BT709] = {0.2126, 0.0722},
		[PIXEL_BT2020] = {0.2627, 0.0593},
	};
	double red = weights[encoding][0], blue = weights[encoding][1];
	double luma[3] = {red, 1.0 - red - blue, blue};
	double unit = (double)(1u << (format->components[0].bits - 8)), most = 256.0 * unit - 1.0;
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
	return (uint32_t)latch_clamp((sum / count + offset + 32768) >> 16, 0, matrix->most);
}

/* Samples fill whole bytes. */
static void put_sample(const struct latch_component *component, const struct pixel_picture *to,
	uint32_t column, uint32_t row, uint32_t value) {
	uint8_t *sample = to->data[component->plane] + (size_t)row * to->stride[component->plane] +
			  (size_t)column * component->step + component->shift / 8;
	value <<= component->shift % 8;
	sample[0] = (uint8_t)value;
	if (component->bits > 8) {
		sample[1] = (uint8_t)(value >> 8);
	}
}

static void add_pixel(int64_t channels[3], uint32_t argb) {
	channels[0] += argb >> 16 & 255;
	channels[1] += argb >> 8 & 255;
	channels[2] += argb & 255;
}

static void convert_ycbcr(const struct latch_format *format, const struct matrix *matrix,
	const uint32_t *argb, const struct pixel_picture *to) {
	for (uint32_t y = 0; y < to->height; y++) {
		for (uint32_t x = 0; x < to->width; x++) {
			int64_t channels[3] = {0};
			add_pixel(channels, argb[(size_t)y * to->width + x]);
			put_sample(&format->components[0], to, x, y,
				weigh(matrix, matrix->y, matrix->y_offset, channels, 1));
		}
	}
	uint32_t x_sub = format->x_sub, y_sub = format->y_sub;
	for (uint32_t row = 0; row * y_sub < to->height; row++) {
		for (uint32_t column = 0; column * x_sub < to->width; column++) {
			int64_t channels[3] = {0}, count = 0;
			for (uint32_t i = 0; i < x_sub * y_sub; i++) {
				uint32_t x = column * x_sub + i % x_sub;
				uint32_t y = row * y_sub + i / x_sub;
				if (x < to->width && y < to->height) {
					add_pixel(channels, argb[(size_t)y * to->width + x]);
					count++;
				}
			}
			put_sample(&format->components[1], to, column, row,
				weigh(matrix, matrix->cb, matrix->chroma_offset, channels, count));
			put_sample(&format->components[2], to, column, row,
				weigh(matrix, matrix->cr, matrix->chroma_offset, channels, count));
		}
	}
}

void pixel_convert(const struct latch_format *format, enum pixel_encoding encoding,
	enum pixel_range range, const uint32_t *argb, const struct pixel_picture *to) {
	if (!format->ycbcr) {
		convert_rgb(format, argb, to);
		return;
	}
	struct matrix matrix = make_matrix(format, encoding, range);
	convert_ycbcr(format, &matrix, argb, to);
}

/* Whether the bytes of the component's plane are the same in both layouts, so that they can be
 * copied at once. */
static bool same_plane(
	const struct latch_component from[3], const struct latch_format *format, int component) {
	bool same = true;
	for (int i = 0; i < 3; i++) {
		const struct latch_component *a = &from[i], *b = &format->components[i];
		same = same && (b->plane != format->components[component].plane ||
				       (a->plane == from[component].plane && a->step == b->step &&
					       a->shift == b->shift && a->bits == b->bits));
	}
	return same;
}

static void copy_plane(const struct pixel_picture *picture, uint8_t from, uint8_t plane,
	uint32_t rows, const struct latch_format *format, const struct pixel_picture *to) {
	size_t bytes = latch_format_row_bytes(format, plane, to->width);
	for (uint32_t row = 0; row < rows; row++) {
		memcpy(to->data[plane] + (size_t)row * to->stride[plane],
			picture->data[from] + (size_t)row * picture->stride[from], bytes);
	}
}

static uint32_t get_sample(const struct latch_component *component,
	const struct pixel_picture *picture, uint32_t column, uint32_t row) {
	const uint8_t *sample = picture->data[component->plane] +
				(size_t)row * picture->stride[component->plane] +
				(size_t)column * component->step + component->shift / 8;
	uint32_t value = component->bits > 8 ? sample[0] | (uint32_t)sample[1] << 8 : sample[0];
	return value >> component->shift % 8 & ((1u << component->bits) - 1);
}

static void copy_samples(const struct latch_component *from, const struct pixel_picture *picture,
	const struct latch_component *component, uint32_t columns, uint32_t rows,
	const struct pixel_picture *to) {
	const int more = component->bits - from->bits;
	for (uint32_t row = 0; row < rows; row++) {
		for (uint32_t column = 0; column < columns; column++) {
			uint32_t value = get_sample(from, picture, column, row);
			put_sample(component, to, column, row,
				more >= 0 ? value << more : value >> -more);
		}
	}
}

void pixel_copy(const struct latch_component from[3], const struct pixel_picture *picture,
	const struct latch_format *format, const struct pixel_picture *to) {
	for (int i = 0; i < 3; i++) {
		const struct latch_component *component = &format->components[i];
		uint32_t rows = (uint32_t)latch_format_rows(format, component->plane, to->height);
		uint32_t share = i > 0 ? format->x_sub : 1;
		if (!same_plane(from, format, i)) {
			copy_samples(&from[i], picture, component, (to->width + share - 1) / share,
				rows, to);
		} else if (i == 0 || component->plane != component[-1].plane) {
			copy_plane(picture, from[i].plane, component->plane, rows, format, to);
		}
	}
}
