/* SPDX-License-Identifier: MIT */
/* The tracks of the trace file: a group with lanes for each surface and each output. */
#pragma once

#include "base/id_map.h"
#include "trace/event_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More updates of a surface than this are never under way at once, by any sane client. */
#define LATCH_TRACK_LANES 16

/* Gone tracks that are kept for the last updates of their surface, which come later. */
#define LATCH_TRACK_GONE_MAX 64

/* Slices of a lane nest or follow each other; what overlaps goes to another lane. */
struct latch_track_lane {
	bool named;
	int64_t end_ns; /* of its last slice */
};

/* Shown as a "process" whose "threads" are the lanes, as viewers group these best. */
struct latch_track {
	bool gone;
	uint32_t number; /* the group's "pid" in the file */
	bool events_named;
	const char *lane_name; /* static text */
	struct latch_track_lane lanes[LATCH_TRACK_LANES];
};

struct latch_track_list {
	struct latch_id_map by_id; /* struct latch_track */
	/* Those that have gone, in a ring: the oldest of them is forgotten for another one. */
	uint32_t gone[LATCH_TRACK_GONE_MAX];
	size_t gone_count;
};

void latch_track_list_finish(struct latch_track_list *list);

/** The track with that id, NULL when there is none. */
struct latch_track *latch_track_list_find(const struct latch_track_list *list, uint32_t id);

/**
 * The track with that id, made when there is none. `number` is its group's, unlike all others'.
 * NULL when memory is out.
 */
struct latch_track *latch_track_list_get(
	struct latch_track_list *list, uint32_t id, uint32_t number, const char *lane_name);

/** The track, which is there, gets no more events; it is forgotten when many others went after it.
 */
void latch_track_list_mark_gone(struct latch_track_list *list, uint32_t id);

/**
 * Takes a lane that is free from *begin_ns on, until end_ns. When all are taken, the one that
 * is free first, and moves *begin_ns (and *end_ns) behind what is there.
 */
struct latch_event_place latch_track_take_lane(struct latch_track *track,
	struct latch_event_file *file, int64_t *begin_ns, int64_t *end_ns);

/** The lane for instants. */
struct latch_event_place latch_track_events(
	struct latch_track *track, struct latch_event_file *file);
