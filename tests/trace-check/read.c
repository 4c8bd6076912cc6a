/* SPDX-License-Identifier: MIT */
/*
 * What each event of the file says. A file without its end is that of a compositor that was killed.
 */
#include "trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "base/array.h"
#include "trace/fields.h"
#include "trace/scan.h"

/* Numbers in a trace count up from 1. One that is so far beyond all before is a broken file's, and
 * not a reason to take all memory there is. */
#define MAX_JUMP (1u << 20)

/* Makes an array so long that it has an element `index`; new ones are zero. */
static bool reach(struct trace *trace, void **array, size_t *len, size_t size, uint64_t index) {
	if (index < *len) {
		return true;
	}
	if (index > *len + MAX_JUMP) {
		trace_found(
			trace, RULE_TRACE, "the number %" PRIu64 " is beyond all others", index);
		return false;
	}
	const size_t wanted = (size_t)index * 5 / 4 + 16;
	char *grown = reallocarray(*array, wanted, size);
	if (grown == NULL) {
		trace->no_memory = true;
		return false;
	}
	memset(grown + *len * size, 0, (wanted - *len) * size);
	*array = grown;
	*len = wanted;
	return true;
}

static bool add_use(
	struct trace *trace, struct trace_use_list *list, uint32_t surface, uint64_t number) {
	if (!latch_array_reserve(&list->uses, &list->cap, list->len + 1, sizeof(list->uses[0]))) {
		trace->no_memory = true;
		return false;
	}
	list->uses[list->len++] = (struct trace_use){surface, number};
	return true;
}

static struct trace_output *get_output(struct trace *trace, uint64_t id) {
	return reach(trace, (void **)&trace->outputs, &trace->outputs_len,
		       sizeof(struct trace_output), id)
		       ? &trace->outputs[id]
		       : NULL;
}

static struct trace_surface *get_surface(struct trace *trace, uint64_t id) {
	if (!reach(trace, (void **)&trace->surfaces, &trace->surfaces_len,
		    sizeof(struct trace_surface), id)) {
		return NULL;
	}
	trace->surfaces[id].known = true;
	return &trace->surfaces[id];
}

/* Whether an update may be from before the trace, where that begins late: its surface's first commit
 * in it is still to come, or has a greater number. */
static bool is_before(const struct trace *trace, uint64_t surface_id, uint64_t number) {
	return trace->begins_late && number != 0 &&
	       (surface_id >= trace->surfaces_len || trace->surfaces[surface_id].len == 0 ||
		       number <= trace->surfaces[surface_id].before);
}

/* The place of an update, made where there is none. */
static struct trace_update *get_update(struct trace *trace, uint64_t surface_id, uint64_t number) {
	struct trace_surface *surface = get_surface(trace, surface_id);
	if (surface == NULL || number <= surface->before) {
		return NULL;
	}
	const uint64_t index = number - 1 - surface->before;
	if (!reach(trace, (void **)&surface->updates, &surface->cap, sizeof(struct trace_update),
		    index)) {
		return NULL;
	}
	surface->len = index >= surface->len ? (size_t)index + 1 : surface->len;
	return &surface->updates[index];
}

/* A number of the event's arguments; what is missing makes the trace a bad one. */
static int64_t number(struct trace *trace, yyjson_val *args, const char *key) {
	yyjson_val *value = yyjson_obj_get(args, key);
	if (!yyjson_is_int(value)) {
		trace_found(trace, RULE_TRACE, "event %" PRIu64 " has no number \"%s\"",
			trace->events, key);
	}
	return yyjson_get_sint(value);
}

static bool truth(struct trace *trace, yyjson_val *args, const char *key) {
	yyjson_val *value = yyjson_obj_get(args, key);
	if (!yyjson_is_bool(value)) {
		trace_found(trace, RULE_TRACE, "event %" PRIu64 " has no truth value \"%s\"",
			trace->events, key);
	}
	return yyjson_get_bool(value);
}

/* Reads a record; a field that is missing, or of another kind, makes the trace a bad one. */
static void read_fields(struct trace *trace, yyjson_val *args, const struct latch_fields *fields,
	void *record) {
	const char *wrong = latch_fields_read(fields, args, record, NULL, NULL);
	if (wrong != NULL) {
		trace_found(trace, RULE_TRACE,
			"event %" PRIu64 " has no \"%s\", or not what belongs there",
			trace->events, wrong);
	}
}

