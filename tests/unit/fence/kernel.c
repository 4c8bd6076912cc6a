/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "fence/fence.h"

/* In the eventfd's counter, together with the time. */
#define FAILED (INT64_C(1) << 62)
#define REPLAYED (INT64_C(1) << 61)
#define MAX 256
#define BINARY 1

struct dmabuf {
	ino_t inode;
	int fence;
};

struct syncobj {
	ino_t inode; /* BINARY: known by its handle alone, and lives as long; 0: it has gone */
	uint64_t signalled;
	uint64_t failed; /* a point whose fence has an error; 0: none */
	uint64_t imported_point;
	int imported;
	uint64_t materialised_point;
	int materialised; /* its fence, or -1 */
	struct {
		uint64_t point;
		int fd;
		bool for_fence;
	} waits[MAX];
	int num_waits;
};

static struct {
	struct dmabuf dmabufs[MAX];
	int num_dmabufs;
	struct syncobj syncobjs[MAX];
	int num_syncobjs;
	/* Handle n is handles[n - 1]. */
	struct syncobj *handles[65536];
	int num_handles;
	bool old;
	struct {
		int open_handles;
		int deadlines;
		int64_t deadline_ns;
		int deadline_error;
		int export_error;
		int import_error;
	} now;
} kernel;

static ino_t inode_of(int fd) {
	struct stat st;
	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* A number of /proc's: the counter, which a read() would empty, or the id; -1: it is no eventfd. */
static int64_t eventfd_number(int fd, const char *key) {
	char path[64], line[128];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *file = fopen(path, "re");
	int64_t number = -1;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0) {
			number = strtoll(line + strlen(key), NULL, 16);
		}
	}
	if (file != NULL) {
		fclose(file);
	}
	return number;
}

static void eventfd_add(int fd, int64_t value) {
	ssize_t n = write(fd, &value, sizeof(value));
	assert(n == sizeof(value));
	(void)n;
}

static int real_ioctl(int fd, unsigned long request, void *arg) {
	return syscall(SYS_ioctl, fd, request, arg) < 0 ? -errno : 0;
}

