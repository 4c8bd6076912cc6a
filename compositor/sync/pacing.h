/* SPDX-License-Identifier: MIT */
#pragma once

#include "sync/types.h"

/**
 * An output has latched what its surfaces show, or would show were they not covered: those for
 * which shows() is true lose their fifo barriers. The updates that waited for these become ready,
 * and the surfaces' commit events run in here.
 */
void latch_gate_latched(struct latch_gate *gate,
	bool (*shows)(void *data, struct wlr_surface *surface), void *data);

/* For the gate. */

/* False when the timer can't be had. */
bool latch_pacing_init(struct latch_gate *gate);
/* Lets update, which is being committed, wait for the time and the barrier that were asked for.
 * follows: it is a synchronised subsurface's. */
void latch_pacing_begin(struct latch_held_update *update, bool follows);
/* The update ends, whether it was shown or not. */
void latch_pacing_end(struct latch_held_update *update);
/* The surface's state was applied: sets its barrier, or lets the next update go. */
void latch_pacing_handle_applied(struct latch_surface_sync *sync);
/* Those of the surface's updates that wait for its barrier do so no more. */
void latch_pacing_ignore_barrier(struct latch_surface_sync *sync);
/* The surface has no barrier any more. Lets nothing go. */
void latch_pacing_drop_barrier(struct latch_surface_sync *sync);
