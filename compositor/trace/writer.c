#include "trace/writer.h"

#include "trace/event_file.h"
#include "trace/missed.h"
#include "base/text.h"
#include "trace/track.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* Raised when an argument is taken away or changes its meaning. */
#define FORMAT 2

/* Updates in one instant "shown": so many fit an event in any case. */
#define SHOWN_PART 48

/* What a kill may cost. */
#define FLUSH_INTERVAL_NS INT64_C(1000000000)

/* For the names of an update's reasons: an event has 4 KiB in all. */
#define REASONS_MAX 1024

struct latch_trace_writer {
	struct latch_event_file file;
	struct latch_track_list surfaces, outputs;
	int64_t flushed_ns;
	const char *(*reason_name)(uint64_t bit); /* or NULL */
};

/* Microseconds with three decimals, as the format has them; for times of 0 and more. */
#define TS "%" PRId64 ".%03" PRId64
#define TS_ARGS(ns) (ns) / 1000, (ns) % 1000

static int64_t now_ns(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t later(int64_t a, int64_t b) {
	return a > b ? a : b;
}

struct latch_trace_writer *latch_trace_writer_create(
	const char *path, const char *(*reason_name)(uint64_t bit)) {
	struct latch_trace_writer *writer = calloc(1, sizeof(*writer));
	if (writer == NULL) {
		return NULL;
	}
	writer->reason_name = reason_name;
	const int error = latch_event_file_init(&writer->file, path);
	if (error != 0) {
		free(writer);
		errno = -error;
		return NULL;
	}
	latch_event_file_add(&writer->file,
		"{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%d,\"args\":{\"name\":\"latch\"}}",
		SELF);
	latch_event_file_add(&writer->file,
		"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"latch\",\"ts\":" TS
		",\"pid\":%d,\"tid\":%d,\"args\":{\"version\":\"%s\",\"format\":%d,"
		"\"clock\":\"CLOCK_MONOTONIC\"}}",
		TS_ARGS(now_ns()), SELF, SELF, LATCH_VERSION, FORMAT);
	/* What can't be written is better known before the session than after it. */
	latch_event_file_flush(&writer->file);
	if (writer->file.error != 0) {
		errno = -latch_event_file_finish(&writer->file);
		free(writer);
		return NULL;
	}
	return writer;
}

int latch_trace_writer_destroy(struct latch_trace_writer *writer) {
	if (writer == NULL) {
		return 0;
	}
	latch_track_list_finish(&writer->surfaces);
	latch_track_list_finish(&writer->outputs);
	const int error = latch_event_file_finish(&writer->file);
	free(writer);
	return error;
}

static void name_group(struct latch_trace_writer *writer, const struct latch_track *track,
	const char *kind, const char *escaped) {
	latch_event_file_add(&writer->file,
		"{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%" PRIu32
		",\"args\":{\"name\":\"%s %" PRIu32 " %s\"}}",
		track->number, kind, track->id, escaped);
}

bool latch_trace_writer_add_surface(
	struct latch_trace_writer *writer, const struct latch_trace_surface *surface) {
	struct latch_track *track = latch_track_list_get(
		&writer->surfaces, surface->id, SURFACES + surface->id, "updates");
	if (track == NULL) {
		return false;
	}
	char label[LATCH_TEXT_MAX], escaped[2 * LATCH_TEXT_MAX];
	latch_text_copy(label, sizeof(label), surface->label);
	latch_text_escape(escaped, sizeof(escaped), label);
	name_group(writer, track, "surface", escaped);
	const struct latch_track_place place = latch_track_events(track, &writer->file);
	latch_event_file_add(&writer->file,
		"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"surface\",\"ts\":" TS ",\"pid\":%" PRIu32
		",\"tid\":%" PRIu64 ",\"args\":{\"id\":%" PRIu32
		",\"label\":\"%s\",\"client_pid\":%" PRId32 "}}",
		TS_ARGS(now_ns()), place.pid, place.tid, surface->id, escaped, surface->pid);
	return true;
}

void latch_trace_writer_remove_surface(struct latch_trace_writer *writer, uint32_t surface_id) {
	struct latch_track *track = latch_track_list_find(&writer->surfaces, surface_id);
	if (track != NULL && !track->gone) {
		const struct latch_track_place place = latch_track_events(track, &writer->file);
		latch_event_file_add(&writer->file,
			"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"surface gone\",\"ts\":" TS
			",\"pid\":%" PRIu32 ",\"tid\":%" PRIu64 ",\"args\":{\"id\":%" PRIu32 "}}",
			TS_ARGS(now_ns()), place.pid, place.tid, surface_id);
	}
	latch_track_list_mark_gone(&writer->surfaces, surface_id);
}

bool latch_trace_writer_add_output(
	struct latch_trace_writer *writer, const struct latch_trace_output *output) {
	struct latch_track *track =
		latch_track_list_get(&writer->outputs, output->id, OUTPUTS + output->id, "frames");
	if (track == NULL) {
		return false;
	}
	const char *texts[] = {
		output->name, output->device, output->mode, output->renderer, output->clock};
	char escaped[5][2 * LATCH_TEXT_MAX];
	for (size_t i = 0; i < 5; i++) {
		char copy[LATCH_TEXT_MAX];
		latch_text_copy(copy, sizeof(copy), texts[i]);
		latch_text_escape(escaped[i], sizeof(escaped[i]), copy);
	}
	name_group(writer, track, "output", escaped[0]);
	const struct latch_track_place place = latch_track_events(track, &writer->file);
	latch_event_file_add(&writer->file,
		"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"output\",\"ts\":" TS ",\"pid\":%" PRIu32
		",\"tid\":%" PRIu64 ",\"args\":{\"id\":%" PRIu32
		",\"name\":\"%s\",\"device\":\"%s\",\"mode\":\"%s\",\"renderer\":\"%s\","
		"\"clock\":\"%s\"}}",
		TS_ARGS(now_ns()), place.pid, place.tid, output->id, escaped[0], escaped[1],
		escaped[2], escaped[3], escaped[4]);
	return true;
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
		last = later(last, marks[i].ns);
	}
	return last;
}

