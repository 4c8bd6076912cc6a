/* SPDX-License-Identifier: MIT */
#pragma once

#include "fence/watch.h"
#include "sync/types.h"

/** One update that is held, for logs and the inspector. All is borrowed. */
struct latch_held {
	struct wlr_surface *surface;
	/* NULL where no accounts are kept (limits/account.h). */
	const struct latch_account *account;
	uint64_t update_id; /* 0: a commit without a buffer */
	enum latch_sync_kind kind;
	enum latch_held_by by;
	int64_t age_ns; /* since its commit */
	size_t fences;	/* that it still waits for */
	/* Of the first of them. BY_FENCE: its driver and timeline. The point where kind is
	 * LATCH_SYNC_SYNCOBJ. */
	struct latch_fence_info fence;
	uint64_t point;
	int64_t target_ns; /* BY_TIME: when it is to be seen */
};

/**
 * Calls func for each update that is held, surface by surface, the oldest of each first. Asks the
 * kernel about each (some short ioctls). func must not end surfaces or clients.
 */
void latch_gate_for_each_held(const struct latch_gate *gate,
	void (*func)(void *data, const struct latch_held *held), void *data);

/* For the gate. */

/* The first fence that the update still waits for; NULL: it waits for none of its own. */
const struct latch_watch *latch_hold_find_pending(const struct latch_held_update *update);
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
