/* SPDX-License-Identifier: MIT */
#pragma once

/* One wl_surface in the gate (gate.h). */

#include "sync/types.h"

/**
 * Attaches it to a surface that is just being made: wlr_surface.data is its own from now on.
 * account is borrowed until latch_surface_sync_finish(), NULL is fine; id is not 0. False without
 * memory.
 */
bool latch_surface_sync_init(struct latch_surface_sync *sync, struct latch_gate *gate,
	struct wlr_surface *surface, struct latch_account *account, uint32_t id);

/** The surface is being destroyed. What waited for it can be applied in here, with all that
 * follows. */
void latch_surface_sync_finish(struct latch_surface_sync *sync);

/**
 * Sends the frame callbacks of the surface's oldest update that is held, where that one waits for a
 * fence of its own. Returns whether there were any.
 */
bool latch_surface_sync_send_held_callbacks(struct latch_surface_sync *sync, int64_t time_ns);

/** Whether what the surface shows is to be seen for a whole refresh, until it is latched
 * (fifo-v1). */
bool latch_surface_sync_has_barrier(const struct wlr_surface *surface);

/** Whether what the surface shows may be flipped to at once (tearing-control-v1). */
bool latch_surface_sync_is_async(const struct wlr_surface *surface);
