/* SPDX-License-Identifier: MIT */
#include "base/id_map.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 16

/* Numbers are mostly given out one after the other: a multiplication spreads them. */
static size_t place_of(const struct latch_id_map *map, uint32_t id) {
	return (id * UINT32_C(2654435769)) >> 7 & (map->cap - 1);
}

/* Its entry, or the empty one where it would be. There is always an empty one. */
static struct latch_id_map_entry *find(const struct latch_id_map *map, uint32_t id) {
	size_t i = place_of(map, id);
	while (map->entries[i].id != id && map->entries[i].id != 0) {
		i = (i + 1) & (map->cap - 1);
	}
	return &map->entries[i];
}

static bool grow(struct latch_id_map *map) {
	struct latch_id_map grown = {.len = map->len,
		.cap = map->cap == 0 ? FIRST_CAP : 2 * map->cap};
	grown.entries = calloc(grown.cap, sizeof(grown.entries[0]));
	if (grown.entries == NULL) {
		return false;
	}
	for (size_t i = 0; i < map->cap; i++) {
		if (map->entries[i].id != 0) {
			*find(&grown, map->entries[i].id) = map->entries[i];
		}
	}
	free(map->entries);
	*map = grown;
	return true;
}

bool latch_id_map_put(struct latch_id_map *map, uint32_t id, void *value) {
	if (2 * map->len >= map->cap && !grow(map)) {
		return false;
	}
	struct latch_id_map_entry *entry = find(map, id);
	map->len += entry->id == 0;
	*entry = (struct latch_id_map_entry){id, value};
	return true;
}

void *latch_id_map_get(const struct latch_id_map *map, uint32_t id) {
	return map->len > 0 ? find(map, id)->value : NULL;
}

/* What follows without a gap may have been pushed there by what is removed: it is put in anew. */
void latch_id_map_remove(struct latch_id_map *map, uint32_t id) {
	struct latch_id_map_entry *entry = map->len > 0 ? find(map, id) : NULL;
	if (entry == NULL || entry->id == 0) {
		return;
	}
	*entry = (struct latch_id_map_entry){0};
	map->len--;
	size_t i = (size_t)(entry - map->entries);
	for (i = (i + 1) & (map->cap - 1); map->entries[i].id != 0; i = (i + 1) & (map->cap - 1)) {
		const struct latch_id_map_entry moved = map->entries[i];
		map->entries[i] = (struct latch_id_map_entry){0};
		*find(map, moved.id) = moved;
	}
}

void latch_id_map_clear(struct latch_id_map *map) {
	if (map->len > 0) {
		memset(map->entries, 0, map->cap * sizeof(map->entries[0]));
		map->len = 0;
	}
}

void latch_id_map_finish(struct latch_id_map *map) {
	free(map->entries);
	*map = (struct latch_id_map){0};
}
