/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <xf86drm.h>

#include "device.h"
#include "util.h"

static bool is_usable(int node_fd) {
	uint64_t has_timeline = 0;
	if (drmGetCap(node_fd, DRM_CAP_SYNCOBJ_TIMELINE, &has_timeline) != 0 || !has_timeline) {
		return false;
	}
	/* The eventfd ioctl has no capability of its own. Handle 0 is never valid: a kernel that
	 * knows the ioctl looks it up first and says ENOENT. */
	return drmSyncobjEventfd(node_fd, 0, 0, -1, 0) != 0 && errno == ENOENT;
}

int timeline_node_open(const char *preferred) {
	struct device_list list = {0};
	device_list_add(&list, preferred);
	device_list_add_all(&list, false);
	int fd = -1;
	for (size_t i = 0; i < list.len && fd < 0; i++) {
		fd = device_open(list.paths[i]);
		if (fd >= 0 && !is_usable(fd)) {
			latch_fd_clear(&fd);
		}
	}
	return fd;
}

bool timeline_init(struct timeline *timeline, int node_fd) {
	*timeline = (struct timeline){.node_fd = node_fd};
	return drmSyncobjCreate(node_fd, 0, &timeline->handle) == 0;
}

bool timeline_import(struct timeline *timeline, int node_fd, int fd) {
	*timeline = (struct timeline){.node_fd = node_fd};
	return drmSyncobjFDToHandle(node_fd, fd, &timeline->handle) == 0;
}

void timeline_finish(struct timeline *timeline) {
	if (timeline->handle) {
		drmSyncobjDestroy(timeline->node_fd, timeline->handle);
	}
	*timeline = (struct timeline){.node_fd = -1};
}

int timeline_export(const struct timeline *timeline) {
	int fd;
	return drmSyncobjHandleToFD(timeline->node_fd, timeline->handle, &fd) == 0 ? fd : -1;
}

bool timeline_import_fence(const struct timeline *timeline, uint64_t point, int sync_file) {
	/* A sync_file goes into a plain syncobj only; from there it is moved to the point. */
	uint32_t plain;
	if (drmSyncobjCreate(timeline->node_fd, 0, &plain) != 0) {
		return false;
	}
	bool ok = drmSyncobjImportSyncFile(timeline->node_fd, plain, sync_file) == 0 &&
		  drmSyncobjTransfer(timeline->node_fd, timeline->handle, point, plain, 0, 0) == 0;
	int saved = errno;
	drmSyncobjDestroy(timeline->node_fd, plain);
	errno = saved;
	return ok;
}

bool timeline_signal(const struct timeline *timeline, uint64_t point) {
	return drmSyncobjTimelineSignal(timeline->node_fd, &timeline->handle, &point, 1) == 0;
}

int timeline_eventfd(const struct timeline *timeline, uint64_t point) {
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd >= 0 &&
		drmSyncobjEventfd(timeline->node_fd, timeline->handle, point, fd, 0) != 0) {
		latch_fd_clear(&fd);
	}
	return fd;
}
