#include "inspect/held.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <wayland-server-core.h>

#include "latch-inspector-unstable-v1-protocol.h"

void latch_held_list_finish(struct latch_held_list *list) {
	free(list->updates);
	*list = (struct latch_held_list){0};
}

struct latch_snapshot_held *latch_held_list_add(struct latch_held_list *list) {
	return latch_snapshot_append((void **)&list->updates, &list->len, sizeof(list->updates[0]));
}

static void send_update(struct wl_resource *resource, const struct latch_snapshot_held *held) {
	uint64_t age = held->age_ns > 0 ? (uint64_t)held->age_ns : 0;
	zlatch_inspector_held_v1_send_update(resource, held->surface, held->object, held->pid,
		held->command, held->app_id, latch_held_by_name(held->by), held->kind,
		(uint32_t)(age >> 32), (uint32_t)age, held->fences);
	if (held->by == LATCH_HELD_BY_FENCE) {
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

#define WORDS (2 * LATCH_SNAPSHOT_TEXT + 32)

static void describe(char words[WORDS], const struct latch_snapshot_held *held) {
	words[0] = '\0';
	if (held->by == LATCH_HELD_BY_FENCE) {
		snprintf(words, WORDS, "driver %s, timeline %s", held->driver, held->timeline);
	} else if (held->by == LATCH_HELD_BY_POINT) {
		snprintf(words, WORDS, "point %" PRIu64, held->point);
	} else if (held->by == LATCH_HELD_BY_TIME) {
		snprintf(words, WORDS, "%" PRId64 " ms to go", held->to_go_ns / 1000000);
	}
}

void latch_held_list_send_layer(
	const struct latch_held_list *list, struct wl_resource *resource, uint32_t surface) {
	const struct latch_snapshot_held *told = NULL;
	uint32_t updates = 0;
	for (size_t i = 0; surface != 0 && i < list->len; i++) {
		const struct latch_snapshot_held *held = &list->updates[i];
		if (held->surface != surface) {
			continue;
		}
		updates++;
		/* Those behind others say nothing of why. */
		if (told == NULL ||
			(told->by == LATCH_HELD_BY_UPDATE && held->by != LATCH_HELD_BY_UPDATE)) {
			told = held;
		}
	}
	if (told != NULL) {
		char words[WORDS];
		describe(words, told);
		zlatch_inspector_planes_v1_send_layer_held(resource, latch_held_by_name(told->by),
			words, (uint32_t)(told->age_ns / 1000000), updates);
	}
}