static void write_end(
	struct latch_trace_writer *writer, struct latch_track_place place, int64_t ns) {
	latch_event_file_add(&writer->file,
		"{\"ph\":\"E\",\"ts\":" TS ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu64 "}", TS_ARGS(ns),
		place.pid, place.tid);
}

/*
 * Writes the stages, each from the mark before, in the bounds of the outer slice. A mark that
 * is unknown, or not later than what came before, has no slice.
 */
static void write_stages(struct latch_trace_writer *writer, struct latch_track_place place,
	const struct mark *marks, size_t length, int64_t begin_ns, const char *args) {
	int64_t cursor = begin_ns;
	for (size_t i = 1; i < length; i++) {
		if (marks[i].ns <= cursor) {
			continue;
		}
		latch_event_file_add(&writer->file,
			"{\"ph\":\"B\",\"name\":\"%s\",\"ts\":" TS ",\"pid\":%" PRIu32
			",\"tid\":%" PRIu64 ",\"args\":{%s}}",
			marks[i].stage, TS_ARGS(cursor), place.pid, place.tid, args);
		write_end(writer, place, marks[i].ns);
		cursor = marks[i].ns;
	}
}

static void flush_now_and_then(struct latch_trace_writer *writer, int64_t ns) {
	if (ns - writer->flushed_ns >= FLUSH_INTERVAL_NS) {
		latch_event_file_flush(&writer->file);
		writer->flushed_ns = ns;
	}
}

static void write_missed(struct latch_trace_writer *writer, struct latch_track *track,
	const struct latch_frame_record *record, const struct latch_missed *missed) {
	if (missed->total == 0) {
		return;
	}
	const struct latch_track_place place = latch_track_events(track, &writer->file);
	const int64_t first_ns = record->flip_ns - (int64_t)missed->total * record->refresh_ns;
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (missed->by_cause[i] == 0) {
			continue;
		}
		latch_event_file_add(&writer->file,
			"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"missed: %s\",\"ts\":" TS
			",\"pid\":%" PRIu32 ",\"tid\":%" PRIu64 ",\"args\":{\"update\":%" PRIu64
			",\"vblanks\":%" PRIu32 "}}",
			latch_missed_cause_name((enum latch_missed_cause)i),
			TS_ARGS(later(first_ns, 0)), place.pid, place.tid, record->update_id,
			missed->by_cause[i]);
	}
}

/* As an array's inside: "no-dmabuf","format". */
static void list_reasons(
	const struct latch_trace_writer *writer, uint64_t reasons, char *to, size_t size) {
	size_t used = 0;
	*to = '\0';
	for (; writer->reason_name != NULL && reasons != 0; reasons &= reasons - 1) {
		const char *name = writer->reason_name(reasons & -reasons);
		if (name == NULL || used + strlen(name) + 4 > size) {
			continue;
		}
		used += (size_t)snprintf(
			to + used, size - used, "%s\"%s\"", used > 0 ? "," : "", name);
	}
}

#define WAKE_TEXT 256

/* How the latch was planned, as arguments. Returns text. */
static const char *wake_text(const struct latch_wake_record *wake, char text[static WAKE_TEXT]) {
	snprintf(text, WAKE_TEXT,
		"\"wake\":\"%s\",\"planned_ns\":%" PRId64 ",\"predicted_ns\":%" PRId64
		",\"margin_ns\":%" PRId64 ",\"kernel_ns\":%" PRId64 ",\"busy_ns\":%" PRId64,
		wake->why != NULL ? wake->why : "", wake->planned_ns, wake->vblank_ns,
		wake->margin_ns, wake->kernel_ns, wake->busy_ns);
	return text;
}

