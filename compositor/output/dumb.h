/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct wl_event_loop;

/**
 * Makes KMS dumb buffers of ARGB8888 or XRGB8888, for pictures that the CPU draws, and makes them
 * ahead: the kernel finds and clears the pages of a picture for as long as a refresh on a slow
 * computer, so a thread has it do that while frames go on.
 *
 * kms_fd: a primary node; duplicated. made(data): what latch_dumb_ready() has begun is done; called
 * by the loop. Returns NULL, logged, where the device has no dumb buffers.
 */
struct wlr_allocator *latch_dumb_allocator_create(
	int kms_fd, struct wl_event_loop *loop, void (*made)(void *data), void *data);

/**
 * Whether count (1 or 2) buffers of this size can be had without waiting for the kernel. If not,
 * they are being made. True for other allocators, and where making them ahead has failed.
 */
bool latch_dumb_ready(struct wlr_allocator *allocator, int width, int height, unsigned count);

/** Lets go of buffers of this size that were made ahead, as they are not needed any more. */
void latch_dumb_trim(struct wlr_allocator *allocator, int width, int height);

/** Whether buffers are being made; not by other allocators. */
bool latch_dumb_is_making(const struct wlr_allocator *allocator);
