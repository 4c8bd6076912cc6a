#ifndef LATCH_INSPECT_HELD_H
#define LATCH_INSPECT_HELD_H

/*
 * Content updates that wait for something, as plain data, and how they are told. The counterpart of
 * snapshot.h for zlatch_inspector_held_v1.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/snapshot.h"

struct wl_resource;

struct latch_snapshot_held {
	/** The number that latch gave it, and its object in the client. */
	uint32_t surface;
	uint32_t object;
	/** 0 when unknown. */
	int32_t pid;
	char command[LATCH_SNAPSHOT_TEXT], app_id[LATCH_SNAPSHOT_TEXT];
	/** Stable names, static. */
	const char *by, *kind;
	int64_t age_ns;
	uint32_t fences;
	bool has_fence;
	char driver[LATCH_SNAPSHOT_TEXT], timeline[LATCH_SNAPSHOT_TEXT];
	bool has_point;
	uint64_t point;
};

/** Empty when zeroed. */
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
 * For struct latch_inspector_options.collect_held; data is the struct latch_server. False without
 * memory.
 */
bool latch_collect_held(void *data, struct latch_held_list *list);

#endif
