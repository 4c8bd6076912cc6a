/* SPDX-License-Identifier: MIT */
#include "read.h"

#include "run.h"
#include "trace/fields.h"
#include "trace/scan.h"
#include "trace/statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <yyjson.h>

/* How many events go by between two calls of progress. */
#define PROGRESS_EVENTS 4096

/* Of the last trace that could not be read. */
static char problem[512];

struct reader {
	struct run *run;
	const struct read_options *options;
	bool is_latch;
	/* The update that was read last: its missed vblanks come behind it, so that it is counted
	 * when something else comes. */
	bool pending;
	size_t pending_index;
	bool no_memory; /* for a text */
};

static const char *get_text(yyjson_val *args, const char *key) {
	const char *text = yyjson_get_str(yyjson_obj_get(args, key));
	return text != NULL ? text : "";
}

static int64_t get_int(yyjson_val *args, const char *key) {
	/* Of unsigned and signed ones, 0 for what is no integer. */
	return yyjson_get_sint(yyjson_obj_get(args, key));
}

static uint32_t get_id(yyjson_val *args, const char *key) {
	return (uint32_t)yyjson_get_uint(yyjson_obj_get(args, key));
}

/* The run's own copy; NULL without memory. */
static const char *keep_text(void *data, const char *text) {
	struct reader *reader = data;
	const char *name = run_name(reader->run, text);
	reader->no_memory |= name == NULL;
	return name;
}

/* Valid as long as the event. */
static const char *borrow_text(void *data, const char *text) {
	return text;
}

static void count_pending(struct reader *reader) {
	if (!reader->pending) {
		return;
	}
	reader->pending = false;
	const struct run_frame *frame = &reader->run->frames[reader->pending_index];
	latch_statistics_add_told_frame(reader->run->statistics, &frame->record, frame->missed,
		frame->missed_length, frame->unused);
}

static const char *join_reasons(struct reader *reader, yyjson_val *args) {
	char joined[1024] = "";
	size_t used = 0, index, max;
	yyjson_val *name;
	yyjson_arr_foreach(yyjson_obj_get(args, "reason_names"), index, max, name) {
		const char *text = yyjson_is_str(name) ? yyjson_get_str(name) : "?";
		if (used + strlen(text) + 2 < sizeof(joined)) {
			used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%s",
				used > 0 ? "," : "", text);
		}
	}
	/* A trace of before reasons had names in it. */
	if (used == 0 && get_int(args, "reasons") != 0) {
		snprintf(joined, sizeof(joined), "0x%" PRIx64, (uint64_t)get_int(args, "reasons"));
	}
	return keep_text(reader, joined);
}

static bool take_frame(struct reader *reader, yyjson_val *args) {
	struct run *run = reader->run;
	struct run_frame *frame = run_add_frame(run);
	if (frame == NULL) {
		return false;
	}
	reader->pending = true;
	reader->pending_index = run->frames_length - 1;
	latch_fields_read(&latch_frame_fields, args, &frame->record, keep_text, reader);
	frame->sync = keep_text(reader, get_text(args, "sync"));
	frame->reasons = join_reasons(reader, args);
	frame->unused = get_id(args, "unused_vblanks");
	run_note_time(run, frame->record.commit_ns);
	run_note_time(run, frame->record.flip_ns);
	return !reader->no_memory;
}

static bool take_flip(struct reader *reader, yyjson_val *args) {
	struct latch_flip_record *flip = run_add_flip(reader->run);
	if (flip == NULL) {
		return false;
	}
	latch_fields_read(&latch_flip_fields, args, flip, keep_text, reader);
	run_note_time(reader->run, flip->latch_ns);
	run_note_time(reader->run, flip->flip_ns);
	latch_statistics_add_flip(reader->run->statistics, flip);
	return !reader->no_memory;
}

static bool take_missed(struct reader *reader, const char *cause, yyjson_val *args) {
	if (!reader->pending) {
		return true;
	}
	struct run_frame *frame = &reader->run->frames[reader->pending_index];
	if (frame->record.update_id != yyjson_get_uint(yyjson_obj_get(args, "update")) ||
		frame->missed_length == RUN_CAUSES) {
		return true;
	}
	frame->missed[frame->missed_length++] = (struct latch_told_missed){
		.cause = keep_text(reader, cause), .vblanks = get_id(args, "vblanks")};
	return !reader->no_memory;
}

