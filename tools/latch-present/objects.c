/* SPDX-License-Identifier: MIT */
#include "objects.h"

#include <stdlib.h>

static void destroy(struct objects *objects, struct object *object) {
	if (object->told != NULL) {
		report_remove_surface(objects->report, object->told);
	}
	free(object);
}

struct object *objects_get(const struct objects *objects, uint32_t id) {
	return latch_id_map_get(&objects->by_id, id);
}

struct object *objects_find(const struct objects *objects, uint32_t id, enum object_kind kind) {
	struct object *object = objects_get(objects, id);
	return object != NULL && object->kind == kind ? object : NULL;
}

void objects_remove(struct objects *objects, uint32_t id) {
	struct object *object = objects_get(objects, id);
	if (object != NULL) {
		latch_id_map_remove(&objects->by_id, id);
		destroy(objects, object);
	}
}

struct object *objects_add(struct objects *objects, uint32_t id, enum object_kind kind) {
	objects_remove(objects, id);
	struct object *object = id != 0 ? calloc(1, sizeof(*object)) : NULL;
	if (object == NULL || !latch_id_map_put(&objects->by_id, id, object)) {
		free(object);
		return NULL;
	}
	object->kind = kind;
	return object;
}

void objects_add_buffer(struct objects *objects, uint32_t id, struct report_look look) {
	struct object *buffer = objects_add(objects, id, KIND_BUFFER);
	if (buffer != NULL) {
		buffer->look = look;
	}
}

void objects_finish(struct objects *objects) {
	for (size_t i = 0; i < objects->by_id.cap; i++) {
		if (objects->by_id.entries[i].id != 0) {
			destroy(objects, objects->by_id.entries[i].value);
		}
	}
	latch_id_map_finish(&objects->by_id);
}
