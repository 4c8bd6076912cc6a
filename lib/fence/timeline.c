/* SPDX-License-Identifier: MIT */
#include "fence/timeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/minmax.h"

/* As many DRM devices as any machine has; the array stands on the stack. */
#define MAX_DEVICES 64

struct latch_timeline_device {
	int fd;
	bool files_of_points; /* sync_files go in and out of points directly */
};

/* Linux 6.16 has given drm_syncobj_handle a point. Headers may be older than the kernel. */
struct handle_of_point {
	uint32_t handle, flags;
	int32_t fd;
	uint32_t pad;
	uint64_t point;
};
#define HANDLE_TO_FD_OF_POINT DRM_IOWR(0xC1, struct handle_of_point)
#define FD_TO_HANDLE_OF_POINT DRM_IOWR(0xC2, struct handle_of_point)
#define SYNC_FILE_OF_POINT (1 << 0 | 1 << 1) /* _EXPORT_SYNC_FILE or _IMPORT_, and _TIMELINE */

struct latch_timeline {
	struct latch_timeline_device *device;
	uint32_t handle;
	size_t refs;
};

static bool has_timelines(int fd) {
	struct drm_get_cap cap = {.capability = DRM_CAP_SYNCOBJ_TIMELINE};
	if (drmIoctl(fd, DRM_IOCTL_GET_CAP, &cap) != 0 || cap.value == 0) {
		return false;
	}
	/* A kernel that has the ioctl looks for the handle first; 0 is never one. */
	struct drm_syncobj_eventfd probe = {.handle = 0, .fd = -1};
	return drmIoctl(fd, DRM_IOCTL_SYNCOBJ_EVENTFD, &probe) != 0 && errno == ENOENT;
}

/* A kernel that knows the flags looks for the handle, 0, which is never one. */
static bool has_files_of_points(int fd) {
	struct handle_of_point probe = {.flags = SYNC_FILE_OF_POINT, .fd = -1, .point = 1};
	return drmIoctl(fd, HANDLE_TO_FD_OF_POINT, &probe) != 0 && errno == ENOENT;
}

/* Takes fd. */
static struct latch_timeline_device *device_create_take(int fd) {
	const bool usable = has_timelines(fd);
	struct latch_timeline_device *device = usable ? calloc(1, sizeof(*device)) : NULL;
	if (device == NULL) {
		close(fd);
		errno = usable ? ENOMEM : ENOTSUP;
		return NULL;
	}
	*device = (struct latch_timeline_device){
		.fd = fd,
		.files_of_points = has_files_of_points(fd),
	};
	return device;
}

