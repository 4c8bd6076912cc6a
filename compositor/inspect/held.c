#include "inspect/held.h"

#include <stdlib.h>
#include <wayland-server-core.h>

#include "latch-inspector-unstable-v1-protocol.h"

void latch_held_list_finish(struct latch_held_list *list) {
	free(list->updates);
	*list = (struct latch_held_list){0};
}

struct latch_snapshot_held *latch_held_list_add(struct latch_held_list *list) {
	struct latch_snapshot_held *grown =
		reallocarray(list->updates, list->len + 1, sizeof(list->updates[0]));
	if (grown == NULL) {
		return NULL;
	}
	list->updates = grown;
	struct latch_snapshot_held *held = &grown[list->len++];
	*held = (struct latch_snapshot_held){0};
	return held;
}

static void send_update(struct wl_resource *resource, const struct latch_snapshot_held *held) {
	uint64_t age = held->age_ns > 0 ? (uint64_t)held->age_ns : 0;
	zlatch_inspector_held_v1_send_update(resource, held->surface, held->object, held->pid,
		held->command, held->app_id, held->by, held->kind, (uint32_t)(age >> 32),
		(uint32_t)age, held->fences);
	if (held->has_fence) {
		zlatch_inspector_held_v1_send_fence(resource, held->driver, held->timeline);
	}
	if (held->has_point) {
		zlatch_inspector_held_v1_send_point(
			resource, (uint32_t)(held->point >> 32), (uint32_t)held->point);
	}
}

void latch_held_list_send(const struct latch_held_list *list, struct wl_resource *resource) {
	for (size_t i = 0; i < list->len; i++) {
		send_update(resource, &list->updates[i]);
	}
	zlatch_inspector_held_v1_send_done(resource);
}
