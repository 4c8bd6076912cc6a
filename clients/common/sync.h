/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "connection.h"
#include "dmabuf.h"
#include "timeline.h"

/*
 * Three ways to tell the compositor when a buffer has been drawn (acquire), and to be told when
 * it may be drawn into again (release):
 *
 *            acquire                                  release
 *  syncobj   a point of a timeline                    a later point of it, by eventfd
 *  sync-file a fence fd with the commit               a fence fd, or at once
 *  implicit  a fence that sits on the dma-buf itself  wl_buffer.release, and then the fences
 *                                                     that readers left on the dma-buf
 *
 * All three end in an fd to poll: when it is readable, the buffer is free.
 */

enum sync_mode {
	SYNC_AUTO,
	SYNC_SYNCOBJ,
	SYNC_FILE,
	SYNC_IMPLICIT,
};

/** "syncobj", "sync-file", "implicit", "auto", by mode, up to a NULL. */
extern const char *const sync_mode_names[];

/** The way of one surface. */
struct sync {
	enum sync_mode mode; /* never SYNC_AUTO */
	const char *why;     /* for people: what decided it */
	struct connection *conn;
	int node_fd; /* makes the timelines */
	bool renderer_timelines; /* set by the user of this: what draws makes them instead */
	struct wp_linux_drm_syncobj_surface_v1 *syncobj_surface;
	struct zwp_linux_surface_synchronization_v1 *file_surface;
};

/** The same for one buffer. */
struct sync_slot {
	struct sync *sync;
	const struct dmabuf *dmabuf; /* borrowed */
	bool busy;		     /* committed and not released */
	int release_fd;		     /* -1: the compositor has not yet said what to wait for */
	struct timeline timeline;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline_proxy;
	uint64_t point; /* the last one used */
	struct zwp_linux_buffer_release_v1 *release;
};

/**
 * Settles on a way for the surface; auto takes the first of the table that both sides have.
 *
 * @param preferred_node path of the node to make timelines on, or NULL
 * @return false when the wanted way is not to be had, which sync->why then explains
 */
bool sync_init(struct sync *sync, struct connection *conn, struct wl_surface *surface,
	enum sync_mode wanted, const char *preferred_node);
void sync_finish(struct sync *sync);

/** The first point lies just below 2^32, so that a compositor which loses the upper half of a point
 * fails within the first seconds and not after years. */
#define SYNC_FIRST_POINT UINT64_C(0xffffffe0)

/**
 * Prepares a buffer; both pointers must outlive the slot, and the slot may not move.
 *
 * @param timeline_fd of a timeline at SYNC_FIRST_POINT, borrowed, whose acquire points somebody else
 *                    signals; -1: it gets one of its own. SYNC_SYNCOBJ alone
 */
bool sync_slot_init(struct sync_slot *slot, struct sync *sync, struct wl_buffer *wl_buffer,
	const struct dmabuf *dmabuf, int timeline_fd);
void sync_slot_finish(struct sync_slot *slot);

/** In the place of a fence: there is none yet. The acquire point comes to be only when
 * timeline_import_fence() or timeline_signal() is called for it (SYNC_SYNCOBJ alone). */
#define SYNC_FENCE_LATER (-2)

/**
 * Says with the commit that is about to be made: the buffer, which is attached already, is
 * drawn when the fence signals. From now on the buffer is busy.
 *
 * @param fence a sync_file, taken and closed; -1: it is drawn already; or SYNC_FENCE_LATER
 * @return false, having said why, when the fence can't be handed over; the commit must then not be
 *         made
 */
bool sync_slot_commit(struct sync_slot *slot, int fence);

/** When the sync_file signalled, by the kernel's account, in CLOCK_MONOTONIC. INT64_MAX: it has not
 * yet, or can't be asked. */
int64_t sync_fence_time_ns(int fence);

/** The acquire point of the next commit; with SYNC_SYNCOBJ only. */
uint64_t sync_slot_acquire_point(const struct sync_slot *slot);

/** Gives up waiting for a release that may still come: the buffer can be committed again, as no
 * client should that cares for its pictures. */
void sync_slot_forget(struct sync_slot *slot);

/** Call it when release_fd has become readable: the buffer is free from then on. */
void sync_slot_released(struct sync_slot *slot);
