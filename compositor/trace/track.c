/* SPDX-License-Identifier: MIT */
#include "trace/track.h"

#include "base/minmax.h"

#include <stdlib.h>

/* Lane numbers ("tid") are unlike each other in the whole file: 0 is the one for instants. */
#define LANE_NUMBERS 32

void latch_track_list_finish(struct latch_track_list *list) {
	for (size_t i = 0; i < list->by_id.cap; i++) {
		free(list->by_id.entries[i].value);
	}
	latch_id_map_finish(&list->by_id);
	*list = (struct latch_track_list){0};
}

struct latch_track *latch_track_list_find(const struct latch_track_list *list, uint32_t id) {
	return latch_id_map_get(&list->by_id, id);
}

struct latch_track *latch_track_list_get(
	struct latch_track_list *list, uint32_t id, uint32_t number, const char *lane_name) {
	struct latch_track *track = latch_track_list_find(list, id);
	if (track != NULL) {
		return track;
	}
	track = malloc(sizeof(*track));
	if (track == NULL || !latch_id_map_put(&list->by_id, id, track)) {
		free(track);
		return NULL;
	}
	*track = (struct latch_track){.number = number, .lane_name = lane_name};
	return track;
}

void latch_track_list_mark_gone(struct latch_track_list *list, uint32_t id) {
	uint32_t *place = &list->gone[list->gone_count++ % LATCH_TRACK_GONE_MAX];
	latch_track_list_find(list, id)->gone = true;
	if (*place != 0) {
		free(latch_track_list_find(list, *place));
		latch_id_map_remove(&list->by_id, *place);
	}
	*place = id;
}

static void name_lane(struct latch_event_file *file, struct latch_event_place place,
	const char *name, size_t number) {
	latch_event_begin(file, 'M', "thread_name", 0, place);
	if (number > 1) {
		latch_event_print(file, "\"name\":\"%s %zu\"", name, number);
	} else {
		latch_event_print(file, "\"name\":\"%s\"", name);
	}
	latch_event_end(file);
}

struct latch_event_place latch_track_take_lane(struct latch_track *track,
	struct latch_event_file *file, int64_t *begin_ns, int64_t *end_ns) {
	size_t index = 0, first_free = 0;
	while (index < LATCH_TRACK_LANES && track->lanes[index].end_ns > *begin_ns) {
		if (track->lanes[index].end_ns < track->lanes[first_free].end_ns) {
			first_free = index;
		}
		index++;
	}
	if (index == LATCH_TRACK_LANES) {
		index = first_free;
	}
	struct latch_track_lane *lane = &track->lanes[index];
	*begin_ns = latch_max(*begin_ns, lane->end_ns);
	lane->end_ns = *end_ns = latch_max(*end_ns, *begin_ns);

	const struct latch_event_place place = {
		.pid = track->number,
		.tid = (uint64_t)track->number * LANE_NUMBERS + index + 1,
	};
	if (!lane->named) {
		lane->named = true;
		name_lane(file, place, track->lane_name, index + 1);
	}
	return place;
}

struct latch_event_place latch_track_events(
	struct latch_track *track, struct latch_event_file *file) {
	const struct latch_event_place place = {
		.pid = track->number,
		.tid = (uint64_t)track->number * LANE_NUMBERS,
	};
	if (!track->events_named) {
		track->events_named = true;
		name_lane(file, place, "events", 1);
	}
	return place;
}
