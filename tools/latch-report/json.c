/* SPDX-License-Identifier: MIT */
#include "write.h"

#include "compare.h"
#include "life.h"
#include "run.h"
#include "trace/statistics.h"

#include <math.h>
#include <yyjson.h>

/* Raised when a name is taken away or changes its meaning. */
#define FORMAT 1

struct target {
	yyjson_mut_doc *doc;
	yyjson_mut_val *array;
};

static bool add_lives(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct run *run) {
	yyjson_mut_val *lives = yyjson_mut_obj_add_arr(doc, to, "lives");
	for (size_t i = 0; i < run->surfaces_length; i++) {
		struct life life;
		if (!life_count(&life, run, run->surfaces[i].id)) {
			return false;
		}
		if (latch_durations_count(&life.total) > 0) {
			yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, lives);
			yyjson_mut_obj_add_uint(doc, object, "surface", life.surface_id);
			for (size_t j = 0; j < LIFE_STAGES; j++) {
				latch_durations_to_json(
					&life.stages[j], doc, object, life_stages[j].name);
			}
		}
		life_finish(&life);
	}
	return true;
}

static bool add_run(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct run *run) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, to);
	/* A path may be anything; what is not UTF-8 could not be written. */
	char path[4096];
	latch_text_copy(path, sizeof(path), run->path);
	yyjson_mut_obj_add_strcpy(doc, object, "file", path);
	yyjson_mut_obj_add_str(doc, object, "version", run->version);
	yyjson_mut_obj_add_bool(doc, object, "cut", run->cut);
	yyjson_mut_obj_add_uint(doc, object, "events", run->events);
	yyjson_mut_obj_add_sint(doc, object, "begin_ns", run->begin_ns);
	yyjson_mut_obj_add_sint(doc, object, "end_ns", run->end_ns);
	yyjson_mut_val *statistics = latch_statistics_to_json(run->statistics, doc);
	yyjson_mut_obj_add_val(doc, object, "statistics", statistics);
	return statistics != NULL && add_lives(doc, object, run);
}

static void add_number(yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key, double number) {
	yyjson_mut_obj_add_val(doc, to, key,
		isnan(number) ? yyjson_mut_null(doc) : yyjson_mut_real(doc, number));
}

static void add_value(void *data, const struct compare_value *value) {
	const struct target *to = data;
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(to->doc, to->array);
	yyjson_mut_obj_add_strcpy(to->doc, object, "what", value->what);
	yyjson_mut_obj_add_strcpy(to->doc, object, "unit", value->unit);
	add_number(to->doc, object, "a", value->a);
	add_number(to->doc, object, "b", value->b);
	add_number(to->doc, object, "ratio", value->ratio);
}

static void add_id(yyjson_mut_doc *doc, yyjson_mut_val *to, const char *key,
	const struct latch_surface_row *row) {
	yyjson_mut_obj_add_val(doc, to, key,
		row != NULL ? yyjson_mut_uint(doc, row->id) : yyjson_mut_null(doc));
}

static void add_compare(yyjson_mut_doc *doc, yyjson_mut_val *to, const struct compare *compare) {
	yyjson_mut_val *pairs = yyjson_mut_obj_add_arr(doc, to, "compare");
	for (size_t i = 0; i < compare->length; i++) {
		const struct compare_pair *pair = &compare->pairs[i];
		yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, pairs);
		yyjson_mut_obj_add_str(doc, object, "label", compare_pair_name(pair));
		add_id(doc, object, "a", pair->a);
		add_id(doc, object, "b", pair->b);
		struct target target = {
			.doc = doc, .array = yyjson_mut_obj_add_arr(doc, object, "values")};
		compare_each(compare, pair, add_value, &target);
	}
}

bool json_write_report(FILE *file, const struct report *report) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return false;
	}
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_doc_set_root(doc, root);
	yyjson_mut_obj_add_str(doc, root, "latch-report", LATCH_VERSION);
	yyjson_mut_obj_add_uint(doc, root, "format", FORMAT);
	yyjson_mut_val *traces = yyjson_mut_obj_add_arr(doc, root, "traces");
	bool ok = true;
	for (size_t i = 0; i < report->length && ok; i++) {
		ok = add_run(doc, traces, &report->runs[i]);
	}
	if (report->compare != NULL) {
		add_compare(doc, root, report->compare);
	}
	ok = ok && yyjson_mut_write_fp(file, doc, YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END,
			   NULL, NULL);
	yyjson_mut_doc_free(doc);
	return ok;
}
