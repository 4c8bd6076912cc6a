#include "sync/timeline.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <xf86drm.h>

/* As many DRM devices as any machine has; the array stands on the stack. */
#define MAX_DEVICES 64

struct latch_timeline_device {
	int fd;
	bool files_of_points; /* sync_files go in and out of points directly */
	size_t refs;
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
	if (!has_timelines(fd)) {
		close(fd);
		errno = ENOTSUP;
		return NULL;
	}
	struct latch_timeline_device *device = calloc(1, sizeof(*device));
	if (device == NULL) {
		close(fd);
		errno = ENOMEM;
		return NULL;
	}
	*device = (struct latch_timeline_device){
		.fd = fd,
		.files_of_points = has_files_of_points(fd),
		.refs = 1,
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
	if (kms_fd >= 0) {
		struct latch_timeline_device *device = latch_timeline_device_create(kms_fd);
		if (device != NULL) {
			return device;
		}
	}

	drmDevice *devices[MAX_DEVICES];
	int len = drmGetDevices2(0, devices, MAX_DEVICES);
	if (len < 0) {
		errno = -len;
		return NULL;
	}
	/* The number is that of all devices, also when the array was too short. */
	if (len > MAX_DEVICES) {
		len = MAX_DEVICES;
	}
	struct latch_timeline_device *device = find_node(devices, len, DRM_NODE_RENDER);
	if (device == NULL) {
		device = find_node(devices, len, DRM_NODE_PRIMARY);
	}
	drmFreeDevices(devices, len);
	if (device == NULL) {
		errno = ENOTSUP;
	}
	return device;
}

struct latch_timeline_device *latch_timeline_device_ref(struct latch_timeline_device *device) {
	device->refs++;
	return device;
}

void latch_timeline_device_unref(struct latch_timeline_device *device) {
	if (device == NULL) {
		return;
	}
	assert(device->refs > 0);
	if (--device->refs > 0) {
		return;
	}
	close(device->fd);
	free(device);
}

int latch_timeline_device_get_fd(const struct latch_timeline_device *device) {
	return device->fd;
}

static int syncobj_create(int fd, uint32_t *handle) {
	struct drm_syncobj_create arg = {0};
	if (drmIoctl(fd, DRM_IOCTL_SYNCOBJ_CREATE, &arg) != 0) {
		return -errno;
	}
	*handle = arg.handle;
	return 0;
}

static void syncobj_destroy(int fd, uint32_t handle) {
	struct drm_syncobj_destroy arg = {.handle = handle};
	drmIoctl(fd, DRM_IOCTL_SYNCOBJ_DESTROY, &arg);
}

/* Takes the handle. */
static struct latch_timeline *timeline_create(
	struct latch_timeline_device *device, uint32_t handle) {
	struct latch_timeline *timeline = calloc(1, sizeof(*timeline));
	if (timeline == NULL) {
		syncobj_destroy(device->fd, handle);
		errno = ENOMEM;
		return NULL;
	}
	*timeline = (struct latch_timeline){
		.device = latch_timeline_device_ref(device),
		.handle = handle,
		.refs = 1,
	};
	return timeline;
}

struct latch_timeline *latch_timeline_import(struct latch_timeline_device *device, int syncobj_fd) {
	struct drm_syncobj_handle arg = {.fd = syncobj_fd};
	if (drmIoctl(device->fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &arg) != 0) {
		return NULL;
	}
	return timeline_create(device, arg.handle);
}

struct latch_timeline *latch_timeline_create(struct latch_timeline_device *device) {
	uint32_t handle = 0;
	int ret = syncobj_create(device->fd, &handle);
	if (ret < 0) {
		errno = -ret;
		return NULL;
	}
	return timeline_create(device, handle);
}

struct latch_timeline *latch_timeline_ref(struct latch_timeline *timeline) {
	timeline->refs++;
	return timeline;
}

void latch_timeline_unref(struct latch_timeline *timeline) {
	if (timeline == NULL) {
		return;
	}
	assert(timeline->refs > 0);
	if (--timeline->refs > 0) {
		return;
	}
	syncobj_destroy(timeline->device->fd, timeline->handle);
	latch_timeline_device_unref(timeline->device);
	free(timeline);
}

int latch_timeline_export(struct latch_timeline *timeline) {
	struct drm_syncobj_handle arg = {.handle = timeline->handle, .fd = -1};
	if (drmIoctl(timeline->device->fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &arg) != 0) {
		return -errno;
	}
	return arg.fd;
}

int latch_timeline_query(struct latch_timeline *timeline, uint64_t *point) {
	struct drm_syncobj_timeline_array arg = {
		.handles = (uintptr_t)&timeline->handle,
		.points = (uintptr_t)point,
		.count_handles = 1,
	};
	return drmIoctl(timeline->device->fd, DRM_IOCTL_SYNCOBJ_QUERY, &arg) != 0 ? -errno : 0;
}

static int add_eventfd(struct latch_timeline *timeline, uint64_t point, uint32_t flags) {
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0) {
		return -errno;
	}
	/* The kernel holds the syncobj and the eventfd for as long as the watch lasts. */
	struct drm_syncobj_eventfd arg = {
		.handle = timeline->handle,
		.flags = flags,
		.point = point,
		.fd = fd,
	};
	if (drmIoctl(timeline->device->fd, DRM_IOCTL_SYNCOBJ_EVENTFD, &arg) != 0) {
		int ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

int latch_timeline_eventfd(struct latch_timeline *timeline, uint64_t point) {
	return add_eventfd(timeline, point, 0);
}

int latch_timeline_fence_eventfd(struct latch_timeline *timeline, uint64_t point) {
	return add_eventfd(timeline, point, DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE);
}

int latch_timeline_signal(struct latch_timeline *timeline, uint64_t point) {
	struct drm_syncobj_timeline_array arg = {
		.handles = (uintptr_t)&timeline->handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
	};
	int fd = timeline->device->fd;
	return drmIoctl(fd, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &arg) != 0 ? -errno : 0;
}

/* Point 0 is the fence of a binary syncobj. No flag: a point without a fence is EINVAL. */
static int transfer(int fd, uint32_t dst, uint64_t dst_point, uint32_t src, uint64_t src_point) {
	struct drm_syncobj_transfer arg = {
		.src_handle = src,
		.dst_handle = dst,
		.src_point = src_point,
		.dst_point = dst_point,
	};
	return drmIoctl(fd, DRM_IOCTL_SYNCOBJ_TRANSFER, &arg) != 0 ? -errno : 0;
}

/* Where sync_files go in and out of binary syncobjs only: by way of one. */
static int import_by_binary(struct latch_timeline *timeline, uint64_t point, int fence_fd) {
	int fd = timeline->device->fd;
	uint32_t binary = 0;
	int ret = syncobj_create(fd, &binary);
	if (ret < 0) {
		return ret;
	}
	struct drm_syncobj_handle arg = {
		.handle = binary,
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
		.fd = fence_fd,
	};
	if (drmIoctl(fd, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &arg) != 0) {
		ret = -errno;
	} else {
		ret = transfer(fd, timeline->handle, point, binary, 0);
	}
	syncobj_destroy(fd, binary);
	return ret;
}

int latch_timeline_import_sync_file(struct latch_timeline *timeline, uint64_t point, int fence_fd) {
	if (!timeline->device->files_of_points) {
		return import_by_binary(timeline, point, fence_fd);
	}
	struct handle_of_point arg = {
		.handle = timeline->handle,
		.flags = SYNC_FILE_OF_POINT,
		.fd = fence_fd,
		.point = point,
	};
	return drmIoctl(timeline->device->fd, FD_TO_HANDLE_OF_POINT, &arg) != 0 ? -errno : 0;
}

static int export_by_binary(struct latch_timeline *timeline, uint64_t point) {
	int fd = timeline->device->fd;
	uint32_t binary = 0;
	int ret = syncobj_create(fd, &binary);
	if (ret < 0) {
		return ret;
	}
	ret = transfer(fd, binary, 0, timeline->handle, point);
	if (ret == 0) {
		struct drm_syncobj_handle arg = {
			.handle = binary,
			.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE,
			.fd = -1,
		};
		ret = drmIoctl(fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &arg) != 0 ? -errno : arg.fd;
	}
	syncobj_destroy(fd, binary);
	return ret;
}

int latch_timeline_export_sync_file(struct latch_timeline *timeline, uint64_t point) {
	if (!timeline->device->files_of_points) {
		return export_by_binary(timeline, point);
	}
	struct handle_of_point arg = {
		.handle = timeline->handle,
		.flags = SYNC_FILE_OF_POINT,
		.fd = -1,
		.point = point,
	};
	return drmIoctl(timeline->device->fd, HANDLE_TO_FD_OF_POINT, &arg) != 0 ? -errno : arg.fd;
}
