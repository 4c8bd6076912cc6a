/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Fences as file descriptors: a sync_file is a snapshot of one or several dma_fences of the
 * kernel, and becomes readable (poll) when all of them have signalled. Plain functions over
 * plain fds; none of them waits. The kernel's words: Documentation/driver-api/sync_file.rst,
 * include/uapi/linux/sync_file.h, include/uapi/linux/dma-buf.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"

/** What a sync_file says of itself; names are cut at the kernel's 31 characters. */
struct latch_fence_info {
	/* 1 signalled, 0 pending, negative errno: signalled with that error. -EAGAIN, which says
	 * that the job was done again, counts as signalled. */
	int status;
	/* Time of the latest signal of all fences in it, CLOCK_MONOTONIC; 0 while one is
	 * pending. Can be long ago, or 0, for a fence that was born signalled. */
	int64_t signal_time_ns;
	/* Of the first fence that is still pending, else of the first. Empty where the kernel no
	 * longer knows: newer ones forget the driver of what has signalled. */
	char driver_name[32];
	char timeline_name[32];
};

/** Returns a new fd of the same fence, close-on-exec, owned by the caller; negative errno. */
int latch_fence_dup(int fd);

/** True when fd is a sync_file (SYNC_IOC_FILE_INFO knows it); for fds that clients send. */
bool latch_fence_is_valid(int fd);

/**
 * Asks a sync_file for its state (SYNC_IOC_FILE_INFO). Returns 0 and fills *info, whatever
 * the state; negative errno (*info untouched) when fd is no sync_file (-ENOTTY, -EBADF).
 */
int latch_fence_get_info(int fd, struct latch_fence_info *info);

/**
 * Takes a snapshot of the implicit fences of a dma-buf that a reader must wait for, i.e. of
 * its writers (DMA_BUF_IOCTL_EXPORT_SYNC_FILE with DMA_BUF_SYNC_READ, Linux 6.0). An idle
 * buffer gives a fence that is signalled already. Returns a new sync_file, close-on-exec,
 * owned by the caller; negative errno.
 */
int latch_fence_export_from_dmabuf(int dmabuf_fd);

/**
 * Whether a reader of the dma-buf has nothing to wait for now: all fences of its writers have
 * signalled (poll() for POLLIN). A snapshot would be a fence that has signalled, and to take it, to
 * ask it and to close it is three calls. False also where it can't be told.
 */
bool latch_fence_dmabuf_is_idle(int dmabuf_fd);

/**
 * Tells the fence's driver by when it should signal (SYNC_IOC_SET_DEADLINE,
 * Linux 6.5; CLOCK_MONOTONIC). A hint, nothing more. Returns 0 or negative errno.
 */
int latch_fence_set_deadline(int fd, int64_t deadline_ns);

/**
 * Makes a sync_file that has signalled already, for an IN_FENCE_FD that tells the kernel to
 * leave implicit fences alone. drm_fd: any node with DRM_CAP_SYNCOBJ; -1 when there is none.
 * idle_dmabuf_fd: a dma-buf nobody writes to, used where drm_fd can't do it; -1 for none.
 * Returns a new fd, owned by the caller; negative errno (-ENOTSUP when neither can).
 */
int latch_fence_create_signalled(int drm_fd, int idle_dmabuf_fd);
