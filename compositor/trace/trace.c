#include "trace/trace.h"

#include "base/clock.h"
#include "base/minmax.h"
#include "base/text.h"
#include "plan/reason.h"
#include "trace/event_file.h"
#include "trace/fields.h"
#include "trace/missed.h"
#include "trace/statistics.h"
#include "trace/track.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/util/log.h>

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

/* Updates in one instant "shown": so many fit an event in any case. */
#define SHOWN_PART 48

/* What a kill may cost. */
#define FLUSH_INTERVAL_NS INT64_C(1000000000)

struct latch_trace {
	struct latch_statistics *statistics;
	FILE *stats_file; /* NULL without --stats; written at the end */

	bool writes; /* --trace */
	struct latch_event_file file;
	struct latch_track_list surfaces, outputs;
	int64_t flushed_ns;
};

/* Opens the file of --trace. Returns whether it can be written; errno says why not. */
static bool begin_file(struct latch_trace *trace, const char *path) {
	struct latch_event_file *file = &trace->file;
	int error = latch_event_file_init(file, path);
	if (error != 0) {
		errno = -error;
		return false;
	}
	latch_event_begin(file, 'M', "process_name", 0, (struct latch_event_place){.pid = SELF});
	latch_event_print(file, "\"name\":\"latch\"");
	latch_event_end(file);
	latch_event_begin(
		file, 'i', "latch", latch_now_ns(), (struct latch_event_place){SELF, SELF});
	latch_event_print(file,
		"\"version\":\"%s\",\"format\":%d,\"clock\":\"CLOCK_MONOTONIC\"", LATCH_VERSION,
		LATCH_TRACE_FORMAT);
	latch_event_end(file);
	/* What can't be written is better known before the session than after it. */
	latch_event_file_flush(file);
	trace->writes = true;
	errno = -file->error;
	return file->error == 0;
}

/* Closes and frees all. Returns 0 or the first error of the trace's writes. */
static int trace_free(struct latch_trace *trace) {
	if (trace->stats_file != NULL) {
		fclose(trace->stats_file);
	}
	const int error = trace->writes ? latch_event_file_finish(&trace->file) : 0;
	latch_track_list_finish(&trace->surfaces);
	latch_track_list_finish(&trace->outputs);
	latch_statistics_destroy(trace->statistics);
	free(trace);
	return error;
}

/* Says why there will be no trace, by errno, which stays. Returns NULL. */
static struct latch_trace *refuse(struct latch_trace *trace, const char *what, const char *path) {
	const int error = errno;
	wlr_log(WLR_ERROR, "The %s can't be written to %s: %s", what, path, strerror(error));
	trace_free(trace);
	errno = error;
	return NULL;
}

struct latch_trace *latch_trace_create(const struct latch_trace_options *options) {
	struct latch_trace *trace = calloc(1, sizeof(*trace));
	struct latch_statistics *statistics = latch_statistics_create();
	if (trace == NULL || statistics == NULL) {
		wlr_log(WLR_ERROR, "No memory for the frame statistics");
		latch_statistics_destroy(statistics);
		free(trace);
		errno = ENOMEM;
		return NULL;
	}
	trace->statistics = statistics;
	if (options->stats_path != NULL) {
		trace->stats_file = fopen(options->stats_path, "we");
		if (trace->stats_file == NULL) {
			return refuse(trace, "statistics", options->stats_path);
		}
	}
	if (options->trace_path != NULL && !begin_file(trace, options->trace_path)) {
		return refuse(trace, "trace", options->trace_path);
	}
	return trace;
}

void latch_trace_destroy(struct latch_trace *trace) {
	if (trace == NULL) {
		return;
	}
	if (trace->stats_file != NULL) {
		int error = latch_statistics_write_json(trace->statistics, trace->stats_file);
		if (fclose(trace->stats_file) != 0 && error == 0) {
			error = -errno;
		}
		trace->stats_file = NULL;
		if (error != 0) {
			wlr_log(WLR_ERROR, "The statistics were not written whole: %s",
				strerror(-error));
		}
	}
	const int error = trace_free(trace);
	if (error != 0) {
		wlr_log(WLR_ERROR, "The trace was not written whole: %s", strerror(-error));
	}
}

/* The tracks of a surface and of an output. NULL when nothing is written, or memory is out. */
static struct latch_track *get_surface(struct latch_trace *trace, uint32_t id) {
	return trace != NULL && trace->writes
		       ? latch_track_list_get(&trace->surfaces, id, SURFACES + id, "updates")
		       : NULL;
}

