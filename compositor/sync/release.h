/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the buffer of one content update goes back to its client, beside wl_buffer.release:
 * a syncobj point, a zwp_linux_buffer_release_v1, both or neither. Every release speaks
 * exactly once. Implicit clients have none (struct latch_update.release is NULL): their
 * wl_buffer.release comes from wlr_buffer_unlock() alone.
 */

#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct latch_release;
struct latch_timeline;

/**
 * The buffer is free when this sync_file signals (the out-fence of the flip that replaced
 * it). Takes the fd, also on failure and for NULL; -1 means now. Returns false, with nothing done,
 * for a second call, and where the kernel refuses the fence: latch_release_destroy() does it, late
 * and never early.
 */
bool latch_release_with_fence(struct latch_release *release, int sync_file_fd);

/** Frees it; the buffer is released as of now where nobody did so before. NULL is fine. */
void latch_release_destroy(struct latch_release *release);

/* For the gate. */

struct latch_release_pool {
	size_t outstanding;  /* releases made and not yet destroyed by their owner */
	struct wl_list free; /* latch_release.link */
};

void latch_release_pool_init(struct latch_release_pool *pool);
/* None is outstanding. */
void latch_release_pool_finish(struct latch_release_pool *pool);

/* A release for a timeline point (takes a reference) and a buffer release (moved here), each or
 * both. NULL without memory. */
struct latch_release *latch_release_create(struct latch_release_pool *pool,
	struct latch_timeline *timeline, uint64_t point, struct wl_resource **buffer_release);

/*
 * A zwp_linux_buffer_release_v1 is kept in one place, which is set to NULL when its client goes.
 * Without memory for it the client is told.
 */
void latch_buffer_release_create(struct wl_resource **place, struct wl_client *client, uint32_t id);

/*
 * Sends the one event of the object, fenced_release or with -1 immediate_release, and destroys it.
 * fence_fd stays the caller's. NULL in the place is fine.
 */
void latch_buffer_release_send(struct wl_resource **place, int fence_fd);
