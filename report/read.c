#include "read.h"

#include "run.h"
#include "scan.h"
#include "trace/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yyjson.h>

/* latch raises the number when an argument is taken away or changes its meaning. */
#define FORMAT 2

/* A document of one event: its values take some 16 bytes for each of its few dozen. */
#define POOL_BYTES (256 * 1024)

/* How many events go by between two calls of progress. */
#define PROGRESS_EVENTS 4096

static char problem[512];

struct reader {
	struct run *run;
	const struct read_options *options;
	bool is_latch;
	/* The update that was read last: its missed vblanks come behind it, so that it is counted
	 * when something else comes. */
	bool pending;
	size_t pending_index;
	char pool[POOL_BYTES];
};

static const char *no_memory(void) {
	return "no memory for so many frames";
}

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

static void count_pending(struct reader *reader) {
	if (!reader->pending) {
		return;
	}
	reader->pending = false;
	const struct run_frame *frame = &reader->run->frames[reader->pending_index];
	struct latch_told_missed missed[RUN_CAUSES];
	for (size_t i = 0; i < frame->missed_length; i++) {
		missed[i] = (struct latch_told_missed){
			.cause = frame->missed[i].cause, .vblanks = frame->missed[i].vblanks};
	}
	latch_statistics_add_told_frame(reader->run->statistics, &frame->record, missed,
		frame->missed_length, frame->unused);
}

static enum latch_sync_kind sync_from_name(const char *name) {
	for (int i = 0; i < LATCH_SYNC_KINDS; i++) {
		if (strcmp(latch_sync_kind_name((enum latch_sync_kind)i), name) == 0) {
			return (enum latch_sync_kind)i;
		}
	}
	return (enum latch_sync_kind)LATCH_SYNC_KINDS; /* counted with none of them */
}

static enum latch_placement placement_from_name(const char *name) {
	const enum latch_placement placements[] = {LATCH_ON_PLANE, LATCH_COMPOSED};
	for (size_t i = 0; i < 2; i++) {
		if (strcmp(latch_placement_name(placements[i]), name) == 0) {
			return placements[i];
		}
	}
	return LATCH_NOT_SHOWN;
}

static const char *join_reasons(struct run *run, yyjson_val *args) {
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
	return run_name(run, joined);
}

static enum latch_record_end end_from_name(const char *name) {
	for (int i = LATCH_END_UNKNOWN; i <= LATCH_END_REFUSED; i++) {
		if (strcmp(latch_record_end_name((enum latch_record_end)i), name) == 0) {
			return (enum latch_record_end)i;
		}
	}
	return LATCH_END_UNKNOWN;
}

static enum latch_record_release release_from_name(const char *name) {
	for (int i = LATCH_RELEASED_AT_ONCE; i <= LATCH_RELEASED_COPY; i++) {
		if (strcmp(latch_record_release_name((enum latch_record_release)i), name) == 0) {
			return (enum latch_record_release)i;
		}
	}
	return LATCH_RELEASED_AT_ONCE;
}

static enum latch_missed_cause cause_from_name(const char *name) {
	for (int i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (strcmp(latch_missed_cause_name((enum latch_missed_cause)i), name) == 0) {
			return (enum latch_missed_cause)i;
		}
	}
	return (enum latch_missed_cause)0; /* nobody was in the way, and it does not count */
}

/* why is NULL without memory. */
static struct latch_wake_record take_wake(struct run *run, yyjson_val *args) {
	return (struct latch_wake_record){
		.why = run_name(run, get_text(args, "wake")),
		.planned_ns = get_int(args, "planned_ns"),
		.vblank_ns = get_int(args, "predicted_ns"),
		.margin_ns = get_int(args, "margin_ns"),
		.kernel_ns = get_int(args, "kernel_ns"),
		.busy_ns = get_int(args, "busy_ns"),
	};
}