static struct latch_track *get_output(struct latch_trace *trace, uint32_t id) {
	return trace != NULL && trace->writes
		       ? latch_track_list_get(&trace->outputs, id, OUTPUTS + id, "frames")
		       : NULL;
}

/* Begins an instant in the track's own lane for these. */
static void begin_instant(struct latch_trace *trace, struct latch_track *track,
	const char *name, int64_t ns) {
	latch_event_begin(
		&trace->file, 'i', name, ns, latch_track_events(track, &trace->file));
}

/* Writes what a track is: its group's name, and an instant with the record. counted: the statistics
 * have it, too. */
static void describe(struct latch_trace *trace, struct latch_track *track, bool counted,
	const char *kind, uint32_t id, const char *name, const struct latch_fields *fields,
	const void *record) {
	if (!counted || (track == NULL && trace->writes)) {
		wlr_log(WLR_ERROR, "No memory to record %s %u", kind, id);
	}
	if (track == NULL) {
		return;
	}
	char copy[LATCH_TEXT_MAX], escaped[2 * LATCH_TEXT_MAX];
	latch_text_copy(copy, sizeof(copy), name);
	latch_text_escape(escaped, sizeof(escaped), copy);
	latch_event_begin(&trace->file, 'M', "process_name", 0,
		(struct latch_event_place){.pid = track->number});
	latch_event_print(&trace->file, "\"name\":\"%s %" PRIu32 " %s\"", kind, id, escaped);
	latch_event_end(&trace->file);
	begin_instant(trace, track, kind, latch_now_ns());
	latch_event_add_fields(&trace->file, fields, record);
	latch_event_end(&trace->file);
}

void latch_trace_add_surface(struct latch_trace *trace, const struct latch_trace_surface *surface) {
	if (trace == NULL) {
		return;
	}
	describe(trace, get_surface(trace, surface->id),
		latch_statistics_add_surface(trace->statistics, surface), "surface", surface->id,
		surface->label, &latch_surface_fields, surface);
}

void latch_trace_remove_surface(struct latch_trace *trace, uint32_t surface_id) {
	if (trace == NULL) {
		return;
	}
	latch_statistics_surface_gone(trace->statistics, surface_id);
	struct latch_track *track = latch_track_list_find(&trace->surfaces, surface_id);
	if (track != NULL && !track->gone) {
		begin_instant(trace, track, "surface gone", latch_now_ns());
		latch_event_print(&trace->file, "\"id\":%" PRIu32, surface_id);
		latch_event_end(&trace->file);
		latch_track_list_mark_gone(&trace->surfaces, surface_id);
	}
}