static void read_commit(struct trace *trace, yyjson_val *args) {
	struct latch_frame_record commit;
	read_fields(trace, args, &latch_commit_fields, &commit);
	if (is_before(trace, commit.surface_id, commit.update_id)) {
		struct trace_surface *surface = get_surface(trace, commit.surface_id);
		if (surface != NULL && surface->len == 0) {
			surface->before = commit.update_id - 1;
		}
	}
	struct trace_update *update = get_update(trace, commit.surface_id, commit.update_id);
	if (update == NULL) {
		return;
	}
	if (update->committed) {
		trace_found(trace, RULE_ONE_RELEASE,
			"surface %" PRIu32 " update %" PRIu64 " was committed twice",
			commit.surface_id, commit.update_id);
		return;
	}
	update->committed = true;
	update->commit_ns = commit.commit_ns;
	update->buffer = commit.buffer_id;
	if (update->buffer != 0 && reach(trace, (void **)&trace->buffers, &trace->buffers_len,
					   sizeof(trace->buffers[0]), update->buffer)) {
		add_use(trace, &trace->buffers[update->buffer], commit.surface_id,
			commit.update_id);
	}
}

static void read_record(struct trace *trace, yyjson_val *args) {
	struct latch_frame_record record = {0};
	read_fields(trace, args, &latch_frame_fields, &record);
	if (is_before(trace, record.surface_id, record.update_id)) {
		return;
	}
	struct trace_update *update = get_update(trace, record.surface_id, record.update_id);
	/* The first one counts; that there are two is found later. */
	if (update != NULL && update->records++ == 0) {
		update->record = record;
	}
}

static void read_frame(struct trace *trace, yyjson_val *args) {
	struct latch_flip_record flip = {0};
	read_fields(trace, args, &latch_flip_fields, &flip);
	struct trace_output *output = get_output(trace, flip.output_id);
	if (output == NULL) {
		return;
	}
	if (flip.flip_ns <= output->flip.flip_ns) {
		trace_found(trace, RULE_FLIPS,
			"output %" PRIu32 " flip %" PRIu64 " at %" PRId64
			" is not later than the one before, at %" PRId64,
			flip.output_id, flip.sequence, flip.flip_ns, output->flip.flip_ns);
	}
	if (flip.sequence != 0 && flip.sequence <= output->flip.sequence) {
		trace_found(trace, RULE_FLIPS,
			"output %" PRIu32 " flip %" PRIu64 " at %" PRId64
			" comes after one with the number %" PRIu64,
			flip.output_id, flip.sequence, flip.flip_ns, output->flip.sequence);
	}
	output->flips++;
	output->flip = flip;
	trace->early_flips += output->simulated && flip.submit_start_ns > flip.flip_ns;
	if (flip.latch_ns > flip.submit_start_ns || flip.submit_start_ns > flip.submit_end_ns ||
		!trace_flip_fits(output, flip.submit_start_ns, flip.flip_ns)) {
		trace_found(trace, RULE_TIMES,
			"output %" PRIu32 " flip %" PRIu64 " at %" PRId64
			": latch, submit and flip do not follow each other",
			flip.output_id, flip.sequence, flip.flip_ns);
	}
	if (flip.layers != flip.on_planes + flip.composed) {
		trace_found(trace, RULE_FLIPS,
			"output %" PRIu32 " flip %" PRIu64 ": its layers are not the sum",
			flip.output_id, flip.sequence);
	}
}

static bool has(const struct trace_use_list *list, const struct trace_use *use) {
	for (size_t i = 0; i < list->len; i++) {
		if (list->uses[i].surface == use->surface && list->uses[i].number == use->number) {
			return true;
		}
	}
	return false;
}

static void come_on(struct trace *trace, uint32_t id, const struct trace_use *use, bool flipped) {
	const struct trace_output *output = &trace->outputs[id];
	struct trace_update *update = trace_find_update(trace, use->surface, use->number);
	if (update == NULL) {
		return;
	}
	update->screens++;
	update->several_outputs |= update->first_output != 0 && update->first_output != id;
	if (update->records > 0) {
		trace_found(trace, RULE_RELEASE_EARLY,
			"surface %" PRIu32 " update %" PRIu64 " came on output %" PRIu32
			" at %" PRId64 ", it was given back at %" PRId64,
			use->surface, use->number, id, output->flip.flip_ns,
			update->record.release_ns);
	}
	/* A frame that nobody flipped to is what would be shown now; it does not count as seen. */
	if (update->first_output == 0 && flipped) {
		update->first_output = id;
		update->first_latch_ns = output->flip.latch_ns;
		update->first_flip_ns = output->flip.flip_ns;
	}
}

static void go_off(struct trace *trace, uint32_t id, const struct trace_use *use, int64_t time_ns,
	bool flipped) {
	const struct trace_output *output = &trace->outputs[id];
	struct trace_update *update = trace_find_update(trace, use->surface, use->number);
	if (update == NULL) {
		return;
	}
	update->screens--;
	if (time_ns >= update->off_ns) {
		update->off_ns = time_ns;
		update->off_submit_start_ns = flipped ? output->flip.submit_start_ns : 0;
		update->off_submit_end_ns = flipped ? output->flip.submit_end_ns : 0;
	}
}

