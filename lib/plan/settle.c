/* SPDX-License-Identifier: MIT */
#include "plan/settle.h"

static struct latch_settle_entry *find(struct latch_settle *settle, uint32_t id) {
	for (size_t i = 0; i < settle->len; i++) {
		if (settle->entries[i].shape.id == id) {
			return &settle->entries[i];
		}
	}
	return NULL;
}

static struct latch_settle_entry *add(struct latch_settle *settle, const struct latch_layer *layer) {
	if (settle->len == LATCH_SETTLE_MAX) {
		return NULL;
	}
	struct latch_settle_entry *entry = &settle->entries[settle->len++];
	*entry = (struct latch_settle_entry){.shape = *layer};
	return entry;
}

static unsigned count_updates(const struct latch_settle_entry *entry) {
	uint32_t window = (UINT32_C(1) << LATCH_SETTLE_WINDOW) - 1;
	return (unsigned)__builtin_popcount(entry->updates & window);
}

static uint64_t judge(struct latch_settle_entry *entry, const struct latch_layer *layer) {
	bool updated = entry->shape.serial != layer->serial;
	entry->updates = entry->updates << 1 | updated;
	if (!latch_layer_same_shape(&entry->shape, layer)) {
		entry->stable_frames = 0;
		entry->shape = *layer;
		entry->shape.place = LATCH_LAYER_COMPOSED;
	} else if (entry->stable_frames < LATCH_SETTLE_FRAMES) {
		entry->stable_frames++;
	}
	entry->shape.serial = layer->serial;
	if (entry->shape.place == LATCH_LAYER_ON_PLANE) {
		return 0;
	}
	if (entry->stable_frames < LATCH_SETTLE_FRAMES) {
		return LATCH_REASON_SETTLING;
	}
	return count_updates(entry) < LATCH_SETTLE_UPDATES ? LATCH_REASON_IDLE : 0;
}

static void drop_unseen(struct latch_settle *settle) {
	size_t kept = 0;
	for (size_t i = 0; i < settle->len; i++) {
		if (settle->entries[i].seen) {
			settle->entries[kept++] = settle->entries[i];
		}
	}
	settle->len = kept;
}

void latch_settle_update(struct latch_settle *settle, struct latch_layer *layers, size_t len) {
	for (size_t i = 0; i < settle->len; i++) {
		settle->entries[i].seen = false;
	}
	for (size_t i = 0; i < len; i++) {
		struct latch_settle_entry *entry = find(settle, layers[i].id);
		layers[i].waits = LATCH_REASON_SETTLING;
		if (entry != NULL) {
			layers[i].waits = judge(entry, &layers[i]);
		} else {
			entry = add(settle, &layers[i]);
		}
		if (entry != NULL) {
			entry->seen = true;
		}
	}
	drop_unseen(settle);
}

void latch_settle_placed(
	struct latch_settle *settle, const struct latch_layer *layers, size_t len) {
	for (size_t i = 0; i < len; i++) {
		struct latch_settle_entry *entry = find(settle, layers[i].id);
		if (entry != NULL) {
			entry->shape.place = layers[i].place;
		}
	}
}
