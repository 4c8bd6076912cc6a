#include "dma.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "case.h"
#include "clients/common/vgem.h"

#define MAX_NODES 16

int drm_open(const char *driver, bool render) {
	for (int i = 0; i < MAX_NODES; i++) {
		char path[64];
		snprintf(path, sizeof(path), render ? "/dev/dri/renderD%d" : "/dev/dri/card%d",
			render ? 128 + i : i);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			continue;
		}
		drmVersion *version = drmGetVersion(fd);
		bool found = version != NULL && strcmp(version->name, driver) == 0;
		drmFreeVersion(version);
		if (found) {
			/* Whoever opens a KMS node first is its master; that is for latch. */
			if (!render) {
				drmDropMaster(fd);
			}
			return fd;
		}
		close(fd);
	}
	return -1;
}

static int vgem_fd(void) {
	static int fd = -1;
	if (fd < 0) {
		fd = vgem_open();
	}
	CHECK(fd >= 0, "no vgem device");
	return fd;
}

/* Returns the handle, which lives as long as the fd. */
static uint32_t make_dumb(struct memory *memory, int fd, uint32_t width, uint32_t height) {
	uint32_t handle;
	uint64_t size, offset;
	*memory = (struct memory){.fd = -1, .width = width, .height = height};
	CHECK(drmModeCreateDumbBuffer(fd, width, height, 32, 0, &handle, &memory->stride, &size) ==
			0,
		"dumb buffer: %s", strerror(errno));
	CHECK(drmPrimeHandleToFD(fd, handle, DRM_CLOEXEC | DRM_RDWR, &memory->fd) == 0,
		"export: %s", strerror(errno));
	CHECK(drmModeMapDumbBuffer(fd, handle, &offset) == 0, "map: %s", strerror(errno));
	memory->size = size;
	memory->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	CHECK(memory->map != MAP_FAILED, "mmap: %s", strerror(errno));
	return handle;
}

void memory_init_vgem(struct memory *memory, uint32_t width, uint32_t height) {
	uint32_t handle = make_dumb(memory, vgem_fd(), width, height);
	memory->vgem_handle = handle;
}

void memory_init_dumb(struct memory *memory, uint32_t width, uint32_t height) {
	static int fd = -1;
	if (fd < 0) {
		fd = open(getenv("LATCH_DEVICE"), O_RDWR | O_CLOEXEC);
		CHECK(fd >= 0, "LATCH_DEVICE: %s", strerror(errno));
		drmDropMaster(fd);
	}
	uint32_t handle = make_dumb(memory, fd, width, height);
	drmModeDestroyDumbBuffer(fd, handle);
}

void memory_init_udmabuf(struct memory *memory, uint32_t width, uint32_t height) {
	*memory = (struct memory){
		.fd = -1, .width = width, .height = height, .stride = (width * 4 + 255) & ~255u};
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	memory->size = ((size_t)memory->stride * height + page - 1) & ~(page - 1);
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	CHECK(device >= 0, "/dev/udmabuf: %s", strerror(errno));
	int memfd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	CHECK(memfd >= 0 && ftruncate(memfd, (off_t)memory->size) == 0 &&
			fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK) == 0,
		"memfd: %s", strerror(errno));
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd, .flags = UDMABUF_FLAGS_CLOEXEC, .size = memory->size};
	memory->fd = ioctl(device, UDMABUF_CREATE, &create);
	CHECK(memory->fd >= 0, "udmabuf: %s", strerror(errno));
	memory->map = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	CHECK(memory->map != MAP_FAILED, "mmap: %s", strerror(errno));
	close(memfd);
	close(device);
}

