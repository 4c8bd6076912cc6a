/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * DRM syncobj timelines: 64-bit points, each of which carries a fence sooner or later. They
 * live on a DRM node, but their fds belong to no device: any node that knows timelines can
 * import the timeline of any other, so KMS may be on one (vkms has none) and timelines on
 * another. Nothing here waits.
 */

#include <stdbool.h>
#include <stdint.h>

/** A DRM node that has timelines and can tell an eventfd about them. */
struct latch_timeline_device;

/** A syncobj imported on such a node. Counted. */
struct latch_timeline;

/**
 * Finds a node for timelines: the KMS device itself if it has them, else any render node,
 * else any primary node. kms_fd stays the caller's (it is duplicated), -1 for none.
 * "Has them" is DRM_CAP_SYNCOBJ_TIMELINE and a DRM_IOCTL_SYNCOBJ_EVENTFD that knows its
 * job (Linux 6.6; 6.8 for points without a fence). NULL where there is none; errno says why.
 */
struct latch_timeline_device *latch_timeline_find_device(int kms_fd);

/**
 * Makes a timeline device of one given node (duplicated, drm_fd stays the caller's), with the
 * same probe. NULL with errno ENOTSUP where it has no timelines.
 */
struct latch_timeline_device *latch_timeline_device_create(int drm_fd);

/** After its last timeline. */
void latch_timeline_device_destroy(struct latch_timeline_device *device);

/** The node's fd, borrowed: valid as long as the device. */
int latch_timeline_device_get_fd(const struct latch_timeline_device *device);

/**
 * Imports a client's syncobj fd (it stays the caller's). NULL when it is no syncobj, errno set.
 */
struct latch_timeline *latch_timeline_import(struct latch_timeline_device *device, int syncobj_fd);

struct latch_timeline *latch_timeline_ref(struct latch_timeline *timeline);
void latch_timeline_unref(struct latch_timeline *timeline);

/**
 * An eventfd that becomes readable when the point has SIGNALLED; the point need not exist
 * yet (DRM_IOCTL_SYNCOBJ_EVENTFD, flags 0). Nonblocking, close-on-exec, owned by the caller;
 * closing it ends the watch. The timeline may go away before. Negative errno on failure.
 * has_fence: when the point gets its fence instead, signalled or not.
 */
int latch_timeline_eventfd(struct latch_timeline *timeline, uint64_t point, bool has_fence);

/** Signals the point from the CPU, and with it all points before. Returns 0 or -errno. */
int latch_timeline_signal(struct latch_timeline *timeline, uint64_t point);

/** Lets the point signal when the sync_file does (fd stays the caller's). 0 or -errno. */
int latch_timeline_import_sync_file(struct latch_timeline *timeline, uint64_t point, int fence_fd);

/**
 * A sync_file of a point that has a fence; -EINVAL while it has none. For a point long
 * passed the kernel may give a stand-in that was always signalled, whose time says nothing.
 * Owned by the caller.
 */
int latch_timeline_export_sync_file(struct latch_timeline *timeline, uint64_t point);
