#ifndef LATCH_SYNC_GATE_H
#define LATCH_SYNC_GATE_H

/*
 * The gate: holds a content update until every acquire fence in it has SIGNALLED, its own and
 * those of the synchronised subsurfaces that are shown with it. Until then the surface's
 * current state stays the last one; nothing unsignalled reaches the rest of latch, so nobody
 * behind the gate ever waits for a client's fence.
 *
 * It attaches itself to every wl_surface of the compositor and offers linux-drm-syncobj-v1
 * and zwp_linux_explicit_synchronization_v1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/update.h"

struct latch_gate;
struct latch_timeline_device;
struct wl_display;
struct wlr_compositor;
struct wlr_surface;

struct latch_gate_options {
	/* The node for timelines; the gate takes a reference of its own. NULL: there is none,
	 * linux-drm-syncobj-v1 is not offered. */
	struct latch_timeline_device *timeline_device;
};

/** For leak tests, and for whoever asks what the gate is doing. */
struct latch_gate_stats {
	size_t surfaces;     /* wl_surfaces attached to */
	size_t held;	     /* updates that wait now */
	size_t watches;	     /* fences that are watched now */
	size_t releases;     /* releases not yet destroyed */
	uint64_t updates;    /* updates with a buffer, ever */
	uint64_t held_ever;  /* of which had to wait */
	uint64_t superseded; /* never taken: dropped, or replaced before somebody took them */
	uint64_t fence_errors;
};

/**
 * Must be called before the first client connects. NULL on failure, which has been logged.
 * Call wl_display_destroy_clients() before latch_gate_destroy(); NULL is fine for that.
 */
struct latch_gate *latch_gate_create(struct wl_display *display, struct wlr_compositor *compositor,
	const struct latch_gate_options *options);
void latch_gate_destroy(struct latch_gate *gate);

void latch_gate_get_stats(const struct latch_gate *gate, struct latch_gate_stats *stats);

/**
 * Takes the update that has just become the surface's current state; to be called in a
 * listener of wlr_surface.events.commit, where surface->current.buffer is its buffer.
 * Returns false (*update is emptied) when this commit brought no buffer, or it was taken
 * already. On true the caller owns update->release. Updates nobody takes are released with
 * the next commit. When update->fence_error is set, don't show the buffer, and destroy the
 * release.
 */
bool latch_surface_sync_take_current(struct wlr_surface *surface, struct latch_update *update);

#endif