static bool take_surface(struct reader *reader, yyjson_val *args) {
	struct latch_trace_surface told;
	latch_fields_read(&latch_surface_fields, args, &told, borrow_text, NULL);
	struct run_surface *surface = run_get_surface(reader->run, told.id);
	if (surface == NULL) {
		return false;
	}
	surface->pid = told.pid;
	latch_text_copy(surface->label, sizeof(surface->label), told.label);
	return latch_statistics_add_surface(reader->run->statistics, &told);
}

static bool take_output(struct reader *reader, yyjson_val *args) {
	struct latch_trace_output told;
	latch_fields_read(&latch_output_fields, args, &told, borrow_text, NULL);
	return latch_statistics_add_output(reader->run->statistics, &told);
}

static bool take_latch(struct reader *reader, yyjson_val *args) {
	if (get_int(args, "format") != LATCH_TRACE_FORMAT) {
		snprintf(problem, sizeof(problem),
			"its format is %" PRId64 ", and this latch-report knows %d only",
			get_int(args, "format"), LATCH_TRACE_FORMAT);
		return false;
	}
	latch_text_copy(
		reader->run->version, sizeof(reader->run->version), get_text(args, "version"));
	reader->is_latch = true;
	return true;
}

static bool take_instant(struct reader *reader, const char *name, yyjson_val *args) {
	static const char missed[] = "missed: ";
	if (strncmp(name, missed, sizeof(missed) - 1) == 0) {
		return take_missed(reader, name + sizeof(missed) - 1, args);
	}
	if (strcmp(name, "latch") == 0) {
		return take_latch(reader, args);
	}
	count_pending(reader);
	if (strcmp(name, "surface") == 0) {
		return take_surface(reader, args);
	}
	if (strcmp(name, "surface gone") == 0) {
		latch_statistics_surface_gone(reader->run->statistics, get_id(args, "id"));
		return true;
	}
	if (strcmp(name, "output") == 0) {
		return take_output(reader, args);
	}
	return true;
}

/* The outer slices carry the whole records; their stages and ends say nothing more. */
static bool take_event(struct reader *reader, yyjson_val *event) {
	const char *ph = get_text(event, "ph");
	yyjson_val *args = yyjson_obj_get(event, "args");
	if (strcmp(ph, "i") == 0) {
		return take_instant(reader, get_text(event, "name"), args);
	}
	if (strcmp(ph, "B") != 0) {
		return true;
	}
	if (yyjson_obj_get(args, "commit_ns") != NULL) {
		count_pending(reader);
		return take_frame(reader, args);
	}
	if (yyjson_obj_get(args, "predicted_ns") != NULL) {
		count_pending(reader);
		return take_flip(reader, args);
	}
	return true;
}

/* Returns false with the problem. */
static bool read_events(struct reader *reader, struct latch_scan *scan, uint64_t size) {
	struct run *run = reader->run;
	enum latch_scan_result result;
	bool taken = true;
	while (taken && (result = latch_scan_next(scan)) == LATCH_SCAN_EVENT) {
		yyjson_doc *doc = latch_scan_parse(scan);
		if (doc == NULL) {
			result = LATCH_SCAN_ERROR;
			break;
		}
		taken = take_event(reader, yyjson_doc_get_root(doc));
		yyjson_doc_free(doc);
		run->bytes = scan->event_offset + scan->event_length;
		if (++run->events % PROGRESS_EVENTS == 0 && reader->options->progress != NULL) {
			reader->options->progress(run->path, run->bytes, size);
		}
	}
	run->cut = result == LATCH_SCAN_CUT;
	if (result == LATCH_SCAN_ERROR) {
		snprintf(problem, sizeof(problem), "%s", scan->error);
	}
	return taken && result != LATCH_SCAN_ERROR;
}

const char *read_trace(struct run *run, const struct read_options *options) {
	const bool is_stdin = strcmp(run->path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(run->path, "re");
	if (file == NULL) {
		return strerror(errno);
	}
	struct stat stat;
	const bool regular = fstat(fileno(file), &stat) == 0 && S_ISREG(stat.st_mode);
	const uint64_t size = regular ? (uint64_t)stat.st_size : 0;
	if (options->all_surfaces) {
		run->statistics->keeps_gone = true;
	}
	struct latch_scan scan = {.file = file, .line = 1};
	struct reader reader = {.run = run, .options = options};
	snprintf(problem, sizeof(problem), "no memory for so many frames");
	const char *wrong = !read_events(&reader, &scan, size) ? problem
			    : !reader.is_latch ? "no trace of latch: nothing in it says so"
					       : NULL;
	count_pending(&reader);
	latch_scan_finish(&scan);
	if (!is_stdin) {
		fclose(file);
	}
	return wrong;
}
