/* SPDX-License-Identifier: MIT */
#include "trace/writer.h"

#include "base/clock.h"
#include "base/minmax.h"
#include "base/text.h"
#include "plan/reason.h"
#include "trace/event_file.h"
#include "trace/fields.h"
#include "trace/missed.h"
#include "trace/track.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * The file is the JSON array form of Chrome's trace events, which ui.perfetto.dev and others
 * open. Each surface and each output is a group ("process") of lanes ("threads"):
 *
 *   1 terminal            updates    [on plane       ............................]
 *                                    [acquire][gate][ready][assign][submit][flip][on screen]
 *                         updates 2        [on plane  .........................
 *                         events                 ! missed: fence
 *   output HDMI-A-1       frames            [frame ........................]
 *                                           [assign][submit][flip          ]
 *                         events                                           ! flip
 *
 * Slices are written as pairs of begin and end (ph B and E), not with a duration: begin and
 * end of neighbours are then the same number, and no reader's rounding can make them overlap.
 * The outer slice of an update carries the whole record in nanoseconds, so that a program
 * needs nothing else to count again.
 *
 * A slice is written when its update is over. What is under way, and what never ends, is known by
 * instants: "commit" when an update was taken in, "surface gone", and for each flip "shown", the
 * list of the updates that are on that screen from then on (docs/sync.md, "How a trace proves it").
 */

/* Group numbers: of latch itself, of outputs and of surfaces, each plus its id. */
#define SELF 1
#define OUTPUTS 10
#define SURFACES 1000

/* What a kill may cost. */
#define FLUSH_INTERVAL_NS INT64_C(1000000000)

struct latch_trace_writer {
	struct latch_event_file file;
	struct latch_track_list surfaces, outputs;
	int64_t flushed_ns;
};

struct latch_trace_writer *latch_trace_writer_create(int fd, int64_t from_ns) {
	struct latch_trace_writer *writer = calloc(1, sizeof(*writer));
	if (writer == NULL) {
		close(fd);
		return NULL;
	}
	struct latch_event_file *file = &writer->file;
	file->fd = fd;
	latch_event_begin(file, 'M', "process_name", 0, (struct latch_event_place){.pid = SELF});
	latch_event_print(file, "\"name\":\"latch\"");
	latch_event_end(file);
	latch_event_begin(
		file, 'i', "latch", latch_now_ns(), (struct latch_event_place){SELF, SELF});
	latch_event_print(file,
		"\"version\":\"%s\",\"format\":%d,\"clock\":\"CLOCK_MONOTONIC\"", LATCH_VERSION,
		LATCH_TRACE_FORMAT);
	if (from_ns != 0) {
		latch_event_print(file, ",\"from_ns\":%" PRId64, from_ns);
	}
	latch_event_end(file);
	return writer;
}

int latch_trace_writer_flush(struct latch_trace_writer *writer) {
	latch_event_file_flush(&writer->file);
	return writer->file.error;
}

int latch_trace_writer_destroy(struct latch_trace_writer *writer) {
	if (writer == NULL) {
		return 0;
	}
	const int error = latch_event_file_finish(&writer->file);
	latch_track_list_finish(&writer->surfaces);
	latch_track_list_finish(&writer->outputs);
	free(writer);
	return error;
}

/* The tracks of a surface and of an output. NULL when memory is out. */
static struct latch_track *get_surface(struct latch_trace_writer *writer, uint32_t id) {
	return latch_track_list_get(&writer->surfaces, id, SURFACES + id, "updates");
}

static struct latch_track *get_output(struct latch_trace_writer *writer, uint32_t id) {
	return latch_track_list_get(&writer->outputs, id, OUTPUTS + id, "frames");
}

/* Begins an instant in the track's own lane for these. */
static void begin_instant(struct latch_trace_writer *writer, struct latch_track *track,
	const char *name, int64_t ns) {
	latch_event_begin(
		&writer->file, 'i', name, ns, latch_track_events(track, &writer->file));
}

/* Writes what a track is: its group's name, and an instant with the record. track: NULL where
 * memory was out for it. Returns whether it is written. */
static bool describe(struct latch_trace_writer *writer, struct latch_track *track, const char *kind,
	uint32_t id, const char *name, int64_t ns, const struct latch_fields *fields,
	const void *record) {
	if (track == NULL) {
		return false;
	}
	char copy[LATCH_TEXT_MAX], escaped[2 * LATCH_TEXT_MAX];
	latch_text_copy(copy, sizeof(copy), name);
	latch_text_escape(escaped, sizeof(escaped), copy);
	latch_event_begin(&writer->file, 'M', "process_name", 0,
		(struct latch_event_place){.pid = track->number});
	latch_event_print(&writer->file, "\"name\":\"%s %" PRIu32 " %s\"", kind, id, escaped);
	latch_event_end(&writer->file);
	begin_instant(writer, track, kind, ns);
	latch_event_add_fields(&writer->file, fields, record);
	latch_event_end(&writer->file);
	return true;
}

static void write_gone(struct latch_trace_writer *writer, struct latch_track *track, int64_t ns,
	uint32_t surface_id) {
	if (!track->gone) {
		begin_instant(writer, track, "surface gone", ns);
		latch_event_print(&writer->file, "\"id\":%" PRIu32, surface_id);
		latch_event_end(&writer->file);
		latch_track_list_mark_gone(&writer->surfaces, surface_id);
	}
}

/* A point in an update's life, and the name of the stage that ends there. */
struct mark {
	const char *stage;
	int64_t ns;
};

static int64_t first_mark(const struct mark *marks, size_t length) {
	for (size_t i = 0; i < length; i++) {
		if (marks[i].ns > 0) {
			return marks[i].ns;
		}
	}
	return 0;
}

static int64_t last_mark(const struct mark *marks, size_t length) {
	int64_t last = 0;
	for (size_t i = 0; i < length; i++) {
		last = latch_max(last, marks[i].ns);
	}
	return last;
}

/*
 * Writes the stages, each from the mark before, in the bounds of the outer slice, and the end of
 * that. A mark that is unknown, or not later than what came before, has no slice.
 */
static void write_stages(struct latch_trace_writer *writer, struct latch_event_place place,
	const struct mark *marks, size_t length, int64_t begin_ns, int64_t end_ns,
	const char *args) {
	int64_t cursor = begin_ns;
	for (size_t i = 1; i < length; i++) {
		if (marks[i].ns <= cursor) {
			continue;
		}
		latch_event_begin(&writer->file, 'B', marks[i].stage, cursor, place);
		latch_event_print(&writer->file, "%s", args);
		latch_event_end(&writer->file);
		latch_event_end_slice(&writer->file, marks[i].ns, place);
		cursor = marks[i].ns;
	}
	latch_event_end_slice(&writer->file, end_ns, place);
}

static void flush_now_and_then(struct latch_trace_writer *writer, int64_t ns) {
	if (ns - writer->flushed_ns >= FLUSH_INTERVAL_NS) {
		latch_event_file_flush(&writer->file);
		writer->flushed_ns = ns;
	}
}

static void write_missed(struct latch_trace_writer *writer, struct latch_track *track,
	const struct latch_frame_record *record, const struct latch_missed *missed) {
	const int64_t first_ns = record->flip_ns - (int64_t)missed->total * record->refresh_ns;
	for (unsigned i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (missed->by_cause[i] == 0) {
			continue;
		}
		char name[LATCH_TEXT_MAX];
		snprintf(name, sizeof(name), "missed: %s",
			latch_name(&latch_missed_cause_names, i));
		begin_instant(writer, track, name, first_ns);
		latch_event_print(&writer->file, "\"update\":%" PRIu64 ",\"vblanks\":%" PRIu32,
			record->update_id, missed->by_cause[i]);
		latch_event_end(&writer->file);
	}
}

/* What a frame's record has besides its fields: what is made of them. */
static void print_made(struct latch_trace_writer *writer, const struct latch_frame_record *record,
	const struct latch_missed *missed) {
	latch_event_print(&writer->file, ",\"unused_vblanks\":%" PRIu32 ",\"reason_names\":[",
		missed->unused);
	const char *comma = "";
	for (uint64_t left = record->reasons; left != 0; left &= left - 1) {
		const char *name = latch_reason_name(left & -left);
		if (name != NULL) {
			latch_event_print(&writer->file, "%s\"%s\"", comma, name);
			comma = ",";
		}
	}
	latch_event_print(&writer->file, "]");
}

static int64_t end_of_assign(int64_t compose_start_ns, int64_t submit_start_ns) {
	return compose_start_ns > 0 ? compose_start_ns : submit_start_ns;
}

static void write_frame(struct latch_trace_writer *writer, struct latch_track *track,
	const struct latch_frame_record *record) {
	/* One may have been submitted to a plane and never have come there. */
	const enum latch_placement shown = record->presented ? record->placement : LATCH_NOT_SHOWN;
	const char *last_stage = record->presented    ? "on screen"
				 : record->superseded ? "superseded"
						      : "dropped";
	const struct mark marks[] = {
		{NULL, record->commit_ns},
		{"acquire", record->signalled_ns},
		{"gate", record->ready_ns},
		{"ready", record->latch_ns},
		{"assign", end_of_assign(record->compose_start_ns, record->submit_start_ns)},
		{"compose", record->compose_end_ns},
		{"submit", record->submit_end_ns},
		{"flip", record->flip_ns},
		{last_stage, record->release_ns},
	};
	const size_t length = sizeof(marks) / sizeof(marks[0]);
	/* A fence that was done before the commit is no reason to start earlier. */
	const int64_t first = record->commit_ns > 0 ? record->commit_ns : first_mark(marks, length);
	int64_t begin = first, end = last_mark(marks, length);
	const struct latch_event_place place =
		latch_track_take_lane(track, &writer->file, &begin, &end);

	const struct latch_missed missed = latch_missed_count(record);
	latch_event_begin(
		&writer->file, 'B', latch_name(&latch_placement_names, shown), begin, place);
	latch_event_add_fields(&writer->file, &latch_frame_fields, record);
	print_made(writer, record, &missed);
	latch_event_end(&writer->file);
	char args[200];
	snprintf(args, sizeof(args),
		"\"update\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"plane\":%" PRIu32
		",\"placement\":\"%s\",\"sync\":\"%s\"",
		record->update_id, record->sequence, record->plane_id,
		latch_name(&latch_placement_names, record->placement),
		latch_name(&latch_sync_kind_names, record->sync));
	write_stages(writer, place, marks, length, begin, end, args);
	write_missed(writer, track, record, &missed);
	flush_now_and_then(writer, end);
}

static void write_commit(struct latch_trace_writer *writer, struct latch_track *track,
	const struct latch_frame_record *record) {
	begin_instant(writer, track, "commit", record->commit_ns);
	latch_event_add_fields(&writer->file, &latch_commit_fields, record);
	latch_event_end(&writer->file);
}

static void write_shown(struct latch_trace_writer *writer, struct latch_track *track,
	const struct latch_shown_list *list) {
	begin_instant(writer, track, "shown", list->time_ns);
	latch_event_print(&writer->file,
		"\"output\":%" PRIu32 ",\"sequence\":%" PRIu64 ",\"time_ns\":%" PRId64
		",\"more\":%s,\"updates\":[",
		list->output_id, list->sequence, list->time_ns, list->more ? "true" : "false");
	for (uint32_t i = 0; i < list->length; i++) {
		const struct latch_shown_record *shown = &list->shown[i];
		latch_event_print(&writer->file, "%s[%" PRIu32 ",%" PRIu64 ",%" PRIu32 "]",
			i > 0 ? "," : "", shown->surface_id, shown->update_id, shown->plane_id);
	}
	latch_event_print(&writer->file, "]");
	latch_event_end(&writer->file);
}

static void write_flip(struct latch_trace_writer *writer, struct latch_track *track,
	const struct latch_flip_record *record) {
	const struct mark marks[] = {
		{NULL, record->latch_ns},
		{"assign", end_of_assign(record->compose_start_ns, record->submit_start_ns)},
		{"compose", record->compose_end_ns},
		{"submit", record->submit_end_ns},
		{"flip", record->flip_ns},
	};
	const size_t length = sizeof(marks) / sizeof(marks[0]);
	int64_t begin = first_mark(marks, length), end = last_mark(marks, length);
	const struct latch_event_place place =
		latch_track_take_lane(track, &writer->file, &begin, &end);
	latch_event_begin(&writer->file, 'B', "frame", begin, place);
	latch_event_add_fields(&writer->file, &latch_flip_fields, record);
	latch_event_end(&writer->file);
	char args[40];
	snprintf(args, sizeof(args), "\"sequence\":%" PRIu64, record->sequence);
	write_stages(writer, place, marks, length, begin, end, args);
	if (record->flip_ns > 0) {
		begin_instant(writer, track, "flip", record->flip_ns);
		latch_event_print(&writer->file, "%s", args);
		latch_event_end(&writer->file);
	}
	flush_now_and_then(writer, end);
}

bool latch_trace_writer_add_surface(struct latch_trace_writer *writer, int64_t ns,
	const struct latch_trace_surface *surface) {
	return describe(writer, get_surface(writer, surface->id), "surface", surface->id,
		surface->label, ns, &latch_surface_fields, surface);
}

bool latch_trace_writer_add_output(struct latch_trace_writer *writer, int64_t ns,
	const struct latch_trace_output *output) {
	return describe(writer, get_output(writer, output->id), "output", output->id, output->name,
		ns, &latch_output_fields, output);
}

bool latch_trace_writer_add(struct latch_trace_writer *writer, enum latch_ring_kind kind,
	int64_t ns, const void *record) {
	const uint32_t id = *(const uint32_t *)record; /* each begins with whose it is */
	struct latch_track *track = kind == LATCH_RING_FLIP || kind == LATCH_RING_SHOWN
					    ? get_output(writer, id)
				    : kind == LATCH_RING_GONE
					    ? latch_track_list_find(&writer->surfaces, id)
					    : get_surface(writer, id);
	if (track == NULL) {
		return kind == LATCH_RING_GONE; /* nothing was told of it, either */
	}
	switch (kind) {
	case LATCH_RING_COMMIT:
		write_commit(writer, track, record);
		break;
	case LATCH_RING_FRAME:
		write_frame(writer, track, record);
		break;
	case LATCH_RING_FLIP:
		write_flip(writer, track, record);
		break;
	case LATCH_RING_SHOWN:
		write_shown(writer, track, record);
		break;
	case LATCH_RING_GONE:
		write_gone(writer, track, ns, id);
		break;
	}
	return true;
}
