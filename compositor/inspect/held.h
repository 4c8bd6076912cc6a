#ifndef LATCH_INSPECT_HELD_H
#define LATCH_INSPECT_HELD_H

/*
 * Content updates that wait for something, as plain data, and how they are told: each by itself, by
 * zlatch_inspector_held_v1, and those of a layer's surface in short, by zlatch_inspector_planes_v1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/snapshot.h"
#include "sync/update.h"

struct wl_resource;

struct latch_snapshot_held {
	/** The number that latch gave it, and its object in the client. */
	uint32_t surface;
	uint32_t object;
	/** 0 when unknown. */
	int32_t pid;
	char command[LATCH_SNAPSHOT_TEXT], app_id[LATCH_SNAPSHOT_TEXT];
	enum latch_held_by by;
	/** A stable name, static. */
	const char *kind;
	int64_t age_ns;
	uint32_t fences;
	/** LATCH_HELD_BY_FENCE: whose. */
	char driver[LATCH_SNAPSHOT_TEXT], timeline[LATCH_SNAPSHOT_TEXT];
	bool has_point;
	uint64_t point;
	/** LATCH_HELD_BY_TIME: until then; negative when it has passed. */
	int64_t to_go_ns;
};

/** Surface by surface, the oldest of each first. Empty when zeroed. */
struct latch_held_list {
	struct latch_snapshot_held *updates;
	size_t len;
};

void latch_held_list_finish(struct latch_held_list *list);

/** Appends a zeroed element. NULL without memory. Valid until the next call. */
struct latch_snapshot_held *latch_held_list_add(struct latch_held_list *list);

/** Sends all events of a zlatch_inspector_held_v1. */
void latch_held_list_send(const struct latch_held_list *list, struct wl_resource *resource);

/**
 * Sends the event layer_held of a zlatch_inspector_planes_v1, of version 2 or higher, where an
 * update of this surface is held. 0, the cursor's, has none.
 */
void latch_held_list_send_layer(
	const struct latch_held_list *list, struct wl_resource *resource, uint32_t surface);

/**
 * For struct latch_inspector_options.collect_held; data is the struct latch_server. False without
 * memory.
 */
bool latch_collect_held(void *data, struct latch_held_list *list);

#endif
