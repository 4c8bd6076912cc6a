#ifndef LATCH_SYNC_COMMIT_TIMING_V1_H
#define LATCH_SYNC_COMMIT_TIMING_V1_H

/*
 * wp_commit_timer_v1: the wire. The time that a client sets waits here for its commit; what
 * becomes of it is in pacing.c.
 */

#include <stdbool.h>
#include <stdint.h>

struct wl_display;
struct wl_global;
struct wl_resource;
struct wlr_surface;

/** What wp_commit_timer_v1 has set for the next commit of a surface. */
struct latch_timing_surface {
	struct wl_resource *resource; /* NULL while the client has no such object */
	bool has_target;
	int64_t target_ns; /* CLOCK_MONOTONIC; INT64_MAX: later than int64_t can tell */
};

/** What the global needs to know; must outlive it. */
struct latch_timing_context {
	/* Finds the state of a surface; NULL when there is none. */
	struct latch_timing_surface *(*lookup)(struct wlr_surface *surface);
};

/** Offers the global; wl_global_destroy() ends it. NULL without memory. */
struct wl_global *latch_timing_global_create(
	struct wl_display *display, struct latch_timing_context *context);

/** The wl_surface goes away: the client's object stays, and answers with an error. */
void latch_timing_surface_finish(struct latch_timing_surface *state);

#endif
