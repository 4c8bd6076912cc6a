/* dma-heap: the kernel hands out dma-bufs of its system memory, without a device or a driver. */
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "cpu_buffer.h"
#include "util.h"

struct heap_allocator {
	struct allocator base;
	int heap_fd;
};

static bool get_piece(struct allocator *allocator, uint32_t *pitch, uint32_t rows, int *fd,
	struct dmabuf_piece *piece) {
	struct heap_allocator *self = (struct heap_allocator *)allocator;
	struct dma_heap_allocation_data request = {
		.len = (uint64_t)*pitch * rows,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	if (ioctl(self->heap_fd, DMA_HEAP_IOCTL_ALLOC, &request) != 0) {
		return false;
	}
	*fd = (int)request.fd;
	void *map = mmap(NULL, request.len, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (map == MAP_FAILED) {
		fd_clear(fd);
		return false;
	}
	*piece = (struct dmabuf_piece){.map = map, .size = request.len};
	return true;
}

static bool heap_create_buffer(
	struct allocator *allocator, const struct plan_step *step, struct dmabuf *buf) {
	return cpu_buffer_create(allocator, step, get_piece, buf);
}

static void heap_destroy_buffer(struct allocator *allocator, struct dmabuf *buf) {
	dmabuf_finish(buf);
}

static void heap_destroy(struct allocator *allocator) {
	struct heap_allocator *self = (struct heap_allocator *)allocator;
	fd_clear(&self->heap_fd);
	free(self);
}

static const struct allocator_impl heap_impl = {
	.name = "dma-heap",
	.create_buffer = heap_create_buffer,
	.destroy_buffer = heap_destroy_buffer,
	.destroy = heap_destroy,
};

struct allocator *heap_allocator_create(void) {
	struct heap_allocator *self = calloc(1, sizeof(*self));
	if (!self) {
		return NULL;
	}
	*self = (struct heap_allocator){.base.impl = &heap_impl};
	self->heap_fd = open("/dev/dma_heap/system", O_RDWR | O_CLOEXEC);
	if (self->heap_fd < 0) {
		free(self);
		return NULL;
	}
	return &self->base;
}
