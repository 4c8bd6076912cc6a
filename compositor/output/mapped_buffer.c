/* SPDX-License-Identifier: MIT */
#include "output/mapped_buffer.h"

#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/dmabuf.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>
#include <xf86drm.h>

#include "output/convert.h"

/* Pixels that the CPU can read: of a dma-buf, or converted ones, which have no planes. */
struct mapped_buffer {
	struct wlr_buffer base;
	uint32_t fourcc;
	size_t stride;
	void *data;

	struct wlr_addon addon; // wlr_buffer.addons of the dma-buf
	/* The fds are borrowed from the dma-buf's wlr_buffer. */
	struct wlr_dmabuf_attributes dmabuf;
	struct memory {
		void *data;
		size_t size;
	} planes[WLR_DMABUF_MAX_PLANES];
	uint32_t converted[];
};

static void unmap(struct memory planes[static WLR_DMABUF_MAX_PLANES]) {
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		if (planes[i].data != NULL) {
			munmap(planes[i].data, planes[i].size);
		}
	}
}

static bool map_dmabuf(const struct wlr_dmabuf_attributes *dmabuf,
	struct memory planes[static WLR_DMABUF_MAX_PLANES]) {
	bool linear = dmabuf->modifier == DRM_FORMAT_MOD_LINEAR ||
		      dmabuf->modifier == DRM_FORMAT_MOD_INVALID;
	const struct latch_format *format = latch_format_find(dmabuf->format);
	if (!linear || dmabuf->width <= 0 || dmabuf->height <= 0 || format == NULL ||
		dmabuf->n_planes != format->planes) {
		return false;
	}
	for (int i = 0; i < dmabuf->n_planes; i++) {
		/* The size comes from the exporter, not from the client. */
		off_t end = lseek(dmabuf->fd[i], 0, SEEK_END);
		uint64_t bytes = latch_format_plane_bytes(format, i, dmabuf->stride[i],
			(uint32_t)dmabuf->width, (uint32_t)dmabuf->height);
		const bool fits = end > 0 && dmabuf->offset[i] + bytes <= (uint64_t)end;
		void *data = fits ? mmap(NULL, (size_t)end, PROT_READ, MAP_SHARED, dmabuf->fd[i], 0)
				  : MAP_FAILED;
		if (data == MAP_FAILED) {
			unmap(planes);
			return false;
		}
		planes[i] = (struct memory){.data = data, .size = (size_t)end};
	}
	return true;
}

static bool sync_cpu_access(int fd, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags | DMA_BUF_SYNC_READ};
	return drmIoctl(fd, DMA_BUF_IOCTL_SYNC, &sync) == 0;
}

static void end_access(struct mapped_buffer *mapped, int planes) {
	for (int i = 0; i < planes; i++) {
		sync_cpu_access(mapped->dmabuf.fd[i], DMA_BUF_SYNC_END);
	}
}

static bool begin_access(struct mapped_buffer *mapped) {
	for (int i = 0; i < mapped->dmabuf.n_planes; i++) {
		int fd = mapped->dmabuf.fd[i];
		/* DMA_BUF_SYNC_START waits for the fences in the dma-buf. All that were there at
		 * the commit have signalled in the gate; one that a client attached since must not
		 * stop us. */
		struct pollfd pollfd = {.fd = fd, .events = POLLIN};
		if (poll(&pollfd, 1, 0) != 1 || !sync_cpu_access(fd, DMA_BUF_SYNC_START)) {
			end_access(mapped, i);
			return false;
		}
	}
	return true;
}

static bool begin_data_ptr_access(
	struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct mapped_buffer *mapped = wl_container_of(buffer, mapped, base);
	if ((flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) || !begin_access(mapped)) {
		return false;
	}
	*data = mapped->data;
	*format = mapped->fourcc;
	*stride = mapped->stride;
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *buffer) {
	struct mapped_buffer *mapped = wl_container_of(buffer, mapped, base);
	end_access(mapped, mapped->dmabuf.n_planes);
}

static void destroy(struct wlr_buffer *buffer) {
	struct mapped_buffer *mapped = wl_container_of(buffer, mapped, base);
	wlr_buffer_finish(buffer);
	unmap(mapped->planes);
	free(mapped);
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = destroy,
	.begin_data_ptr_access = begin_data_ptr_access,
	.end_data_ptr_access = end_data_ptr_access,
};

static void addon_destroy(struct wlr_addon *addon) {
	struct mapped_buffer *mapped = wl_container_of(addon, mapped, addon);
	wlr_addon_finish(&mapped->addon);
	wlr_buffer_drop(&mapped->base);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_mapped_buffer",
	.destroy = addon_destroy,
};

