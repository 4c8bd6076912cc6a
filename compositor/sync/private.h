/* SPDX-License-Identifier: MIT */
#pragma once

/* The gate's plain structs that nobody else sees, and how subsurfaces wait for each other. */

#include "base/timer.h"
#include "fence/wait.h"
#include "fence/watch.h"
#include "limits/account.h"
#include "sync/types.h"

/* linux-dmabuf-v1 knows four planes, each with an fd of its own. */
#define LATCH_UPDATE_MAX_WATCHES 4

/* An extension that is offered as long as there is the display: the data of the wl_global and of
 * the resources of its manager. */
struct latch_extension_global {
	const struct latch_extension *extension;
	struct latch_gate *gate;
};

struct latch_gate {
	struct wl_event_loop *loop;
	struct latch_gate_options options;
	struct latch_gate_events events;
	struct latch_extension_global globals[LATCH_EXTENSIONS];

	struct wl_list surfaces; /* latch_surface_sync.link */
	struct wl_list free;	 /* latch_held_update.link */

	struct latch_timer hold_timer; /* zeroed when nobody wants to know, see held.c */
	/* What waits for something else than a fence, see pacing.c. */
	struct {
		struct latch_timer timer;
		struct wl_list timed;	 /* latch_held_update.timed_link */
		struct wl_list barriers; /* latch_surface_sync.barrier.link */
	} pacing;

	uint64_t last_id;
	uint64_t last_color; /* of the image descriptions that clients have made */
	struct wl_list colored; /* objects that tell of outputs' colours, see color_management_v1.c */
	struct latch_gate_stats stats;
};

/*
 * One wl_surface.commit on its way: a new buffer, or a commit without one that must wait for
 * something else. wlroots moves the pointer to it from pending over cached to current state.
 */
struct latch_held_update {
	struct latch_update base; /* id 0: it brings no buffer */
	struct latch_surface_sync *sync;
	uint32_t seq; /* wlr_surface_state.seq */

	bool charged; /* to the account, until it is applied */
	/* Until it is ready it holds one lock of its state, and is in sync->waiting. */
	struct latch_wait wait;
	bool waiting;
	int64_t held_ns; /* since when */
	struct latch_watch watches[LATCH_UPDATE_MAX_WATCHES];
	size_t num_watches;

	/* Each counts once in wait, see pacing.c. */
	bool waits_for_barrier;
	bool waits_for_time;
	int64_t target_ns; /* when it is to be seen */
	int64_t due_ns;	   /* when to let it go, as far as is known */
	struct wl_list timed_link;

	/* The second lock, see tree.c: this update of a synchronised subsurface came after an
	 * update of its parent that has yet to be applied. */
	struct latch_surface_sync *barrier; /* the parent; NULL for no barrier */
	uint32_t barrier_seq;
	struct wl_list barrier_link; /* latch_surface_sync.behind of the parent */

	struct wl_list link; /* latch_surface_sync.waiting, or latch_gate.free */
};

/* tree.c */

/** Whether it is a subsurface whose commits wait for its parent's. */
bool latch_tree_is_synchronised(struct wlr_surface *surface);

/** Lets update, which is being committed, wait for what must be shown before it or together
 * with it. False without memory. */
bool latch_tree_depend(struct latch_held_update *update);
/** Keeps update, which is being committed, behind its parent's pending ones (takes a lock). */
void latch_tree_put_barrier(struct latch_held_update *update);
/** The surface's state was applied: lets those go that waited for it. */
void latch_tree_handle_applied(struct latch_surface_sync *sync);
/** The surface goes away: lets go all that waited for it, and stops waiting for its parent. */
void latch_tree_detach(struct latch_surface_sync *sync);
