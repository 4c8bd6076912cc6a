/* SPDX-License-Identifier: MIT */
#include "output/frame.h"

#include <wlr/types/wlr_buffer.h>

#include "base/array.h"
#include "output/content.h"

bool latch_frame_add(struct latch_frame *frame, const struct latch_layer *layer) {
	if (!latch_array_reserve(
		    &frame->layers, &frame->cap, frame->len + 1, sizeof(frame->layers[0]))) {
		return false;
	}
	struct latch_layer *added = &frame->layers[frame->len++];
	*added = *layer;
	added->surface = NULL;
	latch_content_ref(added->content);
	return added->id == 0 || latch_id_map_put(&frame->by_surface, added->id,
					 (void *)(uintptr_t)frame->len);
}

bool latch_frame_copy(struct latch_frame *frame, const struct latch_frame *from) {
	for (size_t i = 0; i < from->len; i++) {
		if (!latch_frame_add(frame, &from->layers[i])) {
			latch_frame_clear(frame);
			return false;
		}
	}
	frame->composed = from->composed != NULL ? wlr_buffer_lock(from->composed) : NULL;
	frame->background = from->background;
	frame->scanout = from->scanout;
	return true;
}

struct latch_layer *latch_frame_layer_of(const struct latch_frame *frame, uint32_t surface_id) {
	if (surface_id == 0) { // the cursor, which is in front of all
		return frame->len > 0 && frame->layers[0].id == 0 ? &frame->layers[0] : NULL;
	}
	const uintptr_t place = (uintptr_t)latch_id_map_get(&frame->by_surface, surface_id);
	return place != 0 ? &frame->layers[place - 1] : NULL;
}

bool latch_frame_has(const struct latch_frame *frame, const struct latch_content *content) {
	const struct latch_layer *layer = latch_frame_layer_of(frame, content->record.surface_id);
	return layer != NULL && layer->content == content;
}

bool latch_frame_equal(const struct latch_frame *a, const struct latch_frame *b) {
	if (a->len != b->len || a->composed != b->composed || a->background != b->background) {
		return false;
	}
	for (size_t i = 0; i < a->len; i++) {
		const struct latch_layer *x = &a->layers[i], *y = &b->layers[i];
		if (x->content != y->content || x->place != y->place || x->plane != y->plane ||
			x->zpos != y->zpos || !latch_layer_same_shape(x, y)) {
			return false;
		}
	}
	return true;
}

void latch_frame_clear(struct latch_frame *frame) {
	for (size_t i = 0; i < frame->len; i++) {
		latch_content_unref(frame->layers[i].content);
	}
	wlr_buffer_unlock(frame->composed);
	frame->composed = NULL;
	frame->len = 0;
	latch_id_map_clear(&frame->by_surface);
	frame->background = 0;
	frame->scanout = (struct latch_scanout){0};
	frame->async = frame->modeset = frame->overtaken = frame->outdated = false;
	frame->record = (struct latch_flip_record){0};
}

void latch_frame_finish(struct latch_frame *frame) {
	latch_frame_clear(frame);
	latch_id_map_finish(&frame->by_surface);
	free(frame->layers);
	free(frame->shown);
	*frame = (struct latch_frame){0};
}

/* Two references would be another output's frame: its flip comes at another time, and the release
 * has to wait for the later one. */
static bool goes_with(const struct latch_content *content, const struct latch_frame *next) {
	return content->record.superseded && content->refs == 1 && !latch_frame_has(next, content);
}

bool latch_frame_wants_fence(const struct latch_frame *frame, const struct latch_frame *next) {
	for (size_t i = 0; i < frame->len; i++) {
		const struct latch_content *content = frame->layers[i].content;
		if (latch_release_is_owed(&content->release) && goes_with(content, next)) {
			return true;
		}
	}
	return false;
}

void latch_frame_release_on_fence(
	struct latch_frame *frame, const struct latch_frame *next, int out_fence_fd) {
	if (out_fence_fd < 0) {
		return;
	}
	for (size_t i = 0; i < frame->len; i++) {
		if (goes_with(frame->layers[i].content, next)) {
			latch_content_release_on_fence(frame->layers[i].content, out_fence_fd);
		}
	}
}

const struct latch_shown_record *latch_frame_list_shown(struct latch_frame *frame, size_t *length) {
	*length = 0;
	if (!latch_array_reserve(
		    &frame->shown, &frame->shown_cap, frame->len, sizeof(frame->shown[0]))) {
		return NULL;
	}
	struct latch_shown_record *shown = frame->shown;
	for (size_t i = 0; i < frame->len; i++) {
		const struct latch_layer *layer = &frame->layers[i];
		if (layer->id == 0) {
			continue; // the cursor's image
		}
		shown[(*length)++] = (struct latch_shown_record){
			.surface_id = layer->id,
			.update_id = layer->content->record.update_id,
			.plane_id = layer->plane != NULL ? layer->plane->id : 0,
		};
	}
	return shown;
}

void latch_frame_note_off(struct latch_frame *frame, const struct latch_frame *next,
	int64_t time_ns, enum latch_record_release how) {
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_content *content = frame->layers[i].content;
		struct latch_frame_record *record = &content->record;
		if (next != NULL && latch_frame_has(next, content)) {
			continue;
		}
		record->off_ns = latch_max(time_ns, record->off_ns);
		if (content->refs == 1 && record->told_ns == 0) {
			record->release = how;
		}
	}
}
