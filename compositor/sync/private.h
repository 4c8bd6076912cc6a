#ifndef LATCH_SYNC_PRIVATE_H
#define LATCH_SYNC_PRIVATE_H

/* What the files of the gate share among themselves: gate.c, surface.c, tree.c, pacing.c,
 * held.c, release.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "base/timer.h"
#include "fence/wait.h"
#include "fence/watch.h"
#include "limits/account.h"
#include "sync/extension.h"
#include "sync/gate.h"
#include "sync/surface.h"
#include "sync/update.h"

/* linux-dmabuf-v1 knows four planes, each with an fd of its own. */
#define LATCH_UPDATE_MAX_WATCHES 4
#define LATCH_GATE_GLOBALS 5

/* Outlives the gate while there are releases. */
struct latch_release_pool {
	struct wl_event_loop *loop; /* NULL when the gate has gone */
	size_t refs;		    /* the gate, and each release */
	size_t outstanding;	    /* releases made and not yet destroyed by their owner */
	struct wl_list free;	    /* latch_release.link */
	struct wl_list late;	    /* latch_release.link: fence refused, waits for it */
};

struct latch_release_pool *latch_release_pool_create(struct wl_event_loop *loop);
/* The gate's last word: late releases are made now, the pool stays for those that are out. */
void latch_release_pool_finish(struct latch_release_pool *pool);

/* A release for a timeline point (takes a reference) and a buffer release (taken), each or
 * both. NULL without memory. */
struct latch_release *latch_release_create(struct latch_release_pool *pool,
	struct latch_timeline *timeline, uint64_t point,
	struct latch_buffer_release *buffer_release);

/* What waits for something else than a fence, see pacing.c. */
struct latch_gate_pacing {
	struct latch_timer timer;
	struct wl_list timed;	 /* latch_held_update.timed_link */
	struct wl_list barriers; /* latch_surface_sync.barrier.link */
};

struct latch_gate {
	struct wl_event_loop *loop;
	struct latch_gate_options options;
	struct latch_gate_events events;
	struct latch_timeline_device *timeline_device; /* or NULL */
	struct latch_release_pool *releases;

	struct latch_extension_global globals[LATCH_GATE_GLOBALS];
	size_t globals_len;

	struct wl_list surfaces; /* latch_surface_sync.link */
	struct wl_list free;	 /* latch_held_update.link */

	struct latch_timer hold_timer; /* zeroed when nobody wants to know, see held.c */
	struct latch_gate_pacing pacing;
	/* By enum latch_sync_kind: the kernel takes no deadlines for such fences. */
	bool no_deadlines[LATCH_SYNC_KINDS];

	uint64_t last_id;
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

/* linux_drm_syncobj_v1.c */

/* Forgets the points set since the last commit. */
void latch_syncobj_surface_clear(struct latch_syncobj_surface *state);

/* linux_explicit_synchronization_v1.c */

/* Moves the acquire fence out of it, off the account; -1 when there is none. */
int latch_explicit_surface_take_acquire(struct latch_explicit_surface *state);

/* The wl_surface goes away: gives back what was set and never committed. */
void latch_explicit_surface_finish(struct latch_explicit_surface *state);

/*
 * Sends the one event of the object, fenced_release or with -1 immediate_release, and frees
 * it. fence_fd stays the caller's. NULL is fine.
 */
void latch_buffer_release_send(struct latch_buffer_release *release, int fence_fd);

/* surface.c */

/* A watch of one of the surface's updates has ended: the account gets back what it was charged. */
void latch_surface_sync_discharge_watch(struct latch_surface_sync *sync);

/* held.c */

/* False when the timer can't be had. */
bool latch_hold_init(struct latch_gate *gate);
/* An update is held from now on. */
void latch_hold_begin(struct latch_held_update *update);
/* One that was held has ended, ready or not; it is in no list any more. */
void latch_hold_end(struct latch_held_update *update);
/* An acquire fence of the update has signalled with an error. */
void latch_hold_note_error(struct latch_held_update *update, const struct latch_watch *watch);
/* The watch has begun: tells the fence's driver the deadline, as soon as there is a fence. */
void latch_hold_hint(struct latch_held_update *update, struct latch_watch *watch);

/* pacing.c */

/* False when the timer can't be had. */
bool latch_pacing_init(struct latch_gate *gate);
/* Lets update, which is being committed, wait for the barrier and the time that were asked for. */
void latch_pacing_begin(struct latch_held_update *update);
/* The update ends, whether it was shown or not. */
void latch_pacing_end(struct latch_held_update *update);
/* The surface's state was applied: sets its barrier, or lets the next update go. */
void latch_pacing_handle_applied(struct latch_surface_sync *sync);
/* Those of the surface's updates that wait for its barrier do so no more. */
void latch_pacing_ignore_barrier(struct latch_surface_sync *sync);
/* The surface goes away. */
void latch_pacing_detach(struct latch_surface_sync *sync);

/* tree.c */

/* Whether it is a subsurface whose commits wait for its parent's. */
bool latch_tree_is_synchronised(struct wlr_surface *surface);

/* Lets update, which is being committed, wait for what must be shown before it or together
 * with it. False without memory. */
bool latch_tree_depend(struct latch_held_update *update);
/* Keeps update, which is being committed, behind its parent's pending ones (takes a lock). */
void latch_tree_put_barrier(struct latch_held_update *update);
/* The surface's state was applied: lets those go that waited for it. */
void latch_tree_handle_applied(struct latch_surface_sync *sync);
/* The surface goes away: lets go all that waited for it, and stops waiting for its parent. */
void latch_tree_detach(struct latch_surface_sync *sync);

#endif
