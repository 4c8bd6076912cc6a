/* SPDX-License-Identifier: MIT */
#include "vgem.h"

#include <drm/vgem_drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "device.h"
#include "util.h"

#define MAX_NODES 64

int vgem_open(void) {
	for (int i = 0; i < MAX_NODES; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		int fd = device_open(path);
		drmVersion *version = fd >= 0 ? drmGetVersion(fd) : NULL;
		bool found = version && strcmp(version->name, "vgem") == 0;
		drmFreeVersion(version);
		if (found) {
			return fd;
		}
		latch_fd_clear(&fd);
	}
	return -1;
}

bool vgem_attach_fence(int vgem_fd, uint32_t handle, uint32_t *fence) {
	struct drm_vgem_fence_attach attach = {.handle = handle, .flags = VGEM_FENCE_WRITE};
	if (drmIoctl(vgem_fd, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach) != 0) {
		return false;
	}
	*fence = attach.out_fence;
	return true;
}

bool vgem_signal_fence(int vgem_fd, uint32_t fence) {
	struct drm_vgem_fence_signal signal = {.fence = fence};
	return drmIoctl(vgem_fd, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal) == 0;
}

int vgem_create_fence(int vgem_fd, uint32_t *fence) {
	/* A buffer is needed to get at the fence, and no longer than that: the fence lives on. */
	uint32_t handle, stride;
	uint64_t size;
	int dmabuf_fd = -1;
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	if (drmModeCreateDumbBuffer(vgem_fd, 16, 16, 32, 0, &handle, &stride, &size) != 0) {
		return -1;
	}
	if (drmPrimeHandleToFD(vgem_fd, handle, DRM_CLOEXEC | DRM_RDWR, &dmabuf_fd) == 0 &&
		vgem_attach_fence(vgem_fd, handle, fence) &&
		drmIoctl(dmabuf_fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) != 0) {
		export.fd = -1;
	}
	latch_fd_clear(&dmabuf_fd);
	int saved = errno;
	drmModeDestroyDumbBuffer(vgem_fd, handle);
	errno = saved;
	return export.fd;
}
