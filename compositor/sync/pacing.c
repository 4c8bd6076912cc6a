/* SPDX-License-Identifier: MIT */
/*
 * Conditions that are not fences: fifo barriers (wp_fifo_v1) and times (wp_commit_timer_v1).
 *
 * Both are things an update waits for, beside its fences and in any order with them; wait.h
 * counts them like these. So everything else, the order of updates, subsurfaces, limits, stays
 * as it is.
 *
 * A barrier is a state of the surface. It is set when the update that asked for it is applied, and
 * lifted when an output has latched the surface (latch_gate_latched()). An update that
 * waits for it asks at its own turn: not before all updates in front of it are applied, as one of
 * these may set the barrier. A surface that no output latches, because it is hidden or the screen
 * is off, goes on at the pace of a display that might show it; and no barrier outlives a second,
 * whatever happens, since an output can also stand still (the window of another compositor that
 * is hidden there).
 *
 * A time is turned into the moment when the update may become ready, so that the next vblank it can
 * make is not one before its target. That is in the outputs' clocks (outputs.h).
 *
 * One timer for the whole gate. It is set when something begins to wait, left alone until it fires,
 * and then set for what is due next, or not at all.
 */

#include "sync/pacing.h"

#include "base/clock.h"
#include "base/minmax.h"
#include "sync/outputs.h"
#include "sync/private.h"

/* A surface that an output is about to latch may get hidden instead: how often to look. */
#define LOOK_AGAIN_NS INT64_C(250000000)
#define BARRIER_MAX_NS INT64_C(1000000000)

static void arm(struct latch_gate *gate, int64_t due_ns) {
	latch_timer_set_earlier(&gate->pacing.timer, due_ns);
}

static int64_t ready_ns(const struct latch_held_update *update, int64_t now_ns) {
	const struct latch_surface_sync *sync = update->sync;
	return latch_outputs_ready(
		sync->gate->options.outputs, sync->surface, update->target_ns, now_ns);
}

/* When to look at a barrier that updates wait for; at or before now: it has to go. */
static int64_t barrier_due_ns(const struct latch_surface_sync *sync, int64_t now_ns) {
	int64_t last_ns = sync->barrier.set_ns + BARRIER_MAX_NS;
	int64_t interval_ns =
		latch_outputs_unseen_interval(sync->gate->options.outputs, sync->surface);
	int64_t due_ns = interval_ns > 0 ? sync->barrier.set_ns + interval_ns
					 : now_ns + LOOK_AGAIN_NS;
	return latch_min(due_ns, last_ns);
}

/* The oldest update that has yet to be applied, if it is held. */
static struct latch_held_update *find_next(struct latch_surface_sync *sync) {
	struct wlr_surface *surface = sync->surface;
	if (wl_list_empty(&sync->waiting)) {
		return NULL;
	}
	struct latch_held_update *head = wl_container_of(sync->waiting.next, head, link);
	const struct wlr_surface_state *state;
	wl_list_for_each(state, &surface->cached, cached_state_link) {
		/* wlroots takes a state out of the list after it was applied, we may be within. */
		if (state->seq != surface->current.seq) {
			return state->seq == head->seq ? head : NULL;
		}
	}
	return NULL;
}

void latch_pacing_drop_barrier(struct latch_surface_sync *sync) {
	if (sync->barrier.set) {
		sync->barrier.set = false;
		wl_list_remove(&sync->barrier.link);
	}
}

/* The update can be applied in here. */
static void stop_waiting_for_barrier(struct latch_held_update *update) {
	update->waits_for_barrier = false;
	update->sync->barrier.waiters--;
	latch_update_note_paced(&update->base, LATCH_HELD_BY_BARRIER, latch_now_ns());
	latch_wait_done(&update->wait);
}

/* Lets the update go whose turn it is, if the barrier is all it waits for: then it is applied in
 * here, and the surface may have another barrier. */
static void pass_barrier(struct latch_surface_sync *sync) {
	struct latch_held_update *next = find_next(sync);
	if (sync->barrier.set || next == NULL || !next->waits_for_barrier) {
		return;
	}
	stop_waiting_for_barrier(next);
}

void latch_gate_latched(struct latch_gate *gate,
	bool (*shows)(void *data, struct wlr_surface *surface), void *data) {
	struct wl_list latched;
	wl_list_init(&latched);
	struct latch_surface_sync *sync, *tmp;
	wl_list_for_each_safe(sync, tmp, &gate->pacing.barriers, barrier.link) {
		if (shows(data, sync->surface)) {
			wl_list_remove(&sync->barrier.link);
			wl_list_insert(latched.prev, &sync->barrier.link);
		}
	}
	/* What one lets go may end or latch others: begin anew each time. */
	while (!wl_list_empty(&latched)) {
		sync = wl_container_of(latched.next, sync, barrier.link);
		latch_pacing_drop_barrier(sync);
		pass_barrier(sync);
	}
}

