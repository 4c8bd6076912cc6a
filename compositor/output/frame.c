#include "output/frame.h"

#include <stdlib.h>
#include <wlr/types/wlr_buffer.h>

#include "output/content.h"

/* Up to this many items a linear search costs less than a map. */
#define FEW_ITEMS 8

/* Those that are not in the map yet. */
static bool map_items(struct latch_frame *frame) {
	for (size_t i = frame->len == FEW_ITEMS + 1 ? 0 : frame->len - 1; i < frame->len; i++) {
		const uint32_t id = frame->items[i].surface_id;
		if (id != 0 &&
			!latch_id_map_put(&frame->by_surface, id, (void *)(uintptr_t)(i + 1))) {
			return false;
		}
	}
	return true;
}

bool latch_frame_add(
	struct latch_frame *frame, const struct latch_layer *layer, uint32_t surface_id) {
	if (frame->len == frame->cap) {
		size_t cap = frame->cap == 0 ? 8 : frame->cap * 2;
		struct latch_frame_item *items = realloc(frame->items, cap * sizeof(*items));
		if (items == NULL) {
			return false;
		}
		frame->items = items;
		struct latch_shown_record *shown = realloc(frame->shown, cap * sizeof(*shown));
		if (shown == NULL) {
			return false;
		}
		frame->shown = shown;
		frame->cap = cap;
	}
	frame->items[frame->len++] = (struct latch_frame_item){
		.content = latch_content_ref(layer->content),
		.surface_id = surface_id,
		.layer = *layer,
	};
	return frame->len <= FEW_ITEMS || map_items(frame);
}

bool latch_frame_copy(struct latch_frame *frame, const struct latch_frame *from) {
	for (size_t i = 0; i < from->len; i++) {
		const struct latch_frame_item *item = &from->items[i];
		if (!latch_frame_add(frame, &item->layer, item->surface_id)) {
			latch_frame_clear(frame);
			return false;
		}
	}
	frame->composed = from->composed != NULL ? wlr_buffer_lock(from->composed) : NULL;
	frame->scanout = from->scanout;
	return true;
}

void latch_frame_replace(
	struct latch_frame *frame, struct latch_frame_item *item, const struct latch_layer *layer) {
	latch_content_unref(item->content);
	item->content = latch_content_ref(layer->content);
	item->layer.content = layer->content;
	item->layer.serial = layer->serial;
}

struct latch_frame_item *latch_frame_item_of(
	const struct latch_frame *frame, uint32_t surface_id) {
	if (surface_id == 0) { // the cursor, which is in front of all
		return frame->len > 0 && frame->items[0].surface_id == 0 ? &frame->items[0] : NULL;
	}
	for (size_t i = 0; i < frame->len && frame->len <= FEW_ITEMS; i++) {
		if (frame->items[i].surface_id == surface_id) {
			return &frame->items[i];
		}
	}
	const uintptr_t place = (uintptr_t)latch_id_map_get(&frame->by_surface, surface_id);
	return place != 0 ? &frame->items[place - 1] : NULL;
}

bool latch_frame_has(const struct latch_frame *frame, const struct latch_content *content) {
	const struct latch_frame_item *item =
		latch_frame_item_of(frame, content->record.surface_id);
	return item != NULL && item->content == content;
}

bool latch_frame_equal(const struct latch_frame *a, const struct latch_frame *b) {
	if (a->len != b->len || a->composed != b->composed) {
		return false;
	}
	for (size_t i = 0; i < a->len; i++) {
		const struct latch_frame_item *x = &a->items[i], *y = &b->items[i];
		if (x->content != y->content || x->layer.place != y->layer.place ||
			x->layer.plane != y->layer.plane || x->layer.zpos != y->layer.zpos ||
			!latch_layer_same_shape(&x->layer, &y->layer)) {
			return false;
		}
	}
	return true;
}

void latch_frame_clear(struct latch_frame *frame) {
	for (size_t i = 0; i < frame->len; i++) {
		latch_content_unref(frame->items[i].content);
	}
	wlr_buffer_unlock(frame->composed);
	frame->composed = NULL;
	frame->len = 0;
	latch_id_map_clear(&frame->by_surface);
	frame->scanout.shown_len = 0;
	frame->scanout.cursor_shown = false;
	frame->async = frame->modeset = frame->overtaken = frame->outdated = false;
	frame->record = (struct latch_flip_record){0};
}

void latch_frame_finish(struct latch_frame *frame) {
	latch_frame_clear(frame);
	latch_id_map_finish(&frame->by_surface);
	free(frame->items);
	free(frame->shown);
	*frame = (struct latch_frame){0};
}

/* Two references would be another output's frame: its flip comes at another time, and the release
 * has to wait for the later one. */
static bool goes_with(const struct latch_content *content, const struct latch_frame *next) {
	return content->superseded && content->refs == 1 && !latch_frame_has(next, content);
}

bool latch_frame_wants_fence(const struct latch_frame *frame, const struct latch_frame *next) {
	for (size_t i = 0; i < frame->len; i++) {
		const struct latch_content *content = frame->items[i].content;
		if (content->release != NULL && goes_with(content, next)) {
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
		if (goes_with(frame->items[i].content, next)) {
			latch_content_release_on_fence(frame->items[i].content, out_fence_fd);
		}
	}
}

const struct latch_shown_record *latch_frame_list_shown(struct latch_frame *frame, size_t *length) {
	*length = 0;
	for (size_t i = 0; i < frame->len; i++) {
		const struct latch_frame_item *item = &frame->items[i];
		if (item->surface_id == 0) {
			continue; // the cursor's image
		}
		frame->shown[(*length)++] = (struct latch_shown_record){
			.surface_id = item->surface_id,
			.update_id = item->content->record.update_id,
			.plane_id = item->layer.plane != NULL ? item->layer.plane->id : 0,
		};
	}
	return frame->shown;
}

void latch_frame_note_off(struct latch_frame *frame, const struct latch_frame *next,
	int64_t time_ns, enum latch_record_release how) {
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_content *content = frame->items[i].content;
		struct latch_frame_record *record = &content->record;
		if (next != NULL && latch_frame_has(next, content)) {
			continue;
		}
		record->off_ns = time_ns > record->off_ns ? time_ns : record->off_ns;
		if (content->refs == 1 && record->told_ns == 0) {
			record->release = how;
		}
	}
}

void latch_frame_note_submit(struct latch_frame *frame) {
	for (size_t i = 0; i < frame->len; i++) {
		struct latch_content *content = frame->items[i].content;
		if (content->submitted) {
			continue;
		}
		content->submitted = true;
		content->record.wake = frame->record.wake;
		/* It may have come while the frame waited for its picture. */
		content->record.latch_ns = frame->record.latch_ns > content->record.ready_ns
						   ? frame->record.latch_ns
						   : content->record.ready_ns;
		content->record.compose_start_ns = frame->record.compose_start_ns;
		content->record.compose_end_ns = frame->record.compose_end_ns;
		content->record.submit_start_ns = frame->record.submit_start_ns;
		content->record.submit_end_ns = frame->record.submit_end_ns;
		content->record.placement = LATCH_COMPOSED;
		const struct kms_plane *plane = frame->items[i].layer.plane;
		if (plane != NULL) {
			content->record.placement = LATCH_ON_PLANE;
			content->record.plane_id = plane->id;
			content->record.plane_type = kms_plane_type_name(plane->type);
		}
	}
}
