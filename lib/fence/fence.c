/* SPDX-License-Identifier: MIT */
#include "fence/fence.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xf86drm.h>

/* More fences than this in one sync_file are rare: a merge over many GPU contexts. */
#define FENCES_ON_STACK 16

static int fence_ioctl(int fd, unsigned long request, void *arg) {
	int ret;
	do {
		ret = ioctl(fd, request, arg);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : 0;
}

int latch_fence_dup(int fd) {
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return copy < 0 ? -errno : copy;
}

bool latch_fence_is_valid(int fd) {
	struct sync_file_info info = {0};
	return fence_ioctl(fd, SYNC_IOC_FILE_INFO, &info) == 0;
}

/* What dma_fence_driver_name() says of a fence that has signalled, whose driver may be gone. */
#define FORGOTTEN_DRIVER "detached-driver"

static void copy_name(char dst[static 32], const char src[static 32]) {
	memcpy(dst, src, 32);
	dst[31] = '\0';
}

/* With this error i915 marks what was on the GPU when another one's job had it reset, and executes
 * it again: the picture is right (__i915_request_reset()). */
static int without_replays(int status) {
	return status == -EAGAIN ? 1 : status;
}

static void summarise(const struct sync_fence_info *fences, size_t len, int status,
	struct latch_fence_info *info) {
	*info = (struct latch_fence_info){.status = without_replays(status)};
	const struct sync_fence_info *named = NULL;
	for (size_t i = 0; i < len; i++) {
		const struct sync_fence_info *fence = &fences[i];
		/* A timeline's chain node does not take over the error of the fence it carries,
		 * so the whole can say "signalled" where a part failed. */
		if (fence->status < 0 && info->status == 1) {
			info->status = without_replays(fence->status);
		}
		if (fence->status == 0 && (named == NULL || named->status != 0)) {
			named = fence;
		}
		if (named == NULL) {
			named = fence;
		}
		if ((int64_t)fence->timestamp_ns > info->signal_time_ns) {
			info->signal_time_ns = (int64_t)fence->timestamp_ns;
		}
	}
	if (named != NULL && strcmp(named->driver_name, FORGOTTEN_DRIVER) != 0) {
		copy_name(info->driver_name, named->driver_name);
		copy_name(info->timeline_name, named->obj_name);
	}
	if (info->status == 0) {
		info->signal_time_ns = 0;
	}
}

static int get_fences(int fd, struct sync_fence_info *fences, uint32_t len, struct sync_file_info *arg) {
	*arg = (struct sync_file_info){
		.num_fences = len,
		.sync_fence_info = (uintptr_t)fences,
	};
	return fence_ioctl(fd, SYNC_IOC_FILE_INFO, arg);
}

int latch_fence_get_info(int fd, struct latch_fence_info *info) {
	struct sync_fence_info few[FENCES_ON_STACK], *many = NULL;
	struct sync_file_info arg;
	int ret = get_fences(fd, few, FENCES_ON_STACK, &arg);
	if (ret == -EINVAL && get_fences(fd, NULL, 0, &arg) == 0) {
		/* There are more of them, and the kernel said how many. */
		many = calloc(arg.num_fences, sizeof(*many));
		ret = many != NULL ? get_fences(fd, many, arg.num_fences, &arg) : -ENOMEM;
	}
	if (ret == 0) {
		summarise(many != NULL ? many : few, arg.num_fences, arg.status, info);
	}
	free(many);
	return ret;
}

int latch_fence_export_from_dmabuf(int dmabuf_fd) {
	struct dma_buf_export_sync_file arg = {
		.flags = DMA_BUF_SYNC_READ,
		.fd = -1,
	};
	int ret = fence_ioctl(dmabuf_fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &arg);
	return ret < 0 ? ret : arg.fd;
}

bool latch_fence_dmabuf_is_idle(int dmabuf_fd) {
	struct pollfd pollfd = {.fd = dmabuf_fd, .events = POLLIN};
	return poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLIN;
}

int latch_fence_set_deadline(int fd, int64_t deadline_ns) {
	struct sync_set_deadline arg = {
		.deadline_ns = (uint64_t)deadline_ns,
	};
	return fence_ioctl(fd, SYNC_IOC_SET_DEADLINE, &arg);
}

/* A binary syncobj that is born signalled, turned into a sync_file. */
static int signalled_from_syncobj(int drm_fd) {
	uint32_t handle;
	if (drmSyncobjCreate(drm_fd, DRM_SYNCOBJ_CREATE_SIGNALED, &handle) != 0) {
		return -errno;
	}
	int fd = -1;
	int ret = drmSyncobjExportSyncFile(drm_fd, handle, &fd) != 0 ? -errno : fd;
	drmSyncobjDestroy(drm_fd, handle);
	return ret;
}

int latch_fence_create_signalled(int drm_fd, int idle_dmabuf_fd) {
	int fd = signalled_from_syncobj(drm_fd);
	if (fd >= 0) {
		return fd;
	}
	struct latch_fence_info info;
	fd = latch_fence_export_from_dmabuf(idle_dmabuf_fd);
	if (fd >= 0 && latch_fence_get_info(fd, &info) == 0 && info.status == 1) {
		return fd;
	}
	latch_fd_clear(&fd);
	return -ENOTSUP;
}
