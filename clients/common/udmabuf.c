/*
 * udmabuf makes a dma-buf of the pages of a memfd. The memfd must be sealed against shrinking,
 * for the kernel pins the pages; the mapping is the memfd's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpu_buffer.h"
#include "util.h"

struct udmabuf_allocator {
	struct allocator base;
	int device_fd;
};

static bool get_piece(struct allocator *allocator, uint32_t *pitch, uint32_t rows, int *fd,
	struct dmabuf_piece *piece) {
	struct udmabuf_allocator *self = (struct udmabuf_allocator *)allocator;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = ((size_t)*pitch * rows + page - 1) & ~(page - 1);
	bool ok = false;

	int memfd = memfd_create("latch-client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memfd < 0) {
		return false;
	}
	if (ftruncate(memfd, (off_t)size) != 0 || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) != 0) {
		goto out;
	}

	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	*fd = ioctl(self->device_fd, UDMABUF_CREATE, &create);
	if (*fd < 0) {
		goto out;
	}
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	if (map == MAP_FAILED) {
		fd_clear(fd);
		goto out;
	}
	*piece = (struct dmabuf_piece){.map = map, .size = size};
	ok = true;
out:
	fd_clear(&memfd);
	return ok;
}

static bool udmabuf_create_buffer(
	struct allocator *allocator, const struct plan_step *step, struct dmabuf *buf) {
	return cpu_buffer_create(allocator, step, get_piece, buf);
}

static void udmabuf_destroy_buffer(struct allocator *allocator, struct dmabuf *buf) {
	dmabuf_finish(buf);
}

static void udmabuf_destroy(struct allocator *allocator) {
	struct udmabuf_allocator *self = (struct udmabuf_allocator *)allocator;
	fd_clear(&self->device_fd);
	free(self);
}

static const struct allocator_impl udmabuf_impl = {
	.name = "udmabuf",
	.create_buffer = udmabuf_create_buffer,
	.destroy_buffer = udmabuf_destroy_buffer,
	.destroy = udmabuf_destroy,
};

struct allocator *udmabuf_allocator_create(void) {
	struct udmabuf_allocator *self = calloc(1, sizeof(*self));
	if (!self) {
		return NULL;
	}
	*self = (struct udmabuf_allocator){.base.impl = &udmabuf_impl};
	self->device_fd = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (self->device_fd < 0) {
		free(self);
		return NULL;
	}
	return &self->base;
}
