/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The gate: holds a content update until every acquire fence in it has SIGNALLED, its own and those
 * of the synchronised subsurfaces that are shown with it. Until then the surface's current state
 * stays the last one; nothing unsignalled reaches the rest of latch, so nobody behind the gate ever
 * waits for a client's fence.
 *
 * It holds updates for two more things: the surface's fifo barrier and a time, see pacing.c.
 *
 * It has a part in every wl_surface, see surface.h, and offers the protocols that say when and how
 * a surface's next state is to be seen, see extension.h.
 */

#include "sync/types.h"

/**
 * Must be called before the first client connects. NULL on failure, which has been logged.
 * Call wl_display_destroy_clients() before latch_gate_destroy(), and destroy all releases; NULL is
 * fine for that.
 */
struct latch_gate *latch_gate_create(
	struct wl_display *display, const struct latch_gate_options *options);
void latch_gate_destroy(struct latch_gate *gate);

/** Once, before the first surface. */
void latch_gate_listen(struct latch_gate *gate, const struct latch_gate_events *events);

/** To be called when an output has another latch_gate_output.color, or surfaces have moved to another
 * output. Sends an event to each client that the change concerns. */
void latch_gate_colors_changed(struct latch_gate *gate);

struct latch_gate_stats latch_gate_get_stats(const struct latch_gate *gate);