bool latch_mapped_buffer_can_map(const struct wlr_dmabuf_attributes *dmabuf) {
	struct memory planes[WLR_DMABUF_MAX_PLANES] = {0};
	if (!map_dmabuf(dmabuf, planes)) {
		return false;
	}
	unmap(planes);
	return true;
}

bool latch_mapped_buffer_is_direct(const struct wlr_dmabuf_attributes *dmabuf) {
	/* pixman reads whole 32 bit words of a row. */
	return dmabuf->n_planes == 1 && dmabuf->stride[0] % 4 == 0 && dmabuf->offset[0] % 4 == 0;
}

static struct mapped_buffer *find_or_map(struct wlr_buffer *buffer) {
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, &addon_impl, &addon_impl);
	if (addon != NULL) {
		struct mapped_buffer *mapped = wl_container_of(addon, mapped, addon);
		return mapped;
	}

	struct mapped_buffer *mapped = calloc(1, sizeof(*mapped));
	if (mapped == NULL || !wlr_buffer_get_dmabuf(buffer, &mapped->dmabuf) ||
		!map_dmabuf(&mapped->dmabuf, mapped->planes)) {
		free(mapped);
		return NULL;
	}
	mapped->fourcc = mapped->dmabuf.format;
	mapped->stride = mapped->dmabuf.stride[0];
	mapped->data = (char *)mapped->planes[0].data + mapped->dmabuf.offset[0];
	wlr_buffer_init(&mapped->base, &buffer_impl, mapped->dmabuf.width, mapped->dmabuf.height);
	wlr_addon_init(&mapped->addon, &buffer->addons, &addon_impl, &addon_impl);
	return mapped;
}

struct wlr_buffer *latch_mapped_buffer_get(struct wlr_buffer *buffer) {
	struct mapped_buffer *mapped = find_or_map(buffer);
	return mapped != NULL && latch_mapped_buffer_is_direct(&mapped->dmabuf) ? &mapped->base
										: NULL;
}

bool latch_mapped_buffer_map(struct wlr_buffer *buffer) {
	return find_or_map(buffer) != NULL;
}

static struct wlr_buffer *convert(
	const struct latch_image *image, const struct latch_color *color) {
	const size_t stride = (size_t)image->width * sizeof(uint32_t);
	/* Not calloc(): pixels are written right below. */
	struct mapped_buffer *converted =
		malloc(sizeof(*converted) + (size_t)image->height * stride);
	if (converted != NULL) {
		*converted = (struct mapped_buffer){0};
	}
	if (converted == NULL || !latch_convert(image, color, converted->converted, stride)) {
		free(converted);
		return NULL;
	}
	converted->fourcc =
		latch_convert_has_alpha(image->fourcc) ? DRM_FORMAT_ARGB8888 : DRM_FORMAT_XRGB8888;
	converted->stride = stride;
	converted->data = converted->converted;
	wlr_buffer_init(&converted->base, &buffer_impl, image->width, image->height);
	return &converted->base;
}

static struct wlr_buffer *convert_mapped(
	struct mapped_buffer *mapped, const struct latch_color *color) {
	if (mapped == NULL || !begin_access(mapped)) {
		return NULL;
	}
	const struct wlr_dmabuf_attributes *dmabuf = &mapped->dmabuf;
	struct latch_image image = {dmabuf->format, dmabuf->width, dmabuf->height, {{0}}};
	for (int i = 0; i < dmabuf->n_planes; i++) {
		image.planes[i].data = (const char *)mapped->planes[i].data + dmabuf->offset[i];
		image.planes[i].stride = dmabuf->stride[i];
	}
	struct wlr_buffer *converted = convert(&image, color);
	end_access(mapped, dmabuf->n_planes);
	return converted;
}

struct wlr_buffer *latch_converted_buffer_create(
	struct wlr_buffer *source, const struct latch_color *color) {
	struct wlr_dmabuf_attributes dmabuf;
	if (wlr_buffer_get_dmabuf(source, &dmabuf)) {
		return convert_mapped(find_or_map(source), color);
	}
	struct latch_image image = {.width = source->width, .height = source->height};
	void *data;
	size_t stride;
	if (!wlr_buffer_begin_data_ptr_access(
		    source, WLR_BUFFER_DATA_PTR_ACCESS_READ, &data, &image.fourcc, &stride)) {
		return NULL;
	}
	image.planes[0].data = data;
	image.planes[0].stride = (uint32_t)stride;
	struct wlr_buffer *converted = convert(&image, color);
	wlr_buffer_end_data_ptr_access(source);
	return converted;
}