static void wait_for_barrier(struct latch_held_update *update, int64_t now_ns) {
	struct latch_surface_sync *sync = update->sync;
	bool is_next = wl_list_empty(&sync->surface->cached);
	if (is_next && sync->barrier.set && barrier_due_ns(sync, now_ns) <= now_ns) {
		latch_pacing_drop_barrier(sync);
	}
	if (is_next && !sync->barrier.set) {
		return;
	}
	update->waits_for_barrier = true;
	latch_wait_add(&update->wait);
	sync->barrier.waiters++;
	if (sync->barrier.set) {
		arm(sync->gate, barrier_due_ns(sync, now_ns));
	}
}

static void wait_for_time(struct latch_held_update *update, int64_t now_ns) {
	struct latch_gate *gate = update->sync->gate;
	update->target_ns = update->sync->timing.target_ns;
	update->due_ns = ready_ns(update, now_ns);
	if (update->due_ns <= now_ns) {
		return;
	}
	update->waits_for_time = true;
	latch_wait_add(&update->wait);
	wl_list_insert(gate->pacing.timed.prev, &update->timed_link);
	arm(gate, update->due_ns);
}

void latch_pacing_begin(struct latch_held_update *update, bool follows) {
	struct latch_surface_sync *sync = update->sync;
	int64_t now_ns = sync->timing.has_target || sync->fifo.wait_barrier ? latch_now_ns() : 0;
	if (sync->timing.has_target) {
		wait_for_time(update, now_ns);
	}
	/* A synchronised subsurface's turn is its parent's: "the constraint must be ignored". */
	if (sync->fifo.wait_barrier && !follows) {
		wait_for_barrier(update, now_ns);
	}
	sync->pending.set_barrier = sync->fifo.set_barrier;
	sync->fifo.set_barrier = sync->fifo.wait_barrier = false;
	sync->timing.has_target = false;
}

void latch_pacing_end(struct latch_held_update *update) {
	if (update->waits_for_barrier) {
		update->waits_for_barrier = false;
		update->sync->barrier.waiters--;
	}
	if (update->waits_for_time) {
		update->waits_for_time = false;
		wl_list_remove(&update->timed_link);
	}
}

void latch_pacing_handle_applied(struct latch_surface_sync *sync) {
	if (sync->current.set_barrier) {
		int64_t now_ns = latch_now_ns();
		sync->current.set_barrier = false;
		latch_pacing_drop_barrier(sync);
		sync->barrier.set = true;
		sync->barrier.set_ns = now_ns;
		wl_list_insert(sync->gate->pacing.barriers.prev, &sync->barrier.link);
		if (sync->barrier.waiters > 0) {
			arm(sync->gate, barrier_due_ns(sync, now_ns));
		}
	}
	pass_barrier(sync);
}

void latch_pacing_ignore_barrier(struct latch_surface_sync *sync) {
	while (sync->barrier.waiters > 0) {
		struct latch_held_update *update;
		wl_list_for_each(update, &sync->waiting, link) {
			if (update->waits_for_barrier) {
				break;
			}
		}
		stop_waiting_for_barrier(update);
	}
}

static void let_timed_go(struct latch_gate *gate, int64_t now_ns) {
	struct wl_list due;
	wl_list_init(&due);
	struct latch_held_update *update, *tmp;
	wl_list_for_each_safe(update, tmp, &gate->pacing.timed, timed_link) {
		if (update->due_ns <= now_ns) {
			/* Meanwhile it may be known better. */
			update->due_ns = ready_ns(update, now_ns);
		}
		if (update->due_ns <= now_ns) {
			wl_list_remove(&update->timed_link);
			wl_list_insert(due.prev, &update->timed_link);
		} else {
			arm(gate, update->due_ns);
		}
	}
	while (!wl_list_empty(&due)) {
		update = wl_container_of(due.next, update, timed_link);
		wl_list_remove(&update->timed_link);
		update->waits_for_time = false;
		latch_update_note_paced(&update->base, LATCH_HELD_BY_TIME, now_ns);
		latch_wait_done(&update->wait);
	}
}

/* Whether the updates that wait for the surface's barrier have waited long enough. */
static bool is_overdue(void *data, struct wlr_surface *surface) {
	const int64_t now_ns = *(int64_t *)data;
	const struct latch_surface_sync *sync = latch_surface_sync_find(surface);
	if (sync->barrier.waiters == 0) {
		return false;
	}
	int64_t due_ns = barrier_due_ns(sync, now_ns);
	if (due_ns > now_ns) {
		arm(sync->gate, due_ns);
	}
	return due_ns <= now_ns;
}

static void handle_timer(void *data) {
	struct latch_gate *gate = data;
	int64_t now_ns = latch_now_ns();
	let_timed_go(gate, now_ns);
	latch_gate_latched(gate, is_overdue, &now_ns);
}

bool latch_pacing_init(struct latch_gate *gate) {
	wl_list_init(&gate->pacing.timed);
	wl_list_init(&gate->pacing.barriers);
	return latch_timer_init(&gate->pacing.timer, gate->loop, handle_timer, gate);
}
