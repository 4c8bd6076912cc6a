/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Who waits for whom: a graph of updates, without surfaces, fds or clocks.
 *
 * A node is one content update of one surface. It waits for its own fences, for the update
 * of the same surface before it (they are shown in order), and for the newest update of each
 * synchronised subsurface (they are shown together). A node that waits for nothing is ready;
 * then, and in this order, its own ready function is called and those that waited for it are
 * told. So a child is always let go before its parent.
 *
 * Because a node waits for its predecessor, "the newest is ready" means "all are ready": a
 * parent needs one edge per child, however many updates a client piles up.
 */

#include <stdbool.h>
#include <stddef.h>
#include <wayland-util.h>

struct latch_wait;

/** The node waits for nothing any more. It may be finished, and freed, in here. */
typedef void (*latch_wait_ready_func)(struct latch_wait *wait);

struct latch_wait {
	latch_wait_ready_func ready;
	size_t count;	       /* fences and nodes that it still waits for */
	struct wl_list needs;  /* edges: this waits for another */
	struct wl_list needed; /* edges: others wait for this */
};

void latch_wait_init(struct latch_wait *wait, latch_wait_ready_func ready);

/** Drops all edges from the node; it must not be waited for any more (see orphan). */
void latch_wait_finish(struct latch_wait *wait);

/** One more fence to wait for. */
void latch_wait_add(struct latch_wait *wait);

/** Waits for another node, if that one is not ready. Returns false without memory. */
bool latch_wait_add_node(struct latch_wait *wait, struct latch_wait *other);

static inline bool latch_wait_is_ready(const struct latch_wait *wait) {
	return wait->count == 0;
}

/** One fence has signalled. */
void latch_wait_done(struct latch_wait *wait);

/**
 * The node will never be shown (its surface goes away): moves those that wait for it to a
 * list of the caller's, so that they can be told when it is safe (latch_wait_wake).
 */
void latch_wait_orphan(struct latch_wait *wait, struct wl_list *orphans);

/** Tells all nodes of such a list that what they waited for is done or gone. */
void latch_wait_wake(struct wl_list *orphans);