struct latch_timeline_device *latch_timeline_device_create(int drm_fd) {
	int fd = fcntl(drm_fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? NULL : device_create_take(fd);
}

static struct latch_timeline_device *find_node(drmDevice **devices, int len, int type) {
	for (int i = 0; i < len; i++) {
		if (!(devices[i]->available_nodes & (1 << type))) {
			continue;
		}
		int fd = open(devices[i]->nodes[type], O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd < 0) {
			continue;
		}
		if (type == DRM_NODE_PRIMARY) {
			/* Who opens a primary node that has no master becomes its master, and
			 * would keep a display server from starting there. */
			drmIoctl(fd, DRM_IOCTL_DROP_MASTER, NULL);
		}
		struct latch_timeline_device *device = device_create_take(fd);
		if (device != NULL) {
			return device;
		}
	}
	return NULL;
}

struct latch_timeline_device *latch_timeline_find_device(int kms_fd) {
	struct latch_timeline_device *device = latch_timeline_device_create(kms_fd);
	if (device != NULL) {
		return device;
	}

	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	if (len < 0) {
		errno = -len;
		return NULL;
	}
	/* The number is that of all devices, also when the array was too short. */
	len = (int)latch_min(len, MAX_DEVICES);
	device = find_node(devices, len, DRM_NODE_RENDER);
	if (device == NULL) {
		device = find_node(devices, len, DRM_NODE_PRIMARY);
	}
	drmFreeDevices(devices, len);
	if (device == NULL) {
		errno = ENOTSUP;
	}
	return device;
}

void latch_timeline_device_destroy(struct latch_timeline_device *device) {
	if (device != NULL) {
		close(device->fd);
		free(device);
	}
}

int latch_timeline_device_get_fd(const struct latch_timeline_device *device) {
	return device->fd;
}

struct latch_timeline *latch_timeline_import(struct latch_timeline_device *device, int syncobj_fd) {
	uint32_t handle;
	if (drmSyncobjFDToHandle(device->fd, syncobj_fd, &handle) != 0) {
		return NULL;
	}
	struct latch_timeline *timeline = calloc(1, sizeof(*timeline));
	if (timeline == NULL) {
		drmSyncobjDestroy(device->fd, handle);
		errno = ENOMEM;
		return NULL;
	}
	*timeline = (struct latch_timeline){
		.device = device,
		.handle = handle,
		.refs = 1,
	};
	return timeline;
}

struct latch_timeline *latch_timeline_ref(struct latch_timeline *timeline) {
	timeline->refs++;
	return timeline;
}

void latch_timeline_unref(struct latch_timeline *timeline) {
	if (timeline != NULL && --timeline->refs == 0) {
		drmSyncobjDestroy(timeline->device->fd, timeline->handle);
		free(timeline);
	}
}

int latch_timeline_eventfd(struct latch_timeline *timeline, uint64_t point, bool has_fence) {
	uint32_t flags = has_fence ? DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE : 0;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0) {
		return -errno;
	}
	/* The kernel holds the syncobj and the eventfd for as long as the watch lasts. */
	if (drmSyncobjEventfd(timeline->device->fd, timeline->handle, point, fd, flags) != 0) {
		int ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

int latch_timeline_signal(struct latch_timeline *timeline, uint64_t point) {
	int ret = drmSyncobjTimelineSignal(timeline->device->fd, &timeline->handle, &point, 1);
	return ret != 0 ? -errno : 0;
}

/* Where sync_files go in and out of binary syncobjs only: by way of one. Its fence is its point 0.
 * No flag: a point without a fence is EINVAL. */
static int exchange_by_binary(struct latch_timeline *timeline, uint64_t point, int fence_fd) {
	int fd = timeline->device->fd;
	uint32_t binary, handle = timeline->handle;
	if (drmSyncobjCreate(fd, 0, &binary) != 0) {
		return -errno;
	}
	bool ok = fence_fd >= 0 ? drmSyncobjImportSyncFile(fd, binary, fence_fd) == 0 &&
					  drmSyncobjTransfer(fd, handle, point, binary, 0, 0) == 0
				: drmSyncobjTransfer(fd, binary, 0, handle, point, 0) == 0 &&
					  drmSyncobjExportSyncFile(fd, binary, &fence_fd) == 0;
	int ret = ok ? fence_fd : -errno;
	drmSyncobjDestroy(fd, binary);
	return ret;
}

/* Puts a sync_file into a point; -1: makes one of the point's fence. Returns the fd. */
static int exchange(struct latch_timeline *timeline, uint64_t point, int fence_fd) {
	if (!timeline->device->files_of_points) {
		return exchange_by_binary(timeline, point, fence_fd);
	}
	struct handle_of_point arg = {
		.handle = timeline->handle,
		.flags = SYNC_FILE_OF_POINT,
		.fd = fence_fd,
		.point = point,
	};
	unsigned long request = fence_fd >= 0 ? FD_TO_HANDLE_OF_POINT : HANDLE_TO_FD_OF_POINT;
	return drmIoctl(timeline->device->fd, request, &arg) != 0 ? -errno : arg.fd;
}

int latch_timeline_import_sync_file(struct latch_timeline *timeline, uint64_t point, int fence_fd) {
	int ret = exchange(timeline, point, fence_fd);
	return ret < 0 ? ret : 0;
}

int latch_timeline_export_sync_file(struct latch_timeline *timeline, uint64_t point) {
	return exchange(timeline, point, -1);
}
