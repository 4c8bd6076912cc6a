#include "top_table.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#include "latch-inspector-unstable-v1-client-protocol.h"
#include "names.h"

/* Raised when a key is taken away or changes its meaning. */
#define VERSION 1

static void add_us(yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key, int64_t us) {
	if (us < 0) {
		yyjson_mut_obj_add_null(doc, to, key);
	} else {
		yyjson_mut_obj_add_sint(doc, to, key, us);
	}
}

static void add_stages(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const struct span_surface *surface) {
	yyjson_mut_val *stages = yyjson_mut_obj_add_obj(doc, to, "stages");
	for (unsigned i = 0; i < COUNTED_STAGES; i++) {
		yyjson_mut_val *stage = yyjson_mut_obj_add_obj(doc, stages, span_stage_name(i));
		add_us(doc, stage, "p50_us", span_percentile(surface, i, 50));
		add_us(doc, stage, "p95_us", span_percentile(surface, i, 95));
		add_us(doc, stage, "p99_us", span_percentile(surface, i, 99));
		add_us(doc, stage, "max_us", span_percentile(surface, i, 100));
	}
}

static void add_place(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct counted_place *place) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, to);
	bool on_plane = place->place == ZLATCH_INSPECTOR_PLANES_V1_LAYER_PLACE_PLANE;
	yyjson_mut_obj_add_str(doc, object, "output", place->output);
	yyjson_mut_obj_add_str(doc, object, "place", name_place(place->place));
	if (on_plane) {
		yyjson_mut_obj_add_uint(doc, object, "plane", place->plane);
		yyjson_mut_obj_add_str(
			doc, object, "plane_type", name_plane_type(place->plane_type));
	} else {
		yyjson_mut_obj_add_null(doc, object, "plane");
		yyjson_mut_obj_add_null(doc, object, "plane_type");
	}
	yyjson_mut_val *reasons = yyjson_mut_obj_add_arr(doc, object, "reasons");
	for (const char *at = place->reasons; *at != '\0';) {
		size_t len = strcspn(at, ",");
		yyjson_mut_arr_add_strncpy(doc, reasons, at, len);
		at += len + (at[len] == ',');
	}
}

static void add_surface(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct span *span,
	const struct span_surface *surface) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, to);
	yyjson_mut_obj_add_uint(doc, object, "surface", surface->after->id);
	yyjson_mut_obj_add_sint(doc, object, "pid", surface->after->pid);
	yyjson_mut_obj_add_str(doc, object, "label", surface->after->label);
	yyjson_mut_obj_add_uint(doc, object, "frames", surface->frames);
	yyjson_mut_obj_add_real(doc, object, "fps", surface->frames / span->seconds);
	yyjson_mut_obj_add_uint(doc, object, "on_plane", surface->on_plane);
	yyjson_mut_obj_add_uint(doc, object, "superseded", surface->superseded);
	yyjson_mut_obj_add_uint(doc, object, "dropped", surface->dropped);
	yyjson_mut_obj_add_uint(doc, object, "missed", surface->missed);
	yyjson_mut_val *causes = yyjson_mut_obj_add_obj(doc, object, "missed_by_cause");
	for (size_t i = 0; i < surface->after->causes_len; i++) {
		yyjson_mut_obj_add_uint(
			doc, causes, surface->after->causes[i].name, span_missed(surface, i));
	}
	add_stages(doc, object, surface);
	yyjson_mut_val *places = yyjson_mut_obj_add_arr(doc, object, "places");
	for (size_t i = 0; i < surface->after->places_len; i++) {
		add_place(doc, places, &surface->after->places[i]);
	}
}

bool top_json_print(FILE *file, const struct span *span, const char *only) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_uint(doc, root, "version", VERSION);
	yyjson_mut_obj_add_sint(doc, root, "time_ns", span->after->time_ns);
	yyjson_mut_obj_add_real(doc, root, "seconds", span->seconds);
	yyjson_mut_val *outputs = yyjson_mut_obj_add_arr(doc, root, "outputs");
	for (size_t i = 0; i < span->after->outputs_len; i++) {
		const struct span_output output = span_output(span, i);
		if (only && strcmp(output.after->name, only) != 0) {
			continue;
		}
		yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, outputs);
		yyjson_mut_obj_add_str(doc, object, "name", output.after->name);
		yyjson_mut_obj_add_uint(doc, object, "flips", output.flips);
		yyjson_mut_obj_add_uint(doc, object, "late", output.late);
		yyjson_mut_obj_add_uint(doc, object, "wakeups", output.wakeups);
	}
	yyjson_mut_val *surfaces = yyjson_mut_obj_add_arr(doc, root, "surfaces");
	for (size_t i = 0; i < span->after->surfaces_len; i++) {
		const struct span_surface surface = span_surface(span, i);
		if (top_is_on(surface.after, only)) {
			add_surface(doc, surfaces, span, &surface);
		}
	}
	char *text = yyjson_mut_write(doc, YYJSON_WRITE_NEWLINE_AT_END, NULL);
	yyjson_mut_doc_free(doc);
	if (text) {
		fputs(text, file);
	}
	free(text);
	return text != NULL;
}
