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

struct mapped_buffer {
	struct wlr_buffer base;
	struct wlr_addon addon; // wlr_buffer.addons of the dma-buf
	/* The fds are borrowed from the dma-buf's wlr_buffer. */
	struct wlr_dmabuf_attributes dmabuf;
	struct memory {
		void *data;
		size_t size;
	} planes[WLR_DMABUF_MAX_PLANES];
};

static void unmap(struct memory planes[static WLR_DMABUF_MAX_PLANES]) {
	for (int i = 0; i < WLR_DMABUF_MAX_PLANES; i++) {
		if (planes[i].data != NULL) {
			munmap(planes[i].data, planes[i].size);
		}
	}
}

/* How many bytes from its offset on a plane needs to have. */
static uint64_t plane_bytes(const struct wlr_dmabuf_attributes *dmabuf, int plane) {
	if (!latch_convert_can(dmabuf->format)) {
		return (uint64_t)dmabuf->stride[plane] * (uint32_t)dmabuf->height;
	}
	struct latch_image_plane_size size = latch_convert_plane_size(
		dmabuf->format, plane, dmabuf->width, dmabuf->height);
	return dmabuf->stride[plane] * (size.rows - 1) + size.row_bytes;
}

static bool map_dmabuf(const struct wlr_dmabuf_attributes *dmabuf,
	struct memory planes[static WLR_DMABUF_MAX_PLANES]) {
	bool linear = dmabuf->modifier == DRM_FORMAT_MOD_LINEAR ||
		      dmabuf->modifier == DRM_FORMAT_MOD_INVALID;
	bool known = latch_convert_can(dmabuf->format);
	if (!linear || dmabuf->width <= 0 || dmabuf->height <= 0 ||
		dmabuf->n_planes != (known ? latch_convert_planes(dmabuf->format) : 1)) {
		return false;
	}
	for (int i = 0; i < dmabuf->n_planes; i++) {
		/* The size comes from the exporter, not from the client. */
		off_t end = lseek(dmabuf->fd[i], 0, SEEK_END);
		if (end <= 0 || dmabuf->offset[i] + plane_bytes(dmabuf, i) > (uint64_t)end) {
			unmap(planes);
			return false;
		}
		void *data = mmap(NULL, (size_t)end, PROT_READ, MAP_SHARED, dmabuf->fd[i], 0);
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
	*data = (char *)mapped->planes[0].data + mapped->dmabuf.offset[0];
	*format = mapped->dmabuf.format;
	*stride = mapped->dmabuf.stride[0];
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
	if (mapped == NULL) {
		return NULL;
	}
	if (!wlr_buffer_get_dmabuf(buffer, &mapped->dmabuf) ||
		!map_dmabuf(&mapped->dmabuf, mapped->planes)) {
		free(mapped);
		return NULL;
	}
	wlr_buffer_init(
		&mapped->base, &buffer_impl, mapped->dmabuf.width, mapped->dmabuf.height);
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

bool latch_mapped_buffer_begin(struct wlr_buffer *buffer, struct latch_image *image) {
	struct mapped_buffer *mapped = find_or_map(buffer);
	if (mapped == NULL || !begin_access(mapped)) {
		return false;
	}
	*image = (struct latch_image){
		.fourcc = mapped->dmabuf.format,
		.width = mapped->dmabuf.width,
		.height = mapped->dmabuf.height,
	};
	for (int i = 0; i < mapped->dmabuf.n_planes; i++) {
		image->planes[i].data =
			(const char *)mapped->planes[i].data + mapped->dmabuf.offset[i];
		image->planes[i].stride = mapped->dmabuf.stride[i];
	}
	return true;
}

void latch_mapped_buffer_end(struct wlr_buffer *buffer) {
	struct mapped_buffer *mapped = find_or_map(buffer);
	if (mapped != NULL) {
		end_access(mapped, mapped->dmabuf.n_planes);
	}
}