static const char *take_frame(struct reader *reader, yyjson_val *args) {
	struct run *run = reader->run;
	struct run_frame *frame = run_add_frame(run);
	if (frame == NULL) {
		return no_memory();
	}
	reader->pending = true;
	reader->pending_index = run->frames_length - 1;
	frame->record = (struct latch_frame_record){
		.surface_id = get_id(args, "surface"),
		.output_id = get_id(args, "output"),
		.update_id = yyjson_get_uint(yyjson_obj_get(args, "update")),
		.sync = sync_from_name(get_text(args, "sync")),
		.held_by = run_name(run, get_text(args, "held_by")),
		.commit_ns = get_int(args, "commit_ns"),
		.signalled_ns = get_int(args, "signalled_ns"),
		.ready_ns = get_int(args, "ready_ns"),
		.latch_ns = get_int(args, "latch_ns"),
		.compose_start_ns = get_int(args, "compose_start_ns"),
		.compose_end_ns = get_int(args, "compose_end_ns"),
		.submit_start_ns = get_int(args, "submit_start_ns"),
		.submit_end_ns = get_int(args, "submit_end_ns"),
		.flip_ns = get_int(args, "flip_ns"),
		.release_ns = get_int(args, "release_ns"),
		.told_ns = get_int(args, "told_ns"),
		.off_ns = get_int(args, "off_ns"),
		.refresh_ns = get_int(args, "refresh_ns"),
		.replaced_flip_ns = get_int(args, "replaced_flip_ns"),
		.visible_ns = get_int(args, "visible_ns"),
		.paced_ns = get_int(args, "paced_ns"),
		.blocked =
			{
				.from_ns = get_int(args, "blocked_from_ns"),
				.until_ns = get_int(args, "blocked_until_ns"),
				.cause = cause_from_name(get_text(args, "blocked_by")),
			},
		.wake = take_wake(run, args),
		.sequence = yyjson_get_uint(yyjson_obj_get(args, "sequence")),
		.placement = placement_from_name(get_text(args, "placement")),
		.plane_id = get_id(args, "plane"),
		.plane_type = run_name(run, get_text(args, "plane_type")),
		.reasons = yyjson_get_uint(yyjson_obj_get(args, "reasons")),
		.presented = yyjson_get_bool(yyjson_obj_get(args, "presented")),
		.superseded = yyjson_get_bool(yyjson_obj_get(args, "superseded")),
		.fence_error = (int)get_int(args, "fence_error"),
		.buffer_id = get_id(args, "buffer"),
		.end = end_from_name(get_text(args, "end")),
		.release = release_from_name(get_text(args, "release")),
	};
	frame->sync = run_name(run, get_text(args, "sync"));
	frame->reasons = join_reasons(run, args);
	frame->unused = get_id(args, "unused_vblanks");
	if (frame->record.plane_type == NULL || frame->record.wake.why == NULL ||
		frame->record.held_by == NULL || frame->sync == NULL || frame->reasons == NULL) {
		reader->pending = false;
		run->frames_length--;
		return no_memory();
	}
	run_note_time(run, frame->record.commit_ns);
	run_note_time(run, frame->record.flip_ns);
	return NULL;
}

static const char *take_flip(struct reader *reader, yyjson_val *args) {
	struct latch_flip_record *flip = run_add_flip(reader->run);
	if (flip == NULL) {
		return no_memory();
	}
	*flip = (struct latch_flip_record){
		.output_id = get_id(args, "output"),
		.latch_ns = get_int(args, "latch_ns"),
		.compose_start_ns = get_int(args, "compose_start_ns"),
		.compose_end_ns = get_int(args, "compose_end_ns"),
		.submit_start_ns = get_int(args, "submit_start_ns"),
		.submit_end_ns = get_int(args, "submit_end_ns"),
		.wake = take_wake(reader->run, args),
		.flip_ns = get_int(args, "flip_ns"),
		.refresh_ns = get_int(args, "refresh_ns"),
		.sequence = yyjson_get_uint(yyjson_obj_get(args, "sequence")),
		.layers = get_id(args, "layers"),
		.on_planes = get_id(args, "on_planes"),
		.composed = get_id(args, "composed"),
	};
	if (flip->wake.why == NULL) {
		return no_memory();
	}
	run_note_time(reader->run, flip->latch_ns);
	run_note_time(reader->run, flip->flip_ns);
	latch_statistics_add_flip(reader->run->statistics, flip);
	return NULL;
}

static const char *take_missed(struct reader *reader, const char *cause, yyjson_val *args) {
	if (!reader->pending) {
		return NULL;
	}
	struct run_frame *frame = &reader->run->frames[reader->pending_index];
	if (frame->record.update_id != yyjson_get_uint(yyjson_obj_get(args, "update")) ||
		frame->missed_length == RUN_CAUSES) {
		return NULL;
	}
	cause = run_name(reader->run, cause);
	if (cause == NULL) {
		return no_memory();
	}
	frame->missed[frame->missed_length++] =
		(struct run_missed){.cause = cause, .vblanks = get_id(args, "vblanks")};
	return NULL;
}

static const char *take_surface(struct reader *reader, yyjson_val *args) {
	struct run_surface *surface = run_get_surface(reader->run, get_id(args, "id"));
	if (surface == NULL) {
		return no_memory();
	}
	surface->pid = (int32_t)get_int(args, "client_pid");
	latch_text_copy(surface->label, sizeof(surface->label), get_text(args, "label"));
	const struct latch_trace_surface told = {
		.id = surface->id, .pid = surface->pid, .label = surface->label};
	return latch_statistics_add_surface(reader->run->statistics, &told) ? NULL : no_memory();
}

static const char *take_surface_gone(struct reader *reader, yyjson_val *args) {
	struct run_surface *surface = run_get_surface(reader->run, get_id(args, "id"));
	if (surface == NULL) {
		return no_memory();
	}
	surface->gone = true;
	latch_statistics_surface_gone(reader->run->statistics, surface->id);
	return NULL;
}

