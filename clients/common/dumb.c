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

#include "allocator.h"
#include "util.h"

struct dumb_allocator {
	struct allocator base;
	int fd; /* borrowed */
};

static bool dumb_create_buffer(
	struct allocator *allocator, const struct plan_step *step, struct dmabuf *buf) {
	struct dumb_allocator *self = (struct dumb_allocator *)allocator;
	if (!cpu_modifier(step, &buf->modifier)) {
		return false;
	}

	uint32_t handle, stride;
	uint64_t size, offset;
	if (drmModeCreateDumbBuffer(
		    self->fd, buf->width, buf->height, 32, 0, &handle, &stride, &size) != 0) {
		return false;
	}
	/* The dma-buf keeps the memory; the handle is only needed to get there. */
	void *map = MAP_FAILED;
	if (drmPrimeHandleToFD(self->fd, handle, DRM_CLOEXEC | DRM_RDWR, &buf->planes[0].fd) != 0) {
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

	buf->planes[0].stride = stride;
	buf->num_planes = 1;
	buf->map = map;
	buf->map_size = size;
	return true;

error_fd:
	fd_clear(&buf->planes[0].fd);
error_handle:
	drmModeDestroyDumbBuffer(self->fd, handle);
	return false;
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
