/* SPDX-License-Identifier: MIT */
#include "fence/wait.h"

#include <assert.h>
#include <stdlib.h>

struct edge {
	struct latch_wait *waiter;
	struct wl_list needs_link;  /* latch_wait.needs of the waiter */
	struct wl_list needed_link; /* latch_wait.needed of what it waits for */
};

static void edge_destroy(struct edge *edge) {
	wl_list_remove(&edge->needs_link);
	wl_list_remove(&edge->needed_link);
	free(edge);
}

void latch_wait_init(struct latch_wait *wait, latch_wait_ready_func ready) {
	*wait = (struct latch_wait){.ready = ready};
	wl_list_init(&wait->needs);
	wl_list_init(&wait->needed);
}

void latch_wait_finish(struct latch_wait *wait) {
	assert(wl_list_empty(&wait->needed));
	struct edge *edge, *tmp;
	wl_list_for_each_safe(edge, tmp, &wait->needs, needs_link) {
		edge_destroy(edge);
	}
	wait->count = 0;
}

void latch_wait_add(struct latch_wait *wait) {
	wait->count++;
}

bool latch_wait_add_node(struct latch_wait *wait, struct latch_wait *other) {
	if (latch_wait_is_ready(other)) {
		return true;
	}
	struct edge *edge = calloc(1, sizeof(*edge));
	if (edge == NULL) {
		return false;
	}
	edge->waiter = wait;
	wl_list_insert(wait->needs.prev, &edge->needs_link);
	wl_list_insert(other->needed.prev, &edge->needed_link);
	wait->count++;
	return true;
}

void latch_wait_orphan(struct latch_wait *wait, struct wl_list *orphans) {
	wl_list_insert_list(orphans->prev, &wait->needed);
	wl_list_init(&wait->needed);
}

/* One thing less to wait for. Those that wait for a node that is ready now are put at the end
 * of *work instead of being told at once: a client can pile up updates by the thousand, each
 * behind the other, and they must not become as many stack frames. */
static void settle(struct latch_wait *wait, struct wl_list *work) {
	assert(wait->count > 0);
	if (--wait->count > 0) {
		return;
	}
	/* The node may be gone after ready(). */
	latch_wait_orphan(wait, work);
	wait->ready(wait);
}

void latch_wait_wake(struct wl_list *orphans) {
	/* A ready function can end any node, and so take edges out of this list. */
	while (!wl_list_empty(orphans)) {
		struct edge *edge = wl_container_of(orphans->next, edge, needed_link);
		struct latch_wait *waiter = edge->waiter;
		edge_destroy(edge);
		settle(waiter, orphans);
	}
}

void latch_wait_done(struct latch_wait *wait) {
	struct wl_list work;
	wl_list_init(&work);
	settle(wait, &work);
	latch_wait_wake(&work);
}
