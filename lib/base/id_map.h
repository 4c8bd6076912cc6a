/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct latch_id_map_entry {
	uint32_t id; // 0: there is none
	void *value;
};

/**
 * Finds what a number stands for, in the same time whatever is in it: what is done for each layer
 * of a frame must not take longer the more layers there are. A hash table with linear probing;
 * empty when zeroed. Numbers are not 0, values not NULL.
 */
struct latch_id_map {
	struct latch_id_map_entry *entries;
	size_t len, cap; // cap: a power of two, or 0
};

/** Adds a value, or puts it in the place of the number's last one. Returns false without memory. */
bool latch_id_map_put(struct latch_id_map *map, uint32_t id, void *value);

/** NULL when the number is not there. */
void *latch_id_map_get(const struct latch_id_map *map, uint32_t id);

/** One that is not there is fine. */
void latch_id_map_remove(struct latch_id_map *map, uint32_t id);

/** Empties it, and keeps its memory. */
void latch_id_map_clear(struct latch_id_map *map);

void latch_id_map_finish(struct latch_id_map *map);