static const char *take_output(struct reader *reader, yyjson_val *args) {
	struct run_output *output = run_get_output(reader->run, get_id(args, "id"));
	if (output == NULL) {
		return no_memory();
	}
	latch_text_copy(output->name, sizeof(output->name), get_text(args, "name"));
	latch_text_copy(output->device, sizeof(output->device), get_text(args, "device"));
	latch_text_copy(output->mode, sizeof(output->mode), get_text(args, "mode"));
	latch_text_copy(output->renderer, sizeof(output->renderer), get_text(args, "renderer"));
	latch_text_copy(output->clock, sizeof(output->clock), get_text(args, "clock"));
	const struct latch_trace_output told = {
		.id = output->id,
		.name = output->name,
		.device = output->device,
		.mode = output->mode,
		.renderer = output->renderer,
		.clock = output->clock,
	};
	return latch_statistics_add_output(reader->run->statistics, &told) ? NULL : no_memory();
}

static const char *take_latch(struct reader *reader, yyjson_val *args) {
	if (get_int(args, "format") != FORMAT) {
		snprintf(problem, sizeof(problem),
			"its format is %" PRId64 ", and this latch-report knows %d only",
			get_int(args, "format"), FORMAT);
		return problem;
	}
	latch_text_copy(
		reader->run->version, sizeof(reader->run->version), get_text(args, "version"));
	reader->is_latch = true;
	return NULL;
}

static const char *take_instant(struct reader *reader, const char *name, yyjson_val *args) {
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
		return take_surface_gone(reader, args);
	}
	if (strcmp(name, "output") == 0) {
		return take_output(reader, args);
	}
	return NULL;
}

/* The outer slices carry the whole records; their stages and ends say nothing more. */
static const char *take_event(struct reader *reader, yyjson_val *event) {
	const char *ph = get_text(event, "ph");
	yyjson_val *args = yyjson_obj_get(event, "args");
	if (strcmp(ph, "i") == 0) {
		return take_instant(reader, get_text(event, "name"), args);
	}
	if (strcmp(ph, "B") != 0) {
		return NULL;
	}
	if (yyjson_obj_get(args, "commit_ns") != NULL) {
		count_pending(reader);
		return take_frame(reader, args);
	}
	if (yyjson_obj_get(args, "predicted_ns") != NULL) {
		count_pending(reader);
		return take_flip(reader, args);
	}
	return NULL;
}

static const char *parse_event(struct reader *reader, struct scan *scan) {
	yyjson_alc alc;
	yyjson_read_err error;
	const size_t needed = yyjson_read_max_memory_usage(scan->event_length, YYJSON_READ_INSITU);
	/* The pool is enough for latch's own events; for others the heap is. */
	const bool small = needed <= sizeof(reader->pool) &&
			   yyjson_alc_pool_init(&alc, reader->pool, sizeof(reader->pool));
	yyjson_doc *doc = yyjson_read_opts(
		scan->event, scan->event_length, YYJSON_READ_INSITU, small ? &alc : NULL, &error);
	if (doc == NULL) {
		snprintf(problem, sizeof(problem), "line %" PRIu64 ", byte %" PRIu64 ": %s",
			scan->event_line, scan->event_offset + error.pos, error.msg);
		return problem;
	}
	const char *wrong = take_event(reader, yyjson_doc_get_root(doc));
	yyjson_doc_free(doc);
	return wrong;
}

static const char *read_events(struct reader *reader, struct scan *scan, uint64_t size) {
	for (;;) {
		switch (scan_next(scan)) {
		case SCAN_EVENT:
			break;
		case SCAN_CUT:
			reader->run->cut = true;
			return NULL;
		case SCAN_END:
			return NULL;
		case SCAN_ERROR:
			snprintf(problem, sizeof(problem), "%s", scan->error);
			return problem;
		}
		const char *wrong = parse_event(reader, scan);
		if (wrong != NULL) {
			return wrong;
		}
		reader->run->bytes = scan->event_offset + scan->event_length;
		if (++reader->run->events % PROGRESS_EVENTS == 0 &&
			reader->options->progress != NULL) {
			reader->options->progress(reader->run->path, reader->run->bytes, size);
		}
	}
}

const char *read_trace(struct run *run, const struct read_options *options) {
	static struct reader reader;
	const bool is_stdin = strcmp(run->path, "-") == 0;
	const int fd = is_stdin ? STDIN_FILENO : open(run->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		snprintf(problem, sizeof(problem), "%s", strerror(errno));
		return problem;
	}
	struct stat stat;
	const uint64_t size =
		fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) ? (uint64_t)stat.st_size : 0;
	struct scan scan;
	const char *wrong = NULL;
	if (!scan_init(&scan, fd)) {
		wrong = no_memory();
	} else {
		reader = (struct reader){.run = run, .options = options};
		if (options->all_surfaces) {
			latch_statistics_keep_gone(run->statistics);
		}
		wrong = read_events(&reader, &scan, size);
		count_pending(&reader);
		scan_finish(&scan);
	}
	if (!is_stdin) {
		close(fd);
	}
	if (wrong == NULL && !reader.is_latch) {
		wrong = "no trace of latch: nothing in it says so";
	}
	return wrong;
}
