/*
 * Dumb buffers: linear memory that a KMS driver makes for its own scan-out. Any opener of the
 * primary node may make them, master or not; render nodes refuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "cpu_buffer.h"
#include "util.h"

struct dumb_allocator {
	struct allocator base;
	int fd; /* borrowed */
};

static bool get_piece(struct allocator *allocator, uint32_t *pitch, uint32_t rows, int *fd,
	struct dmabuf_piece *piece) {
	struct dumb_allocator *self = (struct dumb_allocator *)allocator;
	/* A dumb buffer is measured in pixels; which ones does not matter to the memory. */
	uint32_t handle;
	uint64_t size, offset;
	if (drmModeCreateDumbBuffer(self->fd, *pitch / 4, rows, 32, 0, &handle, pitch, &size) !=
		0) {
		return false;
	}
	/* The dma-buf keeps the memory; the handle is only needed to get there. */
	void *map = MAP_FAILED;
	if (drmPrimeHandleToFD(self->fd, handle, DRM_CLOEXEC | DRM_RDWR, fd) != 0) {
		goto error_handle;
	}
	if (drmModeMapDumbBuffer(self->fd, handle, &offset) != 0) {
		goto error_fd;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, (off_t)offset);
	if (map == MAP_FAILED) {
		goto error_fd;
	}
	drmModeDestroyDumbBuffer(self->fd, handle);
	*piece = (struct dmabuf_piece){.map = map, .size = size};
	return true;

error_fd:
	fd_clear(fd);
error_handle:
	drmModeDestroyDumbBuffer(self->fd, handle);
	return false;
}

static bool dumb_create_buffer(
	struct allocator *allocator, const struct plan_step *step, struct dmabuf *buf) {
	return cpu_buffer_create(allocator, step, get_piece, buf);
}

static void dumb_destroy_buffer(struct allocator *allocator, struct dmabuf *buf) {
	dmabuf_finish(buf);
}

static void dumb_destroy(struct allocator *allocator) {
	free(allocator);
}

static const struct allocator_impl dumb_impl = {
	.name = "dumb",
	.create_buffer = dumb_create_buffer,
	.destroy_buffer = dumb_destroy_buffer,
	.destroy = dumb_destroy,
};

struct allocator *dumb_allocator_create(int fd) {
	uint64_t has_dumb = 0;
	if (drmGetNodeTypeFromFd(fd) != DRM_NODE_PRIMARY ||
		drmGetCap(fd, DRM_CAP_DUMB_BUFFER, &has_dumb) != 0 || !has_dumb) {
		errno = ENOTSUP;
		return NULL;
	}
	struct dumb_allocator *self = calloc(1, sizeof(*self));
	if (!self) {
		return NULL;
	}
	*self = (struct dumb_allocator){.base.impl = &dumb_impl, .fd = fd};
	return &self->base;
}
