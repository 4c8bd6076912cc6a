/* SPDX-License-Identifier: MIT */
/*
 * Subsurfaces in the gate.
 *
 * A synchronised subsurface's commits are kept back by wlroots until its parent's state is
 * applied, and applied with it. wlroots does so by a lock on the subsurface's first cached
 * update: taken by wlr_subcompositor in its own client_commit listener, given up when the
 * parent's state is applied, just before the parent's synced hooks and its commit event run.
 * Behind that lock it applies everything up to the next update that is locked.
 *
 * Two things follow for a gate that holds updates back.
 *
 * 1. The parent must wait for the children's fences. A child whose own lock were still there
 *    when the parent is applied would be shown later than its parent. So a parent's commit
 *    depends on the newest waiting update of each of its synchronised subsurfaces, and thereby
 *    (wait.h) on all of them. The children's commits came first, by the protocol's nature, so
 *    at the parent's client_commit all is known. The parent is let go after the child's own
 *    lock went, in one call: nobody sees a state in between. A desynchronised subsurface is
 *    not asked.
 *
 * 2. A child's update that comes after a parent's update which still waits must not slip in
 *    with it: it belongs to the parent's next one. wlroots does not lock it, as the child's
 *    earlier update is locked already, or gives the lock up with the parent's first update. So
 *    it gets a second lock from us, the barrier, until that very update of the parent has been
 *    applied. Then we hand this lock over to the wlr_subsurface, as if it had taken it at the
 *    commit (has_cache, cached_seq), so that all else, set_desync and destruction in any
 *    order, stays wlroots' own job.
 *
 * The order of listeners does not matter for this: ours is the first on client_commit, for it
 * is added when the surface is made, before any role; the lock of wlr_subsurface comes after,
 * on the same pending state, and locks are counted. Nothing in here reads has_cache of the
 * update that is being committed.
 */

#include "sync/private.h"

#include <wlr/types/wlr_subcompositor.h>

#include "sync/pacing.h"

static bool is_synchronised(struct wlr_subsurface *subsurface) {
	while (subsurface != NULL) {
		if (subsurface->synchronized) {
			return true;
		}
		subsurface = wlr_subsurface_try_from_wlr_surface(subsurface->parent);
	}
	return false;
}

bool latch_tree_is_synchronised(struct wlr_surface *surface) {
	return is_synchronised(wlr_subsurface_try_from_wlr_surface(surface));
}

static bool depend_on_newest(struct latch_held_update *update, struct latch_surface_sync *sync) {
	if (wl_list_empty(&sync->waiting)) {
		return true;
	}
	struct latch_held_update *newest = wl_container_of(sync->waiting.prev, newest, link);
	return latch_wait_add_node(&update->wait, &newest->wait);
}

static bool depend_on_child(struct latch_held_update *update, struct wlr_subsurface *child) {
	struct latch_surface_sync *sync = latch_surface_sync_find(child->surface);
	if (sync == NULL || !is_synchronised(child)) {
		return true;
	}
	/* Not synchronised when it asked for the barrier; its turn may be the parent's now. */
	latch_pacing_ignore_barrier(sync);
	return depend_on_newest(update, sync);
}

static bool depend_on_children(struct latch_held_update *update, struct wl_list *children) {
	struct wlr_subsurface *child;
	wl_list_for_each(child, children, pending.link) {
		if (!depend_on_child(update, child)) {
			return false;
		}
	}
	return true;
}

bool latch_tree_depend(struct latch_held_update *update) {
	struct wlr_surface_state *pending = &update->sync->surface->pending;
	return depend_on_newest(update, update->sync) &&
	       depend_on_children(update, &pending->subsurfaces_below) &&
	       depend_on_children(update, &pending->subsurfaces_above);
}

void latch_tree_put_barrier(struct latch_held_update *update) {
	struct wlr_surface *surface = update->sync->surface;
	struct wlr_subsurface *subsurface = wlr_subsurface_try_from_wlr_surface(surface);
	if (subsurface == NULL || !is_synchronised(subsurface) ||
		wl_list_empty(&subsurface->parent->cached)) {
		return;
	}
	struct latch_surface_sync *parent = latch_surface_sync_find(subsurface->parent);
	if (parent == NULL) {
		return;
	}

	const struct wlr_surface_state *newest =
		wl_container_of(subsurface->parent->cached.prev, newest, cached_state_link);
	update->barrier = parent;
	update->barrier_seq = newest->seq;
	wl_list_insert(parent->behind.prev, &update->barrier_link);
	wlr_surface_lock_pending(surface);
}

/* The update can be gone afterwards. has_cache and cached_seq are wlroots' own business (0.20); it
 * has no call that hands a lock to a subsurface. Were the lock given up instead, the update would
 * be shown before the parent's next state, to which it belongs. */
static void lift_barrier(struct latch_held_update *update) {
	struct latch_surface_sync *parent = update->barrier;
	struct wlr_surface *surface = update->sync->surface;
	update->barrier = NULL;
	wl_list_remove(&update->barrier_link);

	struct wlr_subsurface *subsurface = wlr_subsurface_try_from_wlr_surface(surface);
	if (subsurface != NULL && subsurface->parent == parent->surface &&
		is_synchronised(subsurface) && !subsurface->has_cache) {
		subsurface->has_cache = true;
		subsurface->cached_seq = update->seq;
		return;
	}
	wlr_surface_unlock_cached(surface, update->seq);
}

/* wlroots 0.20 asks for the subsurface's own mode when it gives the lock up, but took it for
 * the mode of its ancestors too: a desynchronised subsurface of a synchronised one would stay
 * as it is for ever. */
static void release_nested(struct wl_list *children) {
	struct wlr_subsurface *child;
	wl_list_for_each(child, children, current.link) {
		if (child->has_cache && !child->synchronized) {
			child->has_cache = false;
			wlr_surface_unlock_cached(child->surface, child->cached_seq);
		}
	}
}

void latch_tree_handle_applied(struct latch_surface_sync *sync) {
	struct wlr_surface *surface = sync->surface;
	release_nested(&surface->current.subsurfaces_below);
	release_nested(&surface->current.subsurfaces_above);

	/* Oldest first, so that the subsurface gets the lock of its first update. An unlock
	 * runs other people's commit listeners: start again after each. */
	struct latch_held_update *update, *next;
	do {
		next = NULL;
		wl_list_for_each(update, &sync->behind, barrier_link) {
			if (update->barrier_seq == surface->current.seq) {
				next = update;
				break;
			}
		}
		if (next != NULL) {
			lift_barrier(next);
		}
	} while (next != NULL);
}

void latch_tree_detach(struct latch_surface_sync *sync) {
	while (!wl_list_empty(&sync->behind)) {
		struct latch_held_update *update =
			wl_container_of(sync->behind.next, update, barrier_link);
		lift_barrier(update);
	}
}
