#ifndef LATCH_SYNC_FIFO_V1_H
#define LATCH_SYNC_FIFO_V1_H

/*
 * wp_fifo_v1: the wire. What a client sets waits here for its commit; what becomes of it is in
 * pacing.c.
 */

#include <stdbool.h>

struct wl_display;
struct wl_global;
struct wl_resource;
struct wlr_surface;

/** What wp_fifo_v1 has set for the next commit of a surface. */
struct latch_fifo_surface {
	struct wl_resource *resource; /* NULL while the client has no such object */
	bool set_barrier;
	bool wait_barrier;
};

/** What the global needs to know; must outlive it. */
struct latch_fifo_context {
	/* Finds the state of a surface; NULL when there is none. */
	struct latch_fifo_surface *(*lookup)(struct wlr_surface *surface);
};

/** Offers the global; wl_global_destroy() ends it. NULL without memory. */
struct wl_global *latch_fifo_global_create(
	struct wl_display *display, struct latch_fifo_context *context);

/** The wl_surface goes away: the client's object stays, and answers with an error. */
void latch_fifo_surface_finish(struct latch_fifo_surface *state);

#endif
