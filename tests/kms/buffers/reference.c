/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <sys/mman.h>

#include "buffers.h"
#include "case.h"

/* Rows begin where nobody would expect it, so that what reads beyond them is seen. */
#define GAP 24

/* A sample as a part of the largest one. */
static double sample(const struct latch_format *format, int component,
	const struct pixel_picture *picture, uint32_t x, uint32_t y) {
	const struct latch_component *at = &format->components[component];
	uint32_t column = component > 0 ? x / format->x_sub : x;
	uint32_t row = at->plane > 0 ? y / format->y_sub : y;
	const uint8_t *bytes = picture->data[at->plane] + (size_t)row * picture->stride[at->plane] +
			       (size_t)column * at->step;
	uint64_t value = 0;
	for (int i = 0; i < (at->shift + at->bits + 7) / 8; i++) {
		value |= (uint64_t)bytes[i] << (8 * i);
	}
	uint64_t most = (UINT64_C(1) << at->bits) - 1;
	return (double)(value >> at->shift & most) / (double)most;
}

static uint32_t pack(double red, double green, double blue) {
	uint32_t colour = 0;
	for (int i = 0; i < 3; i++) {
		double channel = i == 0 ? red : i == 1 ? green : blue;
		colour = colour << 8 | (uint32_t)lround(fmin(fmax(channel, 0), 1) * 255);
	}
	return colour;
}

/* In the limited range: 8 bits of luma from 16 to 235, of chroma from 16 to 240 around 128;
 * more bits are finer steps of the same. */
static uint32_t ycbcr_pixel(const struct latch_format *format, enum pixel_encoding encoding,
	const struct pixel_picture *picture, uint32_t x, uint32_t y) {
	double v[3];
	for (int i = 0; i < 3; i++) {
		int bits = format->components[i].bits;
		double steps = (double)((UINT64_C(1) << bits) - 1) / (double)(1 << (bits - 8));
		v[i] = sample(format, i, picture, x, y) * steps;
	}
	double luma = (v[0] - 16) / 219, cb = (v[1] - 128) / 224, cr = (v[2] - 128) / 224;
	const bool hd = encoding == PIXEL_BT709;
	const double red = hd ? 0.2126 : 0.299, blue = hd ? 0.0722 : 0.114, green = 1 - red - blue;
	double r = luma + 2 * (1 - red) * cr, b = luma + 2 * (1 - blue) * cb;
	return pack(r, (luma - red * r - blue * b) / green, b);
}

static void encode(const struct latch_format *format, const uint32_t *argb,
	struct pixel_picture *picture, uint8_t **memory) {
	size_t offsets[LATCH_FORMAT_MAX_PLANES], size = 0;
	for (int i = 0; i < format->planes; i++) {
		picture->stride[i] =
			(uint32_t)latch_format_row_bytes(format, i, picture->width) + GAP;
		offsets[i] = size;
		size += picture->stride[i] * latch_format_rows(format, i, picture->height);
	}
	*memory = calloc(1, size);
	CHECK(*memory != NULL, "out of memory");
	for (int i = 0; i < format->planes; i++) {
		picture->data[i] = *memory + offsets[i];
	}
	pixel_convert(format, PIXEL_BT601, PIXEL_LIMITED, argb, picture);
}

static void decode(const struct latch_format *format, enum pixel_encoding encoding,
	const struct pixel_picture *picture, uint32_t *to) {
	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			*to++ = format->ycbcr ? ycbcr_pixel(format, encoding, picture, x, y)
					      : pack(sample(format, 0, picture, x, y),
							sample(format, 1, picture, x, y),
							sample(format, 2, picture, x, y));
		}
	}
}

const uint32_t *reference_read(const struct dmabuf *buf, enum pixel_encoding encoding) {
	static uint32_t *pixels;
	struct pixel_picture picture = {.width = buf->width, .height = buf->height};
	void *maps[DMABUF_MAX_PLANES];
	size_t sizes[DMABUF_MAX_PLANES];
	for (int i = 0; i < buf->num_planes; i++) {
		off_t size = lseek(buf->planes[i].fd, 0, SEEK_END);
		sizes[i] = size > 0 ? (size_t)size : 0;
		maps[i] = mmap(NULL, sizes[i], PROT_READ, MAP_SHARED, buf->planes[i].fd, 0);
		CHECK(maps[i] != MAP_FAILED, "a dma-buf can't be mapped: %s", strerror(errno));
		picture.data[i] = (uint8_t *)maps[i] + buf->planes[i].offset;
		picture.stride[i] = buf->planes[i].stride;
	}
	free(pixels);
	const size_t len = (size_t)buf->width * buf->height;
	pixels = calloc(len, sizeof(*pixels));
	CHECK(pixels != NULL, "out of memory");
	dmabuf_sync_cpu(buf, false);
	decode(latch_format_find(buf->fourcc), encoding, &picture, pixels);
	dmabuf_sync_cpu(buf, true);
	bool plain = true;
	for (size_t i = 1; i < len; i++) {
		plain = plain && pixels[i] == pixels[0];
	}
	CHECK(!plain, "nothing was drawn");
	for (int i = 0; i < buf->num_planes; i++) {
		munmap(maps[i], sizes[i]);
	}
	return pixels;
}

const uint32_t *reference_draw(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t frame) {
	static struct {
		uint32_t fourcc, width, height, frame;
		uint32_t *pixels;
	} last;
	if (last.pixels != NULL && last.fourcc == fourcc && last.width == width &&
		last.height == height && last.frame == frame) {
		return last.pixels;
	}
	uint32_t *argb = realloc(last.pixels, (size_t)width * height * sizeof(*argb));
	CHECK(argb != NULL, "out of memory");
	const struct scene_options card = {.picture = PICTURE_PATTERN};
	scene_cpu_draw(&card,
		&(struct scene_pixels){
			.width = width, .height = height, .pixels = argb, .stride = width},
		frame);
	const struct latch_format *format = latch_format_find(fourcc);
	struct pixel_picture picture = {.width = width, .height = height};
	uint8_t *memory;
	encode(format, argb, &picture, &memory);
	decode(format, PIXEL_BT601, &picture, argb);
	free(memory);
	last.fourcc = fourcc;
	last.width = width;
	last.height = height;
	last.frame = frame;
	last.pixels = argb;
	return argb;
}

int reference_tolerance(uint32_t fourcc, bool by_gpu) {
	const struct latch_format *format = latch_format_find(fourcc);
	int bits = format->components[0].bits;
	if (format->ycbcr) {
		return 3;
	}
	int step = by_gpu && bits < 8 ? 255 / ((1 << bits) - 1) : 0;
	return bits == 8 ? 0 : 1 + step;
}