static int64_t end_of_assign(int64_t compose_start_ns, int64_t submit_start_ns) {
	return compose_start_ns > 0 ? compose_start_ns : submit_start_ns;
}

void latch_trace_writer_frame(
	struct latch_trace_writer *writer, const struct latch_frame_record *record) {
	struct latch_track *track = latch_track_list_get(
		&writer->surfaces, record->surface_id, SURFACES + record->surface_id, "updates");
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
	const struct latch_track_place place =
		latch_track_take_lane(track, &writer->file, &begin, &end);

	char wake[WAKE_TEXT], more[WAKE_TEXT + 288];
	snprintf(more, sizeof(more),
		"%s,\"blocked_from_ns\":%" PRId64 ",\"blocked_until_ns\":%" PRId64
		",\"blocked_by\":\"%s\",\"paced_ns\":%" PRId64
		",\"compose_start_ns\":%" PRId64 ",\"compose_end_ns\":%" PRId64,
		wake_text(&record->wake, wake), record->blocked.from_ns, record->blocked.until_ns,
		record->blocked.until_ns != 0 ? latch_missed_cause_name(record->blocked.cause)
					      : "",
		record->paced_ns, record->compose_start_ns, record->compose_end_ns);
	char reasons[REASONS_MAX];
	list_reasons(writer, record->reasons, reasons, sizeof(reasons));
	const struct latch_missed missed = latch_missed_count(record);
	latch_event_file_add(&writer->file,
		"{\"ph\":\"B\",\"name\":\"%s\",\"ts\":" TS ",\"pid\":%" PRIu32 ",\"tid\":%" PRIu64
		",\"args\":{\"surface\":%" PRIu32 ",\"output\":%" PRIu32 ",\"update\":%" PRIu64
		",\"sync\":\"%s\",\"held_by\":\"%s\",\"placement\":\"%s\",\"plane\":%" PRIu32
		",\"plane_type\":\"%s\",\"reasons\":%" PRIu64
		",\"reason_names\":[%s],\"unused_vblanks\":%" PRIu32 ",\"presented\":%s,\"superseded\":%s"
		",\"fence_error\":%d,\"sequence\":%" PRIu64 ",\"commit_ns\":%" PRId64
		",\"signalled_ns\":%" PRId64 ",\"ready_ns\":%" PRId64 ",\"latch_ns\":%" PRId64
		",\"submit_start_ns\":%" PRId64 ",\"submit_end_ns\":%" PRId64
		",\"flip_ns\":%" PRId64 ",\"release_ns\":%" PRId64 ",\"refresh_ns\":%" PRId64
		",\"replaced_flip_ns\":%" PRId64 ",\"visible_ns\":%" PRId64 ",\"buffer\":%" PRIu32
		",\"end\":\"%s\",\"release\":\"%s\",\"told_ns\":%" PRId64 ",\"off_ns\":%" PRId64
		",%s}}",
		latch_placement_name(shown), TS_ARGS(begin), place.pid, place.tid,
		record->surface_id, record->output_id, record->update_id,
		latch_sync_kind_name(record->sync),
		record->held_by != NULL ? record->held_by : "",
		latch_placement_name(record->placement),
		record->plane_id, record->plane_type != NULL ? record->plane_type : "",
		record->reasons, reasons, missed.unused, record->presented ? "true" : "false",
		record->superseded ? "true" : "false", record->fence_error, record->sequence,
		record->commit_ns, record->signalled_ns, record->ready_ns, record->latch_ns,
		record->submit_start_ns, record->submit_end_ns, record->flip_ns, record->release_ns,
		record->refresh_ns, record->replaced_flip_ns, record->visible_ns, record->buffer_id,
		latch_record_end_name(record->end), latch_record_release_name(record->release),
		record->told_ns, record->off_ns, more);
	char args[200];
	snprintf(args, sizeof(args),
		"\"update\":%" PRIu64 ",\"sequence\":%" PRIu64 ",\"plane\":%" PRIu32
		",\"placement\":\"%s\",\"sync\":\"%s\"",
		record->update_id, record->sequence, record->plane_id,
		latch_placement_name(record->placement), latch_sync_kind_name(record->sync));
	write_stages(writer, place, marks, length, begin, args);
	write_end(writer, place, end);
	write_missed(writer, track, record, &missed);
	flush_now_and_then(writer, end);
}

