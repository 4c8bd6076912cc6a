/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** What is offered of zwp_linux_dmabuf_v1 where there is a render node. */
#define LATCH_DMABUF_VERSION 6

/**
 * Finds the device that clients should allocate on: the render node of this DRM device, else any
 * render node. Returns the version of zwp_linux_dmabuf_v1 that can be offered with it:
 * LATCH_DMABUF_VERSION, or 3 (without feedback) with the device itself where there is no render
 * node at all, because Mesa up to 26.1 crashes in clients whose main device is no real GPU. 0:
 * there is no device, nothing can be offered. drm_fd: borrowed, -1 for none.
 */
uint32_t latch_dmabuf_find_main_device(int drm_fd, dev_t *main_device);

/** Whether both numbers are nodes of one DRM device: its primary or its render node. */
bool latch_dmabuf_is_same_device(dev_t one, dev_t other);
