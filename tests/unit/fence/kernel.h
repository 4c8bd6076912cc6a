/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A small stand-in for the kernel's fences: ioctl() and drmIoctl() of this executable answer
 * for sync_files (eventfds here), dma-bufs (memfds) and DRM syncobjs. All else goes to the
 * real ioctl(): also what a real sync_file, dma-buf or DRM node is asked.
 */

#include <stdbool.h>
#include <stdint.h>

/* A pending fence; the fd is the caller's. */
int kernel_fence_create(void);
/* Signals it at a time of CLOCK_MONOTONIC, above 0. */
void kernel_fence_signal(int fence_fd, int64_t time_ns);
void kernel_fence_fail(int fence_fd, int64_t time_ns);
/* As i915 does with a job that was done again after a reset that another one had caused. */
void kernel_fence_replay(int fence_fd, int64_t time_ns);

/* The deadline that was set last on any fence, and how many there were. */
int64_t kernel_deadline(int *count);
/* The next deadlines fail with this errno; 0: work again. */
void kernel_fail_deadlines(int error);

/* A dma-buf whose writer has this fence (not taken), -1: idle. The fd is the caller's. */
int kernel_dmabuf_create(int fence_fd);
/* The next exports of sync_files from dma-bufs fail with this errno; 0: work again. */
void kernel_dmabuf_fail_exports(int error);

/* The fd of a DRM node with timelines, or without. */
int kernel_drm_open(bool timelines);
/* A client's syncobj; the fd is the caller's. */
int kernel_syncobj_create(void);
void kernel_syncobj_signal(int syncobj_fd, uint64_t point);
/* The same, but the fence of this point failed. */
void kernel_syncobj_fail(int syncobj_fd, uint64_t point);
uint64_t kernel_syncobj_get(int syncobj_fd);
/* The point has this fence (not taken) from now on; it signals with kernel_syncobj_signal(). */
void kernel_syncobj_materialise(int syncobj_fd, uint64_t point, int fence_fd);
/* The newest sync_file that was imported at this point is a duplicate of fence_fd. */
bool kernel_syncobj_has_import(int syncobj_fd, uint64_t point, int fence_fd);
/* The next imports of sync_files to syncobjs fail with this errno; 0: work again. */
void kernel_syncobj_fail_imports(int error);

/* Before Linux 6.16: sync_files go in and out of binary syncobjs alone. */
void kernel_is_old(bool old);

/* Handles open on DRM nodes, of all syncobjs. */
int kernel_count_handles(void);
/* Closes what the stand-in keeps open of its own; at the end of a test. */
void kernel_reset(void);

/* Open fds of this process. */
int count_fds(void);