int kernel_fence_create(void) {
	return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void kernel_fence_signal(int fence_fd, int64_t time_ns) {
	eventfd_add(fence_fd, time_ns);
}

void kernel_fence_fail(int fence_fd, int64_t time_ns) {
	eventfd_add(fence_fd, FAILED | time_ns);
}

void kernel_fence_replay(int fence_fd, int64_t time_ns) {
	eventfd_add(fence_fd, REPLAYED | time_ns);
}

static int signalled_fence(int64_t time_ns) {
	int fd = kernel_fence_create();
	kernel_fence_signal(fd, time_ns);
	return fd;
}

int kernel_dmabuf_create(int fence_fd) {
	assert(kernel.num_dmabufs < MAX);
	int fd = memfd_create("dmabuf", MFD_CLOEXEC);
	int ret = ftruncate(fd, 1 << 20);
	assert(ret == 0);
	(void)ret;
	kernel.dmabufs[kernel.num_dmabufs++] = (struct dmabuf){
		.inode = inode_of(fd),
		.fence = fence_fd < 0 ? -1 : latch_fence_dup(fence_fd),
	};
	return fd;
}

void kernel_dmabuf_fail_exports(int error) {
	kernel.now.export_error = error;
}

int64_t kernel_deadline(int *count) {
	*count = kernel.now.deadlines;
	return kernel.now.deadline_ns;
}

void kernel_fail_deadlines(int error) {
	kernel.now.deadline_error = error;
}

static int set_deadline(int fd, const struct sync_set_deadline *arg) {
	if (eventfd_number(fd, "eventfd-count:") < 0) {
		return real_ioctl(fd, SYNC_IOC_SET_DEADLINE, (void *)arg);
	}
	kernel.now.deadlines++;
	kernel.now.deadline_ns = (int64_t)arg->deadline_ns;
	return -kernel.now.deadline_error;
}

static int file_info(int fd, struct sync_file_info *info) {
	const int64_t count = eventfd_number(fd, "eventfd-count:");
	if (count < 0) {
		return real_ioctl(fd, SYNC_IOC_FILE_INFO, info);
	}
	int status = count == 0 ? 0 : count & FAILED ? -EIO : count & REPLAYED ? -EAGAIN : 1;
	if (info->num_fences > 0) {
		struct sync_fence_info *fence = (void *)(uintptr_t)info->sync_fence_info;
		*fence = (struct sync_fence_info){
			.obj_name = "timeline",
			.driver_name = "test",
			.status = status,
			.timestamp_ns = (uint64_t)(count & ~(FAILED | REPLAYED)),
		};
	}
	info->num_fences = 1;
	info->status = status;
	return 0;
}

static const struct dmabuf *find_dmabuf(int fd) {
	ino_t inode = inode_of(fd);
	for (int i = 0; i < kernel.num_dmabufs; i++) {
		if (kernel.dmabufs[i].inode == inode) {
			return &kernel.dmabufs[i];
		}
	}
	return NULL;
}

/* Whether its readers have nothing to wait for. */
static bool is_idle(const struct dmabuf *dmabuf) {
	struct sync_file_info info = {0};
	return dmabuf->fence < 0 || (file_info(dmabuf->fence, &info) == 0 && info.status != 0);
}

/* The kernel skips fences that have signalled, also with an error (dma_resv_iter_walk_unlocked()). */
static int export_sync_file(int fd, struct dma_buf_export_sync_file *arg) {
	if (kernel.now.export_error != 0) {
		return -kernel.now.export_error;
	}
	const struct dmabuf *dmabuf = find_dmabuf(fd);
	if (dmabuf == NULL) {
		return real_ioctl(fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, arg);
	}
	assert(arg->flags == DMA_BUF_SYNC_READ);
	arg->fd = is_idle(dmabuf) ? signalled_fence(1) : latch_fence_dup(dmabuf->fence);
	return 0;
}

/* As an ioctl returns an error. */
static int with_errno(int ret) {
	errno = ret < 0 ? -ret : errno;
	return ret < 0 ? -1 : 0;
}

int ioctl(int fd, unsigned long request, ...) {
	va_list args;
	va_start(args, request);
	void *arg = va_arg(args, void *);
	va_end(args);

	switch (request) {
	case SYNC_IOC_FILE_INFO:
		return with_errno(file_info(fd, arg));
	case SYNC_IOC_SET_DEADLINE:
		return with_errno(set_deadline(fd, arg));
	case DMA_BUF_IOCTL_EXPORT_SYNC_FILE:
		return with_errno(export_sync_file(fd, arg));
	default:
		return (int)syscall(SYS_ioctl, fd, request, arg);
	}
}

/* Where no snapshot can be taken, it is not told either whether that would be needed. */
int poll(struct pollfd *fds, nfds_t len, int timeout_ms) {
	/* libc declares that it only writes, so the compiler would take the fd for unset. */
	const struct pollfd *volatile asked = fds;
	const struct dmabuf *dmabuf = len == 1 ? find_dmabuf(asked->fd) : NULL;
	if (dmabuf == NULL) {
		return (int)syscall(SYS_poll, fds, len, timeout_ms);
	}
	const bool idle = kernel.now.export_error == 0 && is_idle(dmabuf);
	fds[0].revents = idle ? asked->events & POLLIN : 0;
	return idle;
}

/* The place of a binary one that has gone is used again. */
static struct syncobj *syncobj_new(ino_t inode) {
	int i = 0;
	while (i < kernel.num_syncobjs && kernel.syncobjs[i].inode != 0) {
		i++;
	}
	assert(i < MAX);
	kernel.num_syncobjs += i == kernel.num_syncobjs;
	kernel.syncobjs[i] = (struct syncobj){.inode = inode, .imported = -1, .materialised = -1};
	return &kernel.syncobjs[i];
}

static struct syncobj *syncobj_from_fd(int fd) {
	ino_t inode = inode_of(fd);
	for (int i = 0; i < kernel.num_syncobjs; i++) {
		if (kernel.syncobjs[i].inode == inode) {
			return &kernel.syncobjs[i];
		}
	}
	return NULL;
}

int kernel_drm_open(bool timelines) {
	return open(timelines ? "/dev/null" : "/dev/zero", O_RDWR | O_CLOEXEC);
}

int kernel_syncobj_create(void) {
	int fd = memfd_create("syncobj", MFD_CLOEXEC);
	syncobj_new(inode_of(fd));
	return fd;
}

static void wake(struct syncobj *syncobj, uint64_t point, bool signalled) {
	for (int i = 0; i < syncobj->num_waits; i++) {
		if (syncobj->waits[i].fd >= 0 && syncobj->waits[i].point <= point &&
			(signalled || syncobj->waits[i].for_fence)) {
			eventfd_add(syncobj->waits[i].fd, 1);
			latch_fd_clear(&syncobj->waits[i].fd);
		}
	}
}

static void signal_to(struct syncobj *syncobj, uint64_t point) {
	if (point > syncobj->signalled) {
		syncobj->signalled = point;
	}
	wake(syncobj, point, true);
}

void kernel_syncobj_signal(int syncobj_fd, uint64_t point) {
	signal_to(syncobj_from_fd(syncobj_fd), point);
}

void kernel_syncobj_fail(int syncobj_fd, uint64_t point) {
	struct syncobj *syncobj = syncobj_from_fd(syncobj_fd);
	syncobj->failed = point;
	signal_to(syncobj, point);
}

uint64_t kernel_syncobj_get(int syncobj_fd) {
	return syncobj_from_fd(syncobj_fd)->signalled;
}

void kernel_syncobj_materialise(int syncobj_fd, uint64_t point, int fence_fd) {
	struct syncobj *syncobj = syncobj_from_fd(syncobj_fd);
	assert(syncobj->materialised < 0);
	syncobj->materialised_point = point;
	syncobj->materialised = latch_fence_dup(fence_fd);
	wake(syncobj, point, false);
}

bool kernel_syncobj_has_import(int syncobj_fd, uint64_t point, int fence_fd) {
	const struct syncobj *syncobj = syncobj_from_fd(syncobj_fd);
	return syncobj->imported >= 0 && syncobj->imported_point == point &&
	       eventfd_number(syncobj->imported, "eventfd-id:") ==
		       eventfd_number(fence_fd, "eventfd-id:");
}

void kernel_syncobj_fail_imports(int error) {
	kernel.now.import_error = error;
}

void kernel_is_old(bool old) {
	kernel.old = old;
}

static uint32_t handle_new(struct syncobj *syncobj) {
	assert(kernel.num_handles < 65536);
	kernel.handles[kernel.num_handles++] = syncobj;
	kernel.now.open_handles++;
	return (uint32_t)kernel.num_handles;
}

static struct syncobj *handle_get(uint32_t handle) {
	return handle > 0 && handle <= (uint32_t)kernel.num_handles ? kernel.handles[handle - 1]
								    : NULL;
}

static int handle_destroy(uint32_t handle) {
	struct syncobj *syncobj = handle_get(handle);
	if (syncobj == NULL) {
		return -EINVAL;
	}
	if (syncobj->inode == BINARY) {
		latch_fd_clear(&syncobj->imported);
		syncobj->inode = 0;
	}
	kernel.handles[handle - 1] = NULL;
	kernel.now.open_handles--;
	return 0;
}

/* The fence of a point; -EINVAL: it has none. */
static int point_to_fd(const struct syncobj *syncobj, uint64_t point) {
	if (point > syncobj->signalled) {
		return syncobj->materialised < 0 || point > syncobj->materialised_point
			       ? -EINVAL
			       : latch_fence_dup(syncobj->materialised);
	}
	/* The time of a point is the point, so that a test can tell one from another. */
	int fd = signalled_fence((int64_t)point);
	if (point == syncobj->failed) {
		eventfd_add(fd, FAILED);
	}
	return fd;
}

static int handle_to_fd(struct drm_syncobj_handle *arg) {
	struct syncobj *syncobj = handle_get(arg->handle);
	if (kernel.old && (arg->flags & DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE)) {
		return -EINVAL;
	}
	if (syncobj == NULL) {
		return -ENOENT;
	}
	assert(arg->flags & DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE);
	if (arg->flags & DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE) {
		arg->fd = point_to_fd(syncobj, arg->point);
		return arg->fd < 0 ? arg->fd : 0;
	}
	if (syncobj->imported < 0) {
		return -EINVAL;
	}
	arg->fd = latch_fence_dup(syncobj->imported);
	return 0;
}

/* A binary syncobj's point is 0. */
static void import(struct syncobj *into, int fence, uint64_t point) {
	latch_fd_clear(&into->imported);
	into->imported = latch_fence_dup(fence);
	into->imported_point = point;
}

static int fd_to_handle(struct drm_syncobj_handle *arg) {
	if (arg->flags & DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE) {
		if (kernel.now.import_error != 0) {
			return -kernel.now.import_error;
		}
		import(handle_get(arg->handle), arg->fd, arg->point);
		return 0;
	}
	struct syncobj *syncobj = syncobj_from_fd(arg->fd);
	if (syncobj == NULL) {
		return -EINVAL;
	}
	arg->handle = handle_new(syncobj);
	return 0;
}

static int transfer(const struct drm_syncobj_transfer *arg) {
	struct syncobj *src = handle_get(arg->src_handle), *dst = handle_get(arg->dst_handle);
	if (src == NULL || dst == NULL) {
		return -ENOENT;
	}
	if (src->inode == BINARY) {
		import(dst, src->imported, arg->dst_point);
		return 0;
	}
	int fd = point_to_fd(src, arg->src_point);
	if (fd < 0) {
		return fd;
	}
	dst->imported = fd;
	return 0;
}

static int watch_point(const struct drm_syncobj_eventfd *arg) {
	struct syncobj *syncobj = handle_get(arg->handle);
	if (syncobj == NULL) {
		return -ENOENT;
	}
	assert((arg->flags & ~(uint32_t)DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE) == 0);
	if (syncobj->num_waits == MAX) {
		return -ENOMEM;
	}
	syncobj->waits[syncobj->num_waits].point = arg->point;
	syncobj->waits[syncobj->num_waits].for_fence = arg->flags != 0;
	syncobj->waits[syncobj->num_waits++].fd = latch_fence_dup(arg->fd);
	return 0;
}

static int drm_ioctl(int fd, unsigned long request, void *arg) {
	struct stat st;
	if (fstat(fd, &st) != 0) {
		return -errno;
	}
	/* /dev/null stands for a node, /dev/zero for one without timelines. */
	const dev_t device = S_ISCHR(st.st_mode) ? st.st_rdev : 0;
	if (request == DMA_BUF_IOCTL_SYNC && find_dmabuf(fd) != NULL) {
		return 0;
	}
	if (device == makedev(1, 5)) {
		return -EOPNOTSUPP;
	}
	if (device != makedev(1, 3)) {
		return real_ioctl(fd, request, arg);
	}
	switch (request) {
	case DRM_IOCTL_GET_CAP:
		((struct drm_get_cap *)arg)->value = 1;
		return 0;
	case DRM_IOCTL_SYNCOBJ_CREATE: {
		struct drm_syncobj_create *create = arg;
		create->handle = handle_new(syncobj_new(BINARY));
		if (create->flags & DRM_SYNCOBJ_CREATE_SIGNALED) {
			handle_get(create->handle)->imported = signalled_fence(1);
		}
		return 0;
	}
	case DRM_IOCTL_SYNCOBJ_DESTROY:
		return handle_destroy(((struct drm_syncobj_destroy *)arg)->handle);
	case DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD:
		return handle_to_fd(arg);
	case DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE:
		return fd_to_handle(arg);
	case DRM_IOCTL_SYNCOBJ_TRANSFER:
		return transfer(arg);
	case DRM_IOCTL_SYNCOBJ_EVENTFD:
		return watch_point(arg);
	case DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL: {
		const struct drm_syncobj_timeline_array *array = arg;
		signal_to(handle_get(*(uint32_t *)(uintptr_t)array->handles),
			*(uint64_t *)(uintptr_t)array->points);
		return 0;
	}
	default:
		return -ENOTTY;
	}
}

int drmIoctl(int fd, unsigned long request, void *arg) {
	return with_errno(drm_ioctl(fd, request, arg));
}

int kernel_count_handles(void) {
	return kernel.now.open_handles;
}

void kernel_reset(void) {
	for (int i = 0; i < kernel.num_dmabufs; i++) {
		latch_fd_clear(&kernel.dmabufs[i].fence);
	}
	for (int i = 0; i < kernel.num_syncobjs; i++) {
		struct syncobj *syncobj = &kernel.syncobjs[i];
		latch_fd_clear(&syncobj->imported);
		latch_fd_clear(&syncobj->materialised);
		for (int j = 0; j < syncobj->num_waits; j++) {
			latch_fd_clear(&syncobj->waits[j].fd);
		}
	}
	/* What is in the arrays is written anew before it counts. */
	kernel.num_dmabufs = 0;
	kernel.num_syncobjs = 0;
	kernel.num_handles = 0;
	memset(&kernel.now, 0, sizeof(kernel.now));
}

int count_fds(void) {
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count;
}
