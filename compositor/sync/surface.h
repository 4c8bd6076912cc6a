#ifndef LATCH_SYNC_SURFACE_H
#define LATCH_SYNC_SURFACE_H

/* One wl_surface in the gate (gate.h), and what the protocols have set for its next commit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

struct latch_account;
struct latch_buffer_release;
struct latch_gate;
struct latch_held_update;
struct latch_timeline;

struct latch_sync_state {
	struct latch_held_update *update;
	bool set_barrier; /* wp_fifo_v1 */
	bool async;	  /* wp_tearing_control_v1; stays until it is set anew */
};

/* What the protocols' objects have set for the next commit. Each begins with the object, see
 * extension.h. */

struct latch_syncobj_surface {
	struct wl_resource *resource;
	struct latch_timeline *acquire;
	struct latch_timeline *release;
	uint64_t acquire_point;
	uint64_t release_point;
};

struct latch_explicit_surface {
	struct wl_resource *resource;
	int acquire_fd;			      /* a sync_file, or -1; on the client's account */
	struct latch_buffer_release *release; /* may lose its client at any time */
};

struct latch_fifo_surface {
	struct wl_resource *resource;
	bool set_barrier;
	bool wait_barrier;
};

struct latch_timing_surface {
	struct wl_resource *resource;
	bool has_target;
	int64_t target_ns; /* CLOCK_MONOTONIC; INT64_MAX: later than int64_t can tell */
};

struct latch_tearing_surface {
	struct wl_resource *resource;
};

/** The gate's part of a wl_surface: its owner embeds it in the object that it has for each of
 * them. */
struct latch_surface_sync {
	struct latch_gate *gate;
	struct latch_account *account; /* its owner's; NULL where no accounts are kept */
	struct wlr_surface *surface;
	uint32_t id;	     /* in traces and logs, not 0 */
	uint64_t updates;    /* with a buffer, so far */
	struct wl_list link; /* latch_gate.surfaces */

	struct wlr_surface_synced synced;
	struct latch_sync_state pending, current;

	struct latch_syncobj_surface syncobj;
	struct latch_explicit_surface explicit;
	struct latch_fifo_surface fifo;
	struct latch_timing_surface timing;
	struct latch_tearing_surface tearing;

	/* The surface's fifo barrier. */
	struct {
		bool set; /* and in a list of latch_pacing */
		int64_t set_ns;
		size_t waiters; /* updates that wait for it at their turn */
		struct wl_list link;
	} barrier;

	struct wl_list waiting; /* latch_held_update.link, oldest first */
	struct wl_list behind;	/* latch_held_update.barrier_link of subsurfaces' updates */

	bool warned;		 /* of an update that is held, until nothing is */
	bool fence_error_logged;

	struct wl_listener client_commit, commit;
};

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

/** A surface's part; NULL where it has none. */
struct latch_surface_sync *latch_surface_sync_find(const struct wlr_surface *surface);

/** Whether what the surface shows is to be seen for a whole refresh, until it is latched
 * (fifo-v1). */
bool latch_surface_sync_has_barrier(const struct wlr_surface *surface);

/** Whether what the surface shows may be flipped to at once (tearing-control-v1). */
bool latch_surface_sync_is_async(const struct wlr_surface *surface);

#endif
