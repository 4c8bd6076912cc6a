/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>
#include <sys/mman.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/dmabuf.h>

#include "private.h"
#include "tiles.h"

static const uint32_t formats[] = {DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888,
	DRM_FORMAT_ABGR8888, DRM_FORMAT_RGB565};

#define NUM_FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The bytes of a pixel; 0 for a format that isn't known. */
static uint32_t pixel_bytes(uint32_t fourcc) {
	for (size_t i = 0; i < NUM_FORMATS; i++) {
		if (formats[i] == fourcc) {
			return fourcc == DRM_FORMAT_RGB565 ? 2 : 4;
		}
	}
	return 0;
}

bool gpu_pixels_add_formats(struct wlr_drm_format_set *set, uint64_t modifier) {
	bool ok = true;
	for (size_t i = 0; i < NUM_FORMATS && ok; i++) {
		ok = wlr_drm_format_set_add(set, formats[i], modifier);
	}
	return ok;
}

/* NULL without memory, or for a format that isn't known. */
static struct gpu_pixels *create(
	uint32_t fourcc, uint32_t width, uint32_t height, uint32_t stride) {
	uint32_t bytes = pixel_bytes(fourcc);
	struct gpu_pixels *pixels = bytes != 0 ? calloc(1, sizeof(*pixels)) : NULL;
	if (pixels == NULL) {
		return NULL;
	}
	*pixels = (struct gpu_pixels){
		.references = 1,
		.fourcc = fourcc,
		.width = width,
		.height = height,
		.stride = stride,
		.pixel_bytes = bytes,
		.fd = -1,
		.last_fence = -1,
	};
	return pixels;
}

void gpu_pixels_unref(struct gpu_pixels *pixels) {
	if (pixels == NULL || atomic_fetch_sub(&pixels->references, 1) > 1) {
		return;
	}
	if (pixels->fd >= 0) {
		munmap(pixels->map, pixels->size);
	} else {
		free(pixels->map);
	}
	latch_fd_clear(&pixels->fd);
	latch_fd_clear(&pixels->last_fence);
	free(pixels);
}

/* Whether all rows lie within the memory. */
static bool fits(const struct gpu_pixels *pixels, uint32_t offset) {
	uint64_t row = (uint64_t)pixels->width * pixels->pixel_bytes;
	uint64_t bytes = pixels->tiled
				 ? tiles_size(pixels->stride, pixels->height)
				 : (uint64_t)pixels->stride * (pixels->height - 1) + row;
	return row <= pixels->stride && pixels->stride % 4 == 0 && bytes > 0 &&
	       offset + bytes <= pixels->size;
}

static bool map(struct gpu_pixels *pixels, const struct wlr_dmabuf_attributes *dmabuf) {
	off_t size = lseek(dmabuf->fd[0], 0, SEEK_END);
	if (size <= 0) {
		return false;
	}
	pixels->size = (size_t)size;
	if (!fits(pixels, dmabuf->offset[0])) {
		return false;
	}
	void *memory = mmap(
		NULL, pixels->size, PROT_READ | PROT_WRITE, MAP_SHARED, dmabuf->fd[0], 0);
	pixels->writable = memory != MAP_FAILED;
	if (!pixels->writable) {
		memory = mmap(NULL, pixels->size, PROT_READ, MAP_SHARED, dmabuf->fd[0], 0);
	}
	if (memory == MAP_FAILED) {
		return false;
	}
	pixels->fd = fcntl(dmabuf->fd[0], F_DUPFD_CLOEXEC, 0);
	if (pixels->fd < 0) {
		munmap(memory, pixels->size);
		return false;
	}
	pixels->map = memory;
	pixels->data = pixels->map + dmabuf->offset[0];
	return true;
}

/* The mapping stays with the buffer, as a GPU's page tables do. */
struct buffer_pixels {
	struct wlr_addon addon;
	struct gpu_pixels *pixels;
};

static void handle_buffer_destroyed(struct wlr_addon *addon) {
	struct buffer_pixels *kept = wl_container_of(addon, kept, addon);
	wlr_addon_finish(&kept->addon);
	gpu_pixels_unref(kept->pixels);
	free(kept);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "gpu_pixels",
	.destroy = handle_buffer_destroyed,
};

static struct gpu_pixels *import(struct wlr_buffer *buffer) {
	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf) || dmabuf.n_planes != 1 || dmabuf.width <= 0 ||
		dmabuf.height <= 0) {
		return NULL;
	}
	struct gpu_pixels *pixels = create(dmabuf.format, (uint32_t)dmabuf.width,
		(uint32_t)dmabuf.height, dmabuf.stride[0]);
	if (pixels == NULL) {
		return NULL;
	}
	pixels->tiled = dmabuf.modifier == I915_FORMAT_MOD_X_TILED;
	if (!map(pixels, &dmabuf)) {
		gpu_pixels_unref(pixels);
		return NULL;
	}
	return pixels;
}