/* The list has come whole: who is new on it, and who is gone. */
static void exchange(struct trace *trace, uint32_t id, int64_t time_ns) {
	struct trace_output *output = &trace->outputs[id];
	const bool flipped = time_ns == output->flip.flip_ns;
	for (size_t i = 0; i < output->next.len; i++) {
		if (!has(&output->on, &output->next.uses[i])) {
			come_on(trace, id, &output->next.uses[i], flipped);
		}
	}
	for (size_t i = 0; i < output->on.len; i++) {
		if (!has(&output->next, &output->on.uses[i])) {
			go_off(trace, id, &output->on.uses[i], time_ns, flipped);
		}
	}
	const struct trace_use_list was = output->on;
	output->on = output->next;
	output->next = was;
	output->next.len = 0;
	if (!flipped && output->on.len == 0) {
		/* Dark: it may come back on another CRTC, which counts anew. */
		output->flip.sequence = 0;
	}
}

static void read_shown(struct trace *trace, yyjson_val *args) {
	const uint64_t id = (uint64_t)number(trace, args, "output");
	struct trace_output *output = get_output(trace, id);
	if (output == NULL) {
		return;
	}
	const int64_t time_ns = number(trace, args, "time_ns");
	yyjson_val *entry;
	size_t index, max;
	yyjson_arr_foreach(yyjson_obj_get(args, "updates"), index, max, entry) {
		const uint64_t surface = yyjson_get_uint(yyjson_arr_get(entry, 0));
		const uint64_t update = yyjson_get_uint(yyjson_arr_get(entry, 1));
		if (is_before(trace, surface, update)) {
			continue;
		}
		if (get_update(trace, surface, update) == NULL) {
			trace_found(trace, RULE_TRACE,
				"output %" PRIu64 " shows at %" PRId64 " what can't be an update",
				id, time_ns);
			continue;
		}
		add_use(trace, &output->next, (uint32_t)surface, update);
	}
	if (!truth(trace, args, "more")) {
		exchange(trace, (uint32_t)id, time_ns);
	}
}

static void read_event(struct trace *trace, yyjson_val *event) {
	const char *ph = yyjson_get_str(yyjson_obj_get(event, "ph"));
	const char *what = yyjson_get_str(yyjson_obj_get(event, "name"));
	yyjson_val *args = yyjson_obj_get(event, "args");
	if (ph == NULL) {
		trace_found(trace, RULE_TRACE, "event %" PRIu64 " is none", trace->events);
	} else if (what == NULL) {
		return; /* the end of a slice */
	} else if (strcmp(ph, "B") == 0 && strcmp(what, "frame") == 0) {
		read_frame(trace, args);
	} else if (strcmp(ph, "B") == 0 && yyjson_obj_get(args, "commit_ns") != NULL) {
		read_record(trace, args); /* other slices of an update are its stages */
	} else if (strcmp(ph, "i") != 0) {
		return;
	} else if (strcmp(what, "commit") == 0) {
		read_commit(trace, args);
	} else if (strcmp(what, "shown") == 0) {
		read_shown(trace, args);
	} else if (strcmp(what, "surface gone") == 0) {
		struct trace_surface *surface =
			get_surface(trace, (uint64_t)number(trace, args, "id"));
		if (surface != NULL) {
			surface->gone = true;
		}
	} else if (strcmp(what, "output") == 0) {
		struct trace_output *output =
			get_output(trace, (uint64_t)number(trace, args, "id"));
		if (output != NULL) {
			output->simulated =
				yyjson_equals_str(yyjson_obj_get(args, "clock"), "simulated");
		}
	} else if (strcmp(what, "latch") == 0) {
		trace->described = number(trace, args, "format") == LATCH_TRACE_FORMAT;
		trace->begins_late = yyjson_obj_get(args, "from_ns") != NULL;
	}
}

bool trace_read(struct trace *trace, FILE *file) {
	struct latch_scan scan = {.file = file, .line = 1};
	enum latch_scan_result result;
	while ((result = latch_scan_next(&scan)) == LATCH_SCAN_EVENT && !trace->no_memory) {
		yyjson_doc *doc = latch_scan_parse(&scan);
		trace->events++;
		if (doc == NULL) {
			trace_found(trace, RULE_TRACE, "%s", scan.error);
			continue;
		}
		read_event(trace, yyjson_doc_get_root(doc));
		yyjson_doc_free(doc);
	}
	if (result == LATCH_SCAN_ERROR) {
		trace_found(trace, RULE_TRACE, "%s", scan.error);
	}
	trace->cut = result != LATCH_SCAN_END || trace->begins_late;
	latch_scan_finish(&scan);
	if (!trace->described) {
		trace_found(trace, RULE_TRACE, "it is no trace of latch in format %d",
			LATCH_TRACE_FORMAT);
	}
	return !trace->no_memory && ferror(file) == 0;
}
