/* SPDX-License-Identifier: MIT */
#include "output/dumb.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/allocator.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/util/log.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "base/fd.h"
#include "base/source.h"

/* What a swapchain needs at the beginning: one is shown while the other one is drawn. */
#define STOCK_MAX 2

/* No page is smaller. */
#define TOUCH_STEP 4096

/* Kept by its mapping and its dma-buf. The GEM handle is closed as soon as it has both, since the
 * fd is the backend's as well, and there an import of the dma-buf would give the same handle. (A
 * struct kms_dumb_buffer keeps its handle, and is in a list that is not for threads.) */
struct memory {
	void *data;
	uint64_t size;
	uint32_t stride;
	int prime_fd;
};

struct dumb_buffer {
	struct wlr_buffer base;
	struct memory memory;
	struct wlr_dmabuf_attributes dmabuf;
};

struct dumb_allocator {
	struct wlr_allocator base;
	int fd;
	/* What was made ahead; of this size only. */
	struct memory stock[STOCK_MAX];
	unsigned stock_len;
	int width, height;

	/* The thread has stock, fd and size to itself while it is making. */
	bool making, failed;
	unsigned wanted;
	pthread_t thread;
	int done_fd;
	struct wl_event_source *done_source;
	void (*made)(void *data);
	void *data;
};

static void memory_finish(struct memory *memory) {
	if (memory->data != MAP_FAILED) {
		munmap(memory->data, memory->size);
	}
	latch_fd_clear(&memory->prime_fd);
}

/* In the thread, too: nothing here logs, or is anybody else's. Returns 0 or negative errno. */
static int memory_init(struct memory *memory, int fd, int width, int height) {
	*memory = (struct memory){.data = MAP_FAILED, .prime_fd = -1};
	uint32_t handle;
	int ret = drmModeCreateDumbBuffer(fd, (uint32_t)width, (uint32_t)height, 32, 0, &handle,
		&memory->stride, &memory->size);
	if (ret < 0) {
		return ret;
	}
	uint64_t offset;
	ret = drmModeMapDumbBuffer(fd, handle, &offset);
	if (ret == 0) {
		memory->data = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			(off_t)offset);
		ret = memory->data == MAP_FAILED ? -errno : 0;
	}
	if (ret == 0 && drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC, &memory->prime_fd) != 0) {
		ret = -errno;
	}
	drmModeDestroyDumbBuffer(fd, handle);
	if (ret < 0) {
		memory_finish(memory);
	}
	return ret;
}

static void buffer_destroy(struct wlr_buffer *wlr_buffer) {
	struct dumb_buffer *buffer = wl_container_of(wlr_buffer, buffer, base);
	wlr_buffer_finish(wlr_buffer);
	memory_finish(&buffer->memory);
	free(buffer);
}

static bool get_dmabuf(struct wlr_buffer *wlr_buffer, struct wlr_dmabuf_attributes *dmabuf) {
	struct dumb_buffer *buffer = wl_container_of(wlr_buffer, buffer, base);
	*dmabuf = buffer->dmabuf;
	return true;
}

static bool begin_data_ptr_access(struct wlr_buffer *wlr_buffer, uint32_t flags, void **data,
	uint32_t *format, size_t *stride) {
	struct dumb_buffer *buffer = wl_container_of(wlr_buffer, buffer, base);
	*data = buffer->memory.data;
	*format = buffer->dmabuf.format;
	*stride = buffer->memory.stride;
	return true;
}

static void end_data_ptr_access(struct wlr_buffer *wlr_buffer) {
}

static const struct wlr_buffer_impl buffer_impl = {
	.destroy = buffer_destroy,
	.get_dmabuf = get_dmabuf,
	.begin_data_ptr_access = begin_data_ptr_access,
	.end_data_ptr_access = end_data_ptr_access,
};

static bool take_memory(struct dumb_allocator *dumb, int width, int height, struct memory *memory) {
	if (!dumb->making && dumb->stock_len > 0 && width == dumb->width &&
		height == dumb->height) {
		*memory = dumb->stock[--dumb->stock_len];
		return true;
	}
	int ret = memory_init(memory, dumb->fd, width, height);
	if (ret < 0) {
		wlr_log(WLR_ERROR, "a dumb buffer of %dx%d can't be made: %s", width, height,
			strerror(-ret));
	}
	return ret == 0;
}

static struct wlr_buffer *create_buffer(struct wlr_allocator *allocator, int width, int height,
	const struct wlr_drm_format *wanted) {
	struct dumb_allocator *dumb = wl_container_of(allocator, dumb, base);
	if (wanted->format != DRM_FORMAT_XRGB8888 && wanted->format != DRM_FORMAT_ARGB8888) {
		return NULL;
	}
	struct dumb_buffer *buffer = calloc(1, sizeof(*buffer));
	if (buffer == NULL || !take_memory(dumb, width, height, &buffer->memory)) {
		free(buffer);
		return NULL;
	}
	buffer->dmabuf = (struct wlr_dmabuf_attributes){
		.width = width,
		.height = height,
		.format = wanted->format,
		.modifier = DRM_FORMAT_MOD_INVALID,
		.n_planes = 1,
		.stride = {buffer->memory.stride},
		.fd = {buffer->memory.prime_fd},
	};
	wlr_buffer_init(&buffer->base, &buffer_impl, width, height);
	return &buffer->base;
}