void latch_trace_add_output(struct latch_trace *trace, const struct latch_trace_output *output) {
	if (trace == NULL) {
		return;
	}
	describe(trace, get_output(trace, output->id),
		latch_statistics_add_output(trace->statistics, output), "output", output->id,
		output->name, &latch_output_fields, output);
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
static void write_stages(struct latch_trace *trace, struct latch_event_place place,
	const struct mark *marks, size_t length, int64_t begin_ns, int64_t end_ns,
	const char *args) {
	int64_t cursor = begin_ns;
	for (size_t i = 1; i < length; i++) {
		if (marks[i].ns <= cursor) {
			continue;
		}
		latch_event_begin(&trace->file, 'B', marks[i].stage, cursor, place);
		latch_event_print(&trace->file, "%s", args);
		latch_event_end(&trace->file);
		latch_event_end_slice(&trace->file, marks[i].ns, place);
		cursor = marks[i].ns;
	}
	latch_event_end_slice(&trace->file, end_ns, place);
}

static void flush_now_and_then(struct latch_trace *trace, int64_t ns) {
	if (ns - trace->flushed_ns >= FLUSH_INTERVAL_NS) {
		latch_event_file_flush(&trace->file);
		trace->flushed_ns = ns;
	}
}

static void write_missed(struct latch_trace *trace, struct latch_track *track,
	const struct latch_frame_record *record, const struct latch_missed *missed) {
	const int64_t first_ns = record->flip_ns - (int64_t)missed->total * record->refresh_ns;
	for (unsigned i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (missed->by_cause[i] == 0) {
			continue;
		}
		char name[LATCH_TEXT_MAX];
		snprintf(name, sizeof(name), "missed: %s",
			latch_name(&latch_missed_cause_names, i));
		begin_instant(trace, track, name, first_ns);
		latch_event_print(&trace->file, "\"update\":%" PRIu64 ",\"vblanks\":%" PRIu32,
			record->update_id, missed->by_cause[i]);
		latch_event_end(&trace->file);
	}
}

/* What a frame's record has besides its fields: what is made of them. */
static void print_made(struct latch_trace *trace, const struct latch_frame_record *record,
	const struct latch_missed *missed) {
	latch_event_print(&trace->file, ",\"unused_vblanks\":%" PRIu32 ",\"reason_names\":[",
		missed->unused);
	const char *comma = "";
	for (uint64_t left = record->reasons; left != 0; left &= left - 1) {
		const char *name = latch_reason_name(left & -left);
		if (name != NULL) {
			latch_event_print(&trace->file, "%s\"%s\"", comma, name);
			comma = ",";
		}
	}
	latch_event_print(&trace->file, "]");
}

static int64_t end_of_assign(int64_t compose_start_ns, int64_t submit_start_ns) {
	return compose_start_ns > 0 ? compose_start_ns : submit_start_ns;
}

void latch_trace_frame(struct latch_trace *trace, const struct latch_frame_record *record) {
	if (trace != NULL) {
		latch_statistics_add_frame(trace->statistics, record);
	}
	struct latch_track *track = get_surface(trace, record->surface_id);
	if (track == NULL) {
		return;
	}
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
		latch_track_take_lane(track, &trace->file, &begin, &end);

	const struct latch_missed missed = latch_missed_count(record);
	latch_event_begin(
		&trace->file, 'B', latch_name(&latch_placement_names, shown), begin, place);
	latch_event_add_fields(&trace->file, &latch_frame_fields, record);
	print_made(trace, record, &missed);
	latch_event_end(&trace->file);
	char args[200];
	snprintf(args, sizeof(args),
		"\"update\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"plane\":%" PRIu32
		",\"placement\":\"%s\",\"sync\":\"%s\"",
		record->update_id, record->sequence, record->plane_id,
		latch_name(&latch_placement_names, record->placement),
		latch_name(&latch_sync_kind_names, record->sync));
	write_stages(trace, place, marks, length, begin, end, args);
	write_missed(trace, track, record, &missed);
	flush_now_and_then(trace, end);
}

void latch_trace_commit(struct latch_trace *trace, const struct latch_frame_record *record) {
	struct latch_track *track = get_surface(trace, record->surface_id);
	if (track != NULL) {
		begin_instant(trace, track, "commit", record->commit_ns);
		latch_event_add_fields(&trace->file, &latch_commit_fields, record);
		latch_event_end(&trace->file);
	}
}

void latch_trace_shown(struct latch_trace *trace, uint32_t output_id,
	int64_t time_ns, uint64_t sequence, const struct latch_shown_record *shown, size_t length) {
	struct latch_track *track = get_output(trace, output_id);
	if (track == NULL) {
		return;
	}
	size_t done = 0;
	do {
		const size_t part = length - done < SHOWN_PART ? length - done : SHOWN_PART;
		begin_instant(trace, track, "shown", time_ns);
		latch_event_print(&trace->file,
			"\"output\":%" PRIu32 ",\"sequence\":%" PRIu64 ",\"time_ns\":%" PRId64
			",\"more\":%s,\"updates\":[",
			output_id, sequence, time_ns, done + part < length ? "true" : "false");
		for (size_t i = done; i < done + part; i++) {
			latch_event_print(&trace->file, "%s[%" PRIu32 ",%" PRIu64 ",%" PRIu32 "]",
				i > done ? "," : "", shown[i].surface_id, shown[i].update_id,
				shown[i].plane_id);
		}
		latch_event_print(&trace->file, "]");
		latch_event_end(&trace->file);
		done += part;
	} while (done < length);
}

void latch_trace_flip(struct latch_trace *trace, const struct latch_flip_record *record) {
	if (trace != NULL) {
		latch_statistics_add_flip(trace->statistics, record);
	}
	struct latch_track *track = get_output(trace, record->output_id);
	if (track == NULL) {
		return;
	}
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
		latch_track_take_lane(track, &trace->file, &begin, &end);
	latch_event_begin(&trace->file, 'B', "frame", begin, place);
	latch_event_add_fields(&trace->file, &latch_flip_fields, record);
	latch_event_end(&trace->file);
	char args[40];
	snprintf(args, sizeof(args), "\"sequence\":%" PRIu64, record->sequence);
	write_stages(trace, place, marks, length, begin, end, args);
	if (record->flip_ns > 0) {
		begin_instant(trace, track, "flip", record->flip_ns);
		latch_event_print(&trace->file, "%s", args);
		latch_event_end(&trace->file);
	}
	flush_now_and_then(trace, end);
}

const struct latch_statistics *latch_trace_statistics(const struct latch_trace *trace) {
	return trace != NULL ? trace->statistics : NULL;
}
