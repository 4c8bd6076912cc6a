#include "output/mapped_buffer.h"

#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

struct mapped_buffer {
	struct wlr_buffer base;
	struct wlr_addon addon; // wlr_buffer.addons of the dma-buf
	int fd;			// borrowed from the dma-buf's wlr_buffer
	void *map;
	size_t map_size;
	uint32_t offset, stride, fourcc;
};

static void *map_dmabuf(const struct wlr_dmabuf_attributes *dmabuf, size_t *size) {
	bool linear = dmabuf->modifier == DRM_FORMAT_MOD_LINEAR ||
		      dmabuf->modifier == DRM_FORMAT_MOD_INVALID;
	/* pixman reads whole 32 bit words of a row. */
	if (dmabuf->n_planes != 1 || !linear || dmabuf->stride[0] % 4 != 0) {
		return MAP_FAILED;
	}
	/* The size comes from the exporter, not from the client. */
	off_t end = lseek(dmabuf->fd[0], 0, SEEK_END);
	uint64_t needed =
		dmabuf->offset[0] + (uint64_t)dmabuf->stride[0] * (uint32_t)dmabuf->height;
	if (end <= 0 || needed > (uint64_t)end) {
		return MAP_FAILED;
	}
	*size = (size_t)end;
	return mmap(NULL, *size, PROT_READ, MAP_SHARED, dmabuf->fd[0], 0);
}

static bool sync_cpu_access(int fd, uint64_t flags) {
	struct dma_buf_sync sync = {.flags = flags | DMA_BUF_SYNC_READ};
	return drmIoctl(fd, DMA_BUF_IOCTL_SYNC, &sync) == 0;
}

static bool begin_data_ptr_access(
	struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format, size_t *stride) {
	struct mapped_buffer *mapped = wl_container_of(buffer, mapped, base);
	if (flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE) {
		return false;
	}
	/* DMA_BUF_SYNC_START waits for the fences in the dma-buf. All that were there at the
	 * commit have signalled in the gate; one that a client attached since must not stop us. */
	struct pollfd pollfd = {.fd = mapped->fd, .events = POLLIN};
	if (poll(&pollfd, 1, 0) != 1 || !sync_cpu_access(mapped->fd, DMA_BUF_SYNC_START)) {
		return false;
	}
	*data = (char *)mapped->map + mapped->offset;
	*format = mapped->fourcc;
	*stride = mapped->stride;
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *buffer) {
	struct mapped_buffer *mapped = wl_container_of(buffer, mapped, base);
	sync_cpu_access(mapped->fd, DMA_BUF_SYNC_END);
}

static void destroy(struct wlr_buffer *buffer) {
	struct mapped_buffer *mapped = wl_container_of(buffer, mapped, base);
	wlr_buffer_finish(buffer);
	munmap(mapped->map, mapped->map_size);
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
	size_t size;
	void *map = map_dmabuf(dmabuf, &size);
	if (map == MAP_FAILED) {
		return false;
	}
	munmap(map, size);
	return true;
}

struct wlr_buffer *latch_mapped_buffer_get(struct wlr_buffer *buffer) {
	struct wlr_addon *addon = wlr_addon_find(&buffer->addons, &addon_impl, &addon_impl);
	if (addon != NULL) {
		struct mapped_buffer *mapped = wl_container_of(addon, mapped, addon);
		return &mapped->base;
	}

	struct wlr_dmabuf_attributes dmabuf;
	if (!wlr_buffer_get_dmabuf(buffer, &dmabuf)) {
		return NULL;
	}
	size_t size;
	void *map = map_dmabuf(&dmabuf, &size);
	if (map == MAP_FAILED) {
		return NULL;
	}
	struct mapped_buffer *mapped = calloc(1, sizeof(*mapped));
	if (mapped == NULL) {
		munmap(map, size);
		return NULL;
	}
	mapped->fd = dmabuf.fd[0];
	mapped->map = map;
	mapped->map_size = size;
	mapped->offset = dmabuf.offset[0];
	mapped->stride = dmabuf.stride[0];
	mapped->fourcc = dmabuf.format;
	wlr_buffer_init(&mapped->base, &buffer_impl, dmabuf.width, dmabuf.height);
	wlr_addon_init(&mapped->addon, &buffer->addons, &addon_impl, &addon_impl);
	return &mapped->base;
}