/* Page by page from here: a call that populates them all would have the lock of the address space
 * for as long as it takes, and others map memory meanwhile. */
static void touch(const struct memory *memory) {
	for (uint64_t at = 0; at < memory->size; at += TOUCH_STEP) {
		((volatile char *)memory->data)[at] = 0;
	}
}

static void *make(void *data) {
	struct dumb_allocator *dumb = data;
	while (dumb->stock_len < dumb->wanted &&
		memory_init(&dumb->stock[dumb->stock_len], dumb->fd, dumb->width, dumb->height) ==
			0) {
		touch(&dumb->stock[dumb->stock_len++]);
	}
	eventfd_write(dumb->done_fd, 1);
	return NULL;
}

static void stop_making(struct dumb_allocator *dumb) {
	if (dumb->making) {
		pthread_join(dumb->thread, NULL);
		dumb->making = false;
	}
}

static int handle_done(int fd, uint32_t mask, void *data) {
	struct dumb_allocator *dumb = data;
	eventfd_t count;
	eventfd_read(fd, &count);
	stop_making(dumb);
	dumb->failed = dumb->stock_len < dumb->wanted;
	dumb->made(dumb->data);
	return 0;
}

static void drop_stock(struct dumb_allocator *dumb) {
	while (dumb->stock_len > 0) {
		memory_finish(&dumb->stock[--dumb->stock_len]);
	}
}

static void allocator_destroy(struct wlr_allocator *allocator) {
	struct dumb_allocator *dumb = wl_container_of(allocator, dumb, base);
	stop_making(dumb);
	drop_stock(dumb);
	latch_source_clear(&dumb->done_source);
	latch_fd_clear(&dumb->done_fd);
	latch_fd_clear(&dumb->fd);
	free(dumb);
}

static const struct wlr_allocator_interface allocator_impl = {
	.create_buffer = create_buffer,
	.destroy = allocator_destroy,
};

struct wlr_allocator *latch_dumb_allocator_create(
	int kms_fd, struct wl_event_loop *loop, void (*made)(void *data), void *data) {
	uint64_t has_dumb = 0;
	if (drmGetCap(kms_fd, DRM_CAP_DUMB_BUFFER, &has_dumb) != 0 || has_dumb == 0) {
		wlr_log(WLR_ERROR, "the device has no dumb buffers, which the CPU would draw into");
		return NULL;
	}
	struct dumb_allocator *dumb = calloc(1, sizeof(*dumb));
	if (dumb == NULL) {
		return NULL;
	}
	wlr_allocator_init(&dumb->base, &allocator_impl,
		WLR_BUFFER_CAP_DATA_PTR | WLR_BUFFER_CAP_DMABUF);
	dumb->made = made;
	dumb->data = data;
	dumb->fd = fcntl(kms_fd, F_DUPFD_CLOEXEC, 0);
	dumb->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (dumb->fd >= 0 && dumb->done_fd >= 0) {
		dumb->done_source = wl_event_loop_add_fd(
			loop, dumb->done_fd, WL_EVENT_READABLE, handle_done, dumb);
	}
	if (dumb->done_source == NULL) {
		wlr_allocator_destroy(&dumb->base);
		return NULL;
	}
	return &dumb->base;
}

static struct dumb_allocator *find(const struct wlr_allocator *allocator) {
	struct dumb_allocator *dumb = wl_container_of(allocator, dumb, base);
	return allocator->impl == &allocator_impl ? dumb : NULL;
}

bool latch_dumb_is_making(const struct wlr_allocator *allocator) {
	const struct dumb_allocator *dumb = find(allocator);
	return dumb != NULL && dumb->making;
}

void latch_dumb_trim(struct wlr_allocator *allocator, int width, int height) {
	struct dumb_allocator *dumb = find(allocator);
	if (dumb != NULL && !dumb->making && width == dumb->width && height == dumb->height) {
		drop_stock(dumb);
	}
}

bool latch_dumb_ready(struct wlr_allocator *allocator, int width, int height, unsigned count) {
	struct dumb_allocator *dumb = find(allocator);
	if (dumb == NULL) {
		return true;
	}
	if (dumb->making) {
		return false;
	}
	if (width != dumb->width || height != dumb->height) {
		drop_stock(dumb);
		dumb->width = width;
		dumb->height = height;
		dumb->failed = false;
	}
	if (dumb->stock_len >= count || dumb->failed) {
		return true;
	}
	dumb->wanted = count;
	dumb->making = pthread_create(&dumb->thread, NULL, make, dumb) == 0;
	return !dumb->making;
}