struct gpu_pixels *gpu_pixels_of_dmabuf(struct wlr_buffer *buffer) {
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, &addon_impl, &addon_impl);
	struct buffer_pixels *kept = NULL;
	if (addon != NULL) {
		kept = wl_container_of(addon, kept, addon);
	} else {
		kept = calloc(1, sizeof(*kept));
		struct gpu_pixels *pixels = kept != NULL ? import(buffer) : NULL;
		if (pixels == NULL) {
			free(kept);
			return NULL;
		}
		*kept = (struct buffer_pixels){.pixels = pixels};
		wlr_addon_init(&kept->addon, &buffer->addons, &addon_impl, &addon_impl);
	}
	atomic_fetch_add(&kept->pixels->references, 1);
	return kept->pixels;
}

struct gpu_pixels *gpu_pixels_copy(struct wlr_buffer *buffer) {
	void *data;
	uint32_t fourcc;
	size_t stride;
	if (!wlr_buffer_begin_data_ptr_access(
		    buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &fourcc, &stride)) {
		return NULL;
	}
	struct gpu_pixels *pixels = NULL;
	if (stride % 4 == 0) {
		pixels = create(fourcc, (uint32_t)buffer->width, (uint32_t)buffer->height,
			(uint32_t)stride);
	}
	if (pixels != NULL) {
		pixels->size = stride * (size_t)buffer->height;
		pixels->map = malloc(pixels->size);
		pixels->data = pixels->map;
		if (pixels->map != NULL) {
			memcpy(pixels->map, data, pixels->size);
		} else {
			gpu_pixels_unref(pixels);
			pixels = NULL;
		}
	}
	wlr_buffer_end_data_ptr_access(buffer);
	return pixels;
}

bool gpu_pixels_update(
	struct gpu_pixels *pixels, struct wlr_buffer *buffer, const pixman_region32_t *part) {
	void *data;
	uint32_t fourcc;
	size_t stride;
	if (pixels->fd >= 0 || atomic_load(&pixels->references) > 1 ||
		!wlr_buffer_begin_data_ptr_access(
			buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &fourcc, &stride)) {
		return false;
	}
	bool ok = fourcc == pixels->fourcc && stride == pixels->stride;
	int len;
	const pixman_box32_t *rects = pixman_region32_rectangles(part, &len);
	const size_t pixel = pixels->pixel_bytes;
	for (int i = 0; ok && i < len; i++) {
		for (int y = rects[i].y1; y < rects[i].y2; y++) {
			const size_t from = (size_t)y * stride + (size_t)rects[i].x1 * pixel;
			memcpy(pixels->data + from, (const uint8_t *)data + from,
				(size_t)(rects[i].x2 - rects[i].x1) * pixel);
		}
	}
	wlr_buffer_end_data_ptr_access(buffer);
	return ok;
}

/* For pixman, which draws in linear memory alone. */
struct face {
	struct wlr_buffer base;
	const struct gpu_pixels *pixels;
	uint8_t *untiled; /* a copy of what is in tiles; else NULL */
};

static void destroy_face(struct wlr_buffer *base) {
	struct face *face = wl_container_of(base, face, base);
	wlr_buffer_finish(base);
	free(face->untiled);
	free(face);
}

static bool begin_access(
	struct wlr_buffer *base, uint32_t flags, void **data, uint32_t *fourcc, size_t *stride) {
	const struct face *face = wl_container_of(base, face, base);
	*data = face->untiled != NULL ? face->untiled : face->pixels->data;
	*fourcc = face->pixels->fourcc;
	*stride = face->pixels->stride;
	return true;
}

static void end_access(struct wlr_buffer *base) {
}

static const struct wlr_buffer_impl face_impl = {
	.destroy = destroy_face,
	.begin_data_ptr_access = begin_access,
	.end_data_ptr_access = end_access,
};

/* By the pieces of rows that lie together. NULL without memory. */
static uint8_t *copy_untiled(const struct gpu_pixels *pixels) {
	const uint32_t stride = pixels->stride; // of whole tiles
	uint8_t *copy = malloc((size_t)stride * pixels->height);
	for (uint32_t row = 0; copy != NULL && row < pixels->height; row++) {
		for (uint32_t byte = 0; byte < stride; byte += TILE_BYTES) {
			memcpy(copy + (size_t)row * stride + byte,
				pixels->data + tiles_offset(stride, byte, row), TILE_BYTES);
		}
	}
	return copy;
}

struct wlr_buffer *gpu_pixels_face(const struct gpu_pixels *pixels) {
	struct face *face = calloc(1, sizeof(*face));
	uint8_t *untiled = face != NULL && pixels->tiled ? copy_untiled(pixels) : NULL;
	if (face == NULL || (pixels->tiled && untiled == NULL)) {
		free(face);
		return NULL;
	}
	*face = (struct face){.pixels = pixels, .untiled = untiled};
	wlr_buffer_init(&face->base, &face_impl, (int)pixels->width, (int)pixels->height);
	return &face->base;
}