void latch_trace_writer_commit(
	struct latch_trace_writer *writer, const struct latch_frame_record *record) {
	struct latch_track *track = latch_track_list_get(
		&writer->surfaces, record->surface_id, SURFACES + record->surface_id, "updates");
	if (track == NULL) {
		return;
	}
	const struct latch_track_place place = latch_track_events(track, &writer->file);
	latch_event_file_add(&writer->file,
		"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"commit\",\"ts\":" TS ",\"pid\":%" PRIu32
		",\"tid\":%" PRIu64 ",\"args\":{\"surface\":%" PRIu32 ",\"update\":%" PRIu64
		",\"buffer\":%" PRIu32 ",\"commit_ns\":%" PRId64 "}}",
		TS_ARGS(record->commit_ns), place.pid, place.tid, record->surface_id,
		record->update_id, record->buffer_id, record->commit_ns);
}

/* As "[surface,update,plane],..." */
static void list_shown(
	char *text, size_t size, const struct latch_shown_record *shown, size_t length) {
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < length; i++) {
		const int n = snprintf(text + used, size - used,
			"%s[%" PRIu32 ",%" PRIu64 ",%" PRIu32 "]", i > 0 ? "," : "",
			shown[i].surface_id, shown[i].update_id, shown[i].plane_id);
		used += n > 0 ? (size_t)n : 0;
	}
}

void latch_trace_writer_shown(struct latch_trace_writer *writer, uint32_t output_id,
	int64_t time_ns, uint64_t sequence, const struct latch_shown_record *shown, size_t length) {
	struct latch_track *track =
		latch_track_list_get(&writer->outputs, output_id, OUTPUTS + output_id, "frames");
	if (track == NULL) {
		return;
	}
	const struct latch_track_place place = latch_track_events(track, &writer->file);
	size_t done = 0;
	do {
		/* Three numbers of 10, 20 and 10 digits at most, two brackets, three commas. */
		char list[SHOWN_PART * 45 + 1];
		const size_t part = length - done < SHOWN_PART ? length - done : SHOWN_PART;
		list_shown(list, sizeof(list), shown + done, part);
		done += part;
		latch_event_file_add(&writer->file,
			"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"shown\",\"ts\":" TS
			",\"pid\":%" PRIu32 ",\"tid\":%" PRIu64 ",\"args\":{\"output\":%" PRIu32
			",\"sequence\":%" PRIu64 ",\"time_ns\":%" PRId64
			",\"more\":%s,\"updates\":[%s]}}",
			TS_ARGS(time_ns), place.pid, place.tid, output_id, sequence, time_ns,
			done < length ? "true" : "false", list);
	} while (done < length);
}

void latch_trace_writer_flip(
	struct latch_trace_writer *writer, const struct latch_flip_record *record) {
	struct latch_track *track = latch_track_list_get(
		&writer->outputs, record->output_id, OUTPUTS + record->output_id, "frames");
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
	char wake[WAKE_TEXT];
	const size_t length = sizeof(marks) / sizeof(marks[0]);
	int64_t begin = first_mark(marks, length), end = last_mark(marks, length);
	const struct latch_track_place place =
		latch_track_take_lane(track, &writer->file, &begin, &end);
	latch_event_file_add(&writer->file,
		"{\"ph\":\"B\",\"name\":\"frame\",\"ts\":" TS ",\"pid\":%" PRIu32
		",\"tid\":%" PRIu64 ",\"args\":{\"output\":%" PRIu32 ",\"sequence\":%" PRIu64
		",\"layers\":%" PRIu32 ",\"on_planes\":%" PRIu32 ",\"composed\":%" PRIu32
		",\"latch_ns\":%" PRId64 ",\"compose_start_ns\":%" PRId64
		",\"compose_end_ns\":%" PRId64 ",\"submit_start_ns\":%" PRId64
		",\"submit_end_ns\":%" PRId64 ",\"flip_ns\":%" PRId64
		",\"refresh_ns\":%" PRId64 ",%s}}",
		TS_ARGS(begin), place.pid, place.tid, record->output_id, record->sequence,
		record->layers, record->on_planes, record->composed, record->latch_ns,
		record->compose_start_ns, record->compose_end_ns, record->submit_start_ns, record->submit_end_ns, record->flip_ns,
		record->refresh_ns, wake_text(&record->wake, wake));
	char args[40];
	snprintf(args, sizeof(args), "\"sequence\":%" PRIu64, record->sequence);
	write_stages(writer, place, marks, length, begin, args);
	write_end(writer, place, end);
	if (record->flip_ns > 0) {
		const struct latch_track_place events = latch_track_events(track, &writer->file);
		latch_event_file_add(&writer->file,
			"{\"ph\":\"i\",\"s\":\"t\",\"name\":\"flip\",\"ts\":" TS ",\"pid\":%" PRIu32
			",\"tid\":%" PRIu64 ",\"args\":{\"sequence\":%" PRIu64 "}}",
			TS_ARGS(record->flip_ns), events.pid, events.tid, record->sequence);
	}
	flush_now_and_then(writer, end);
}