void memory_finish(struct memory *memory) {
	munmap(memory->map, memory->size);
	if (memory->fd >= 0) {
		close(memory->fd);
	}
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

static int export_sync_file(int dmabuf_fd) {
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	CHECK(drmIoctl(dmabuf_fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) == 0,
		"export sync_file: %s", strerror(errno));
	return export.fd;
}

int drm_fence_create(uint32_t *fence) {
	int fd = vgem_create_fence(vgem_fd(), fence);
	CHECK(fd >= 0, "fence: %s", strerror(errno));
	return fd;
}

int drm_fence_signalled(void) {
	struct memory memory;
	memory_init_vgem(&memory, 16, 16);
	int fd = export_sync_file(memory.fd);
	memory_finish(&memory);
	return fd;
}

int64_t drm_fence_time_ns(int sync_file) {
	struct sync_fence_info fences[8] = {0};
	struct sync_file_info info = {
		.num_fences = 8, .sync_fence_info = (uint64_t)(uintptr_t)fences};
	CHECK(drmIoctl(sync_file, SYNC_IOC_FILE_INFO, &info) == 0, "sync file info: %s",
		strerror(errno));
	if (info.status == 0) {
		return 0;
	}
	uint64_t last = 1; // a sync_file of no fences signalled before all time
	for (uint32_t i = 0; i < info.num_fences && i < 8; i++) {
		last = fences[i].timestamp_ns > last ? fences[i].timestamp_ns : last;
	}
	return (int64_t)last;
}

bool timeline_init(struct timeline *timeline) {
	static const char *const drivers[] = {"virtio_gpu", "vgem", "vkms"};
	*timeline = (struct timeline){.drm_fd = -1, .fd = -1};
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		int fd = drm_open(drivers[i], true);
		uint64_t has = 0;
		if (fd >= 0 && drmGetCap(fd, DRM_CAP_SYNCOBJ_TIMELINE, &has) == 0 && has) {
			timeline->drm_fd = fd;
			break;
		}
		if (fd >= 0) {
			close(fd);
		}
	}
	if (timeline->drm_fd < 0) {
		return false;
	}
	CHECK(drmSyncobjCreate(timeline->drm_fd, 0, &timeline->handle) == 0 &&
			drmSyncobjHandleToFD(timeline->drm_fd, timeline->handle, &timeline->fd) ==
				0,
		"syncobj: %s", strerror(errno));
	return true;
}

void timeline_finish(struct timeline *timeline) {
	drmSyncobjDestroy(timeline->drm_fd, timeline->handle);
	close(timeline->fd);
	close(timeline->drm_fd);
}

void timeline_signal(struct timeline *timeline, uint64_t point) {
	CHECK(drmSyncobjTimelineSignal(timeline->drm_fd, &timeline->handle, &point, 1) == 0,
		"timeline signal: %s", strerror(errno));
}

void timeline_import(struct timeline *timeline, uint64_t point, int sync_file) {
	uint32_t binary;
	CHECK(drmSyncobjCreate(timeline->drm_fd, 0, &binary) == 0 &&
			drmSyncobjImportSyncFile(timeline->drm_fd, binary, sync_file) == 0 &&
			drmSyncobjTransfer(
				timeline->drm_fd, timeline->handle, point, binary, 0, 0) == 0,
		"timeline import: %s", strerror(errno));
	drmSyncobjDestroy(timeline->drm_fd, binary);
}

bool timeline_is_signalled(struct timeline *timeline, uint64_t point) {
	return drmSyncobjTimelineWait(timeline->drm_fd, &timeline->handle, &point, 1, 0,
		       DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT, NULL) == 0;
}

int64_t timeline_time_ns(struct timeline *timeline, uint64_t point) {
	if (!timeline_is_signalled(timeline, point)) {
		return 0;
	}
	uint32_t binary;
	int fd = -1;
	CHECK(drmSyncobjCreate(timeline->drm_fd, 0, &binary) == 0 &&
			drmSyncobjTransfer(
				timeline->drm_fd, binary, 0, timeline->handle, point, 0) == 0 &&
			drmSyncobjExportSyncFile(timeline->drm_fd, binary, &fd) == 0,
		"timeline export: %s", strerror(errno));
	drmSyncobjDestroy(timeline->drm_fd, binary);
	int64_t time_ns = drm_fence_time_ns(fd);
	close(fd);
	return time_ns;
}
