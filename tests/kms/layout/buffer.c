/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>

#include "case.h"
#include "layout.h"

/* Keeps the chroma of a block of 2x2 pixels almost the same, so that it hardly matters how a
 * reader finds the chroma between two samples. */
static uint32_t smooth_pixel(
	uint32_t x, uint32_t y, uint32_t width, uint32_t height, unsigned number) {
	uint32_t detail = ((x >> 3) + (y >> 3) + number) % 2 * 24;
	uint32_t red = 24 + 160 * x / width + detail;
	uint32_t green = 24 + 160 * y / height + detail;
	uint32_t blue = 24 + (number * 53 % 160) + detail;
	return red << 16 | green << 8 | blue;
}

static uint32_t multiply(uint32_t colour, uint32_t alpha) {
	uint32_t result = alpha << 24;
	for (int shift = 0; shift < 24; shift += 8) {
		result |= ((colour >> shift & 255) * alpha + 127) / 255 << shift;
	}
	return result;
}

static uint32_t pixel_of(enum layout_picture picture, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, unsigned number) {
	if (picture == LAYOUT_CARD) {
		return picture_pixel(x, y, number);
	}
	uint32_t colour = smooth_pixel(x, y, width, height, number);
	uint32_t alpha = width > 1 ? x * 255 / (width - 1) : 255;
	switch (picture) {
	case LAYOUT_FADE:
		return multiply(colour, alpha);
	case LAYOUT_FADE_STRAIGHT:
		return alpha << 24 | colour;
	default:
		return 0xff000000 | colour;
	}
}

static const memory_init_func init_memory[] = {
	[LAYOUT_UDMABUF] = memory_init_udmabuf,
	[LAYOUT_VGEM] = memory_init_vgem,
	[LAYOUT_DUMB] = memory_init_dumb,
};

/* Planes one behind the other in one memory, or each in its own. A plane's rows are as much
 * longer than the first plane's as they hold more. */
static void place_planes(const struct latch_format *format, const struct layout_item *item,
	struct memory memory[LATCH_FORMAT_MAX_PLANES],
	struct buffer_plane planes[LATCH_FORMAT_MAX_PLANES], struct pixel_picture *picture) {
	uint32_t width = picture->width, height = picture->height;
	uint32_t pitch = (uint32_t)(latch_format_row_bytes(format, 0, width) + 255) & ~255u;
	uint32_t offset = 0, strides[LATCH_FORMAT_MAX_PLANES], rows[LATCH_FORMAT_MAX_PLANES], total = 0;
	for (int i = 0; i < format->planes; i++) {
		strides[i] = (uint32_t)(pitch * latch_format_row_bytes(format, i, format->x_sub) /
					latch_format_row_bytes(format, 0, format->x_sub));
		rows[i] = (uint32_t)latch_format_rows(format, i, height);
		total += strides[i] * rows[i];
	}
	if (!item->apart) {
		init_memory[item->memory](&memory[0], pitch / 4, (total + pitch - 1) / pitch);
	}
	for (int i = 0; i < format->planes; i++) {
		if (item->apart) {
			init_memory[item->memory](&memory[i], strides[i] / 4, rows[i]);
		}
		planes[i] = (struct buffer_plane){
			.fd = memory[item->apart ? i : 0].fd,
			.index = (uint32_t)i,
			.offset = item->apart ? 0 : offset,
			.stride = strides[i],
		};
		picture->data[i] = (uint8_t *)memory[item->apart ? i : 0].map + planes[i].offset;
		picture->stride[i] = strides[i];
		offset += strides[i] * rows[i];
	}
}

/* Draws the first one, and the others are copies: they lie in memory alike. */
static void init_dmabuf(struct layout_buffers *buffers, int which, struct client *client,
	const struct layout_item *item, const uint32_t *pixels, uint32_t width, uint32_t height) {
	uint32_t fourcc = item->fourcc ? item->fourcc : DRM_FORMAT_XRGB8888;
	const struct latch_format *format = latch_format_find(fourcc);
	CHECK(format != NULL, "%s: unknown format", item->name);
	struct memory *memory = buffers->memory[which];
	struct buffer_plane planes[LATCH_FORMAT_MAX_PLANES];
	struct pixel_picture picture = {.width = width, .height = height};
	place_planes(format, item, memory, planes, &picture);
	if (which == 0) {
		pixel_convert(format, item->encoding, item->range, pixels, &picture);
	}
	for (int i = 0; which > 0 && i < LATCH_FORMAT_MAX_PLANES && memory[i].map != NULL; i++) {
		memcpy(memory[i].map, buffers->memory[0][i].map, memory[i].size);
	}
	buffer_init_planes(&buffers->buffers[which], client, planes, format->planes, width,
		height, fourcc);
}

void layout_buffers_init(struct layout_buffers *buffers, struct client *client,
	const struct layout_item *item, unsigned number, uint32_t width, uint32_t height, int len) {
	bool smooth = item->picture == LAYOUT_CARD && latch_format_is_ycbcr(item->fourcc);
	enum layout_picture picture = smooth ? LAYOUT_SMOOTH : item->picture;
	uint32_t *pixels = malloc((size_t)width * height * 4);
	CHECK(pixels != NULL, "out of memory");
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			pixels[(size_t)y * width + x] =
				pixel_of(picture, x, y, width, height, number);
		}
	}
	*buffers = (struct layout_buffers){0};
	for (int i = 0; i < len; i++) {
		struct buffer *buffer = &buffers->buffers[i];
		const bool alpha = item->fourcc == DRM_FORMAT_ARGB8888;
		const size_t size = (size_t)width * height * 4;
		switch (item->memory) {
		case LAYOUT_SHM:
			buffer_init_shm(buffer, client, width, height, alpha);
			memcpy(buffer->memory.map, pixels, size);
			break;
		case LAYOUT_SEALED:
			memcpy(buffer_init_sealed(buffer, client, width, height, alpha), pixels,
				size);
			break;
		case LAYOUT_PIXEL:
			buffer_init_pixel(buffer, client, 0xff4080c0);
			break;
		default:
			init_dmabuf(buffers, i, client, item, pixels, width, height);
		}
	}
	free(pixels);
}

struct buffer *layout_buffers_free(struct layout_buffers *buffers) {
	for (int i = 0; i < LAYOUT_BUFFERS; i++) {
		struct buffer *buffer = &buffers->buffers[i];
		if (buffer->wl_buffer != NULL && buffer->commits == buffer->releases) {
			return buffer;
		}
	}
	return NULL;
}
