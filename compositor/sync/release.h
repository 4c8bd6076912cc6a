/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the buffer of one content update goes back to its client, beside wl_buffer.release:
 * a syncobj point, a zwp_linux_buffer_release_v1, both or neither. Every release speaks
 * exactly once. Implicit clients have none: their wl_buffer.release comes from
 * wlr_buffer_unlock() alone.
 *
 * It waits in the surface for the commit, and moves on with the update and its content.
 */

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct latch_timeline;

/** Both are NULL where there is nothing to say, or nothing more. */
struct latch_release {
	struct latch_timeline *timeline; /* a reference */
	uint64_t point;
	struct wl_resource *buffer_release; /* its client may go */
};

/** Whether the client is to hear of it, and has not yet. */
static inline bool latch_release_is_owed(const struct latch_release *release) {
	return release->timeline != NULL || release->buffer_release != NULL;
}

/** Moves it to where nothing was. */
void latch_release_move(struct latch_release *to, struct latch_release *from);

/**
 * The buffer is free when this sync_file signals (the out-fence of the flip that replaced
 * it). Takes the fd, also on failure; -1 means now. Returns false, with nothing done,
 * for a second call, and where the kernel refuses the fence: latch_release_finish() does it, late
 * and never early.
 */
bool latch_release_with_fence(struct latch_release *release, int sync_file_fd);

/** Tells the client that the buffer is free now, if it is owed that still. */
void latch_release_finish(struct latch_release *release);

/* For the gate. */

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
