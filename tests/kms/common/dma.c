/* SPDX-License-Identifier: MIT */
#include "dma.h"

#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "case.h"
#include "clients/common/device.h"
#include "clients/common/sync.h"
#include "clients/common/vgem.h"

static int vgem_fd(void) {
	static int fd = -1;
	if (fd < 0) {
		fd = vgem_open();
	}
	CHECK(fd >= 0, "no vgem device");
	return fd;
}

static void map(struct memory *memory, int fd, off_t offset) {
	memory->map = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	CHECK(memory->map != MAP_FAILED, "mmap: %s", strerror(errno));
}

/* Returns the handle, which lives as long as the fd. */
static uint32_t make_dumb(struct memory *memory, int fd, uint32_t width, uint32_t height) {
	uint32_t handle;
	uint64_t size, offset;
	*memory = (struct memory){.fd = -1, .width = width, .height = height};
	CHECK(drmModeCreateDumbBuffer(fd, width, height, 32, 0, &handle, &memory->stride, &size) ==
				0 &&
			drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC | DRM_RDWR, &memory->fd) == 0 &&
			drmModeMapDumbBuffer(fd, handle, &offset) == 0,
		"dumb buffer: %s", strerror(errno));
	memory->size = size;
	map(memory, fd, (off_t)offset);
	return handle;
}

void memory_init_vgem(struct memory *memory, uint32_t width, uint32_t height) {
	uint32_t handle = make_dumb(memory, vgem_fd(), width, height);
	memory->vgem_handle = handle;
}

void memory_init_dumb(struct memory *memory, uint32_t width, uint32_t height) {
	static int fd = -1;
	if (fd < 0) {
		fd = device_open(getenv("LATCH_DEVICE"));
		CHECK(fd >= 0, "LATCH_DEVICE: %s", strerror(errno));
	}
	uint32_t handle = make_dumb(memory, fd, width, height);
	drmModeDestroyDumbBuffer(fd, handle);
}

static void make_memfd(struct memory *memory, uint32_t width, uint32_t height, uint32_t stride,
	size_t size) {
	*memory = (struct memory){
		.width = width, .height = height, .stride = stride, .size = size};
	memory->fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(memory->fd >= 0 && ftruncate(memory->fd, (off_t)memory->size) == 0, "memfd: %s",
		strerror(errno));
	map(memory, memory->fd, 0);
}

void memory_init_memfd(struct memory *memory, uint32_t width, uint32_t height) {
	make_memfd(memory, width, height, width * 4, (size_t)width * height * 4);
}

static void seal(int memfd) {
	CHECK(fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) == 0, "memfd: %s", strerror(errno));
}

void memory_init_sealed(struct memory *memory, uint32_t width, uint32_t height, size_t before) {
	make_memfd(memory, width, height, width * 4, before + (size_t)width * height * 4);
	seal(memory->fd);
}

void memory_init_udmabuf(struct memory *memory, uint32_t width, uint32_t height) {
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint32_t stride = (width * 4 + 255) & ~255u;
	make_memfd(memory, width, height, stride,
		((size_t)stride * height + page - 1) & ~(page - 1));
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), memfd = memory->fd;
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = memory->size};
	seal(memfd);
	CHECK(device >= 0 && (memory->fd = ioctl(device, UDMABUF_CREATE, &create)) >= 0,
		"/dev/udmabuf: %s", strerror(errno));
	close(memfd);
	close(device);
}

void memory_finish(struct memory *memory) {
	munmap(memory->map, memory->size);
	close(memory->fd);
	if (memory->vgem_handle != 0) {
		drmModeDestroyDumbBuffer(vgem_fd(), memory->vgem_handle);
	}
	*memory = (struct memory){.fd = -1};
}

void memory_fill(struct memory *memory, uint32_t colour) {
	for (size_t i = 0; i < (size_t)memory->stride / 4 * memory->height; i++) {
		memory->map[i] = colour;
	}
}

uint32_t picture_pixel(uint32_t x, uint32_t y, uint32_t number) {
	uint32_t blue = ((x >> 8 & 7) << 5 | (y >> 8 & 3) << 3) ^ (number * 37 & 255);
	return 0xff000000 | (x & 255) << 16 | (y & 255) << 8 | blue;
}

void memory_draw(struct memory *memory, uint32_t number) {
	for (uint32_t y = 0; y < memory->height; y++) {
		uint32_t *row = memory->map + (size_t)y * memory->stride / 4;
		for (uint32_t x = 0; x < memory->width; x++) {
			row[x] = picture_pixel(x, y, number);
		}
	}
}

uint32_t drm_fence_attach(const struct memory *memory) {
	uint32_t fence;
	CHECK(vgem_attach_fence(vgem_fd(), memory->vgem_handle, &fence), "fence attach: %s",
		strerror(errno));
	return fence;
}

void drm_fence_signal(uint32_t fence) {
	CHECK(vgem_signal_fence(vgem_fd(), fence), "fence signal: %s", strerror(errno));
}

void memory_set_fence(const struct memory *memory, int sync_file) {
	struct dma_buf_import_sync_file import = {.flags = DMA_BUF_SYNC_WRITE, .fd = sync_file};
	CHECK(drmIoctl(memory->fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) == 0,
		"import sync_file: %s", strerror(errno));
}

int drm_fence_create(uint32_t *fence) {
	int fd = vgem_create_fence(vgem_fd(), fence);
	CHECK(fd >= 0, "fence: %s", strerror(errno));
	return fd;
}

int drm_fence_signalled(void) {
	struct memory memory;
	memory_init_vgem(&memory, 16, 16);
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	CHECK(drmIoctl(memory.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) == 0,
		"export sync_file: %s", strerror(errno));
	memory_finish(&memory);
	return export.fd;
}

int64_t drm_fence_time_ns(int sync_file) {
	int64_t time_ns = sync_fence_time_ns(sync_file);
	if (time_ns == INT64_MAX) {
		return 0;
	}
	return time_ns > 0 ? time_ns : 1; // a sync_file of no fences signalled before all time
}

int timeline_node(void) {
	static int fd = -1;
	if (fd < 0) {
		fd = timeline_node_open(NULL);
	}
	return fd;
}

void timeline_must_signal(struct timeline *timeline, uint64_t point) {
	CHECK(timeline_signal(timeline, point), "timeline signal: %s", strerror(errno));
}

void timeline_must_import(struct timeline *timeline, uint64_t point, int sync_file) {
	CHECK(timeline_import_fence(timeline, point, sync_file), "timeline import: %s",
		strerror(errno));
}

bool timeline_is_signalled(const struct timeline *timeline, uint64_t point) {
	uint32_t handle = timeline->handle;
	return drmSyncobjTimelineWait(timeline->node_fd, &handle, &point, 1, 0,
		       DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL) == 0;
}

int64_t timeline_time_ns(const struct timeline *timeline, uint64_t point) {
	if (!timeline_is_signalled(timeline, point)) {
		return 0;
	}
	uint32_t binary;
	int fd = -1, node_fd = timeline->node_fd;
	CHECK(drmSyncobjCreate(node_fd, 0, &binary) == 0 &&
			drmSyncobjTransfer(node_fd, binary, 0, timeline->handle, point, 0) == 0 &&
			drmSyncobjExportSyncFile(node_fd, binary, &fd) == 0,
		"timeline export: %s", strerror(errno));
	drmSyncobjDestroy(node_fd, binary);
	int64_t time_ns = drm_fence_time_ns(fd);
	close(fd);
	return time_ns;
}
