/* SPDX-License-Identifier: MIT */
/*
 * What is held, for how long and because of whom.
 *
 * One timer for the whole gate. It is set when something begins to be held, and then left alone
 * until it fires, while what is held comes and goes: an update that waits for some milliseconds, as
 * most do, costs no system call. When it fires it is set anew for what is due next, or not at all.
 */

#include "sync/held.h"

#include <inttypes.h>
#include <stdio.h>
#include <wayland-server-protocol.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "sync/outputs.h"
#include "sync/private.h"

#define NS_PER_MS INT64_C(1000000)

const struct latch_watch *latch_hold_find_pending(const struct latch_held_update *update) {
	for (size_t i = 0; i < update->num_watches; i++) {
		if (update->watches[i].source != NULL) {
			return &update->watches[i];
		}
	}
	return NULL;
}

static struct latch_held describe(const struct latch_held_update *update, int64_t now_ns) {
	const struct latch_watch *watch = latch_hold_find_pending(update);
	struct latch_held held = {
		.surface = update->sync->surface,
		.account = update->sync->account,
		.update_id = update->base.id,
		.kind = update->base.record.sync,
		.by = LATCH_HELD_BY_UPDATE,
		.age_ns = now_ns - update->held_ns,
	};
	for (size_t i = 0; i < update->num_watches; i++) {
		held.fences += update->watches[i].source != NULL;
	}
	if (watch != NULL) {
		held.by = latch_watch_get_info(watch, &held.fence) == 0 ? LATCH_HELD_BY_POINT
									: LATCH_HELD_BY_FENCE;
		held.point = watch->point;
	} else if (update->waits_for_time) {
		held.by = LATCH_HELD_BY_TIME;
		held.target_ns = update->target_ns;
	} else if (update->waits_for_barrier) {
		held.by = LATCH_HELD_BY_BARRIER;
	}
	return held;
}

void latch_gate_for_each_held(const struct latch_gate *gate,
	void (*func)(void *data, const struct latch_held *held), void *data) {
	int64_t now_ns = latch_now_ns();
	const struct latch_surface_sync *sync;
	wl_list_for_each(sync, &gate->surfaces, link) {
		const struct latch_held_update *update;
		wl_list_for_each(update, &sync->waiting, link) {
			struct latch_held held = describe(update, now_ns);
			func(data, &held);
		}
	}
}

static void warn(struct latch_held_update *update, int64_t now_ns) {
	struct latch_held held = describe(update, now_ns);
	char who[LATCH_ACCOUNT_TEXT], cause[128];
	if (held.by == LATCH_HELD_BY_POINT) {
		snprintf(cause, sizeof(cause),
			"point %" PRIu64 " of its timeline, without a fence yet", held.point);
	} else {
		snprintf(cause, sizeof(cause), "a fence (%s) of driver \"%s\", timeline \"%s\"",
			latch_name(&latch_sync_kind_names, held.kind), held.fence.driver_name,
			held.fence.timeline_name);
	}
	wlr_log(WLR_INFO, "%s: wl_surface#%u has stood still for %.1f s, waiting for %s",
		latch_account_describe(held.account, who),
		wl_resource_get_id(held.surface->resource), (double)held.age_ns / 1e9, cause);
	update->sync->warned = true;
}

static void time_out(struct latch_held_update *update) {
	const struct latch_gate *gate = update->sync->gate;
	struct latch_account *account = update->sync->account;
	char who[LATCH_ACCOUNT_TEXT], text[128];
	snprintf(text, sizeof(text), "wl_surface#%u has waited for a fence for more than %" PRId64
				     " ms (--fence-timeout)",
		wl_resource_get_id(update->sync->surface->resource),
		gate->options.fence_timeout_ns / NS_PER_MS);
	wlr_log(WLR_ERROR, "%s is ended: %s", latch_account_describe(account, who), text);
	latch_account_end(account, WL_DISPLAY_ERROR_IMPLEMENTATION, text);
}

/* The surface's oldest update that waits for a fence of its own: later ones only queue behind it.
 * Those that wait for a subsurface are blocked by the subsurface's update. */
static struct latch_held_update *find_guilty(struct latch_surface_sync *sync) {
	struct latch_held_update *update;
	wl_list_for_each(update, &sync->waiting, link) {
		if (latch_hold_find_pending(update) != NULL) {
			return update;
		}
	}
	return NULL;
}

/* Whether something that is to be done when the update was held for so long is due; else the timer
 * is set for it. delay_ns: 0: never. */
static bool is_due(const struct latch_held_update *update, int64_t delay_ns, int64_t now_ns) {
	if (delay_ns == 0) {
		return false;
	}
	const int64_t due_ns = update->held_ns + delay_ns;
	if (due_ns > now_ns) {
		latch_timer_set_earlier(&update->sync->gate->hold_timer, due_ns);
	}
	return due_ns <= now_ns;
}

/* What is to be said or done of this surface now, or next. */
static void look_at(struct latch_surface_sync *sync, int64_t now_ns) {
	const struct latch_gate_options *options = &sync->gate->options;
	struct latch_held_update *update = find_guilty(sync);
	if (update == NULL || latch_account_is_ending(sync->account)) {
		return;
	}
	if (!sync->warned && is_due(update, options->hold_warning_ns, now_ns)) {
		warn(update, now_ns);
	}
	if (sync->account != NULL && is_due(update, options->fence_timeout_ns, now_ns)) {
		time_out(update);
	}
}

static void handle_timer(void *data) {
	struct latch_gate *gate = data;
	const int64_t now_ns = latch_now_ns();
	struct latch_surface_sync *sync;
	wl_list_for_each(sync, &gate->surfaces, link) {
		look_at(sync, now_ns);
	}
}

bool latch_hold_init(struct latch_gate *gate) {
	return (gate->options.hold_warning_ns == 0 && gate->options.fence_timeout_ns == 0) ||
	       latch_timer_init(&gate->hold_timer, gate->loop, handle_timer, gate);
}

void latch_hold_begin(struct latch_held_update *update) {
	const struct latch_gate_options *options = &update->sync->gate->options;
	is_due(update, options->hold_warning_ns, update->held_ns);
	is_due(update, options->fence_timeout_ns, update->held_ns);
}

void latch_hold_end(struct latch_held_update *update) {
	/* A client that is always late is named once, not with each frame. */
	if (wl_list_empty(&update->sync->waiting)) {
		update->sync->warned = false;
	}
}

void latch_hold_note_error(struct latch_held_update *update, const struct latch_watch *watch) {
	struct latch_surface_sync *sync = update->sync;
	if (sync->fence_error_logged) {
		return;
	}
	char who[LATCH_ACCOUNT_TEXT], names[96] = "";
	if (watch->info.driver_name[0] != '\0') {
		snprintf(names, sizeof(names), "; driver \"%s\", timeline \"%s\"",
			watch->info.driver_name, watch->info.timeline_name);
	}
	wlr_log(WLR_ERROR,
		"%s: a fence of wl_surface#%u (%s%s) signalled with an error, its buffer is not "
		"shown: %s",
		latch_account_describe(sync->account, who),
		wl_resource_get_id(sync->surface->resource),
		latch_name(&latch_sync_kind_names, update->base.record.sync), names, strerror(-watch->error));
	sync->fence_error_logged = true;
}

/* Returns what latch_watch_set_deadline() does, 0 also where there is nothing to be told. */
static int set_deadline(struct latch_held_update *update, const struct latch_watch *watch) {
	int64_t vblank_ns = latch_outputs_next_vblank(
		update->sync->gate->options.outputs, update->sync->surface);
	return vblank_ns != 0 ? latch_watch_set_deadline(watch, vblank_ns) : 0;
}

static void handle_fence_there(struct latch_watch *watch) {
	set_deadline(watch->data, watch);
}

void latch_hold_hint(struct latch_held_update *update, struct latch_watch *watch) {
	if (set_deadline(update, watch) == -EAGAIN) {
		/* No more than a hint: where it can't be had, it is not given. */
		latch_watch_await_fence(watch, update->sync->gate->loop, handle_fence_there);
	}
}
