/* SPDX-License-Identifier: MIT */
/* The report's numbers are latch's, and those that sorted lists of all records give. */
#include "session.h"

#include "../text.h"
#include "read.h"
#include "run.h"
#include "trace/missed.h"
#include "trace/statistics.h"
#include "write.h"

#define FRAMES 700

static struct session session;

static int begin(void **state) {
	session_begin(&session, 1, FRAMES, "client");
	return 0;
}

static int end(void **state) {
	session_end(&session);
	return 0;
}

/* The caller frees it. */
static yyjson_doc *report_of(struct run *of) {
	assert_true(json_write_report(text_begin(), &(struct report){of, 1, NULL}));
	return text_end_json();
}

/* The report has to say the same as --stats. */
static void compare_with_stats(struct session *of) {
	yyjson_doc *report = report_of(&of->run);
	yyjson_doc *stats = yyjson_read_file(of->stats_path, 0, NULL, NULL);
	assert_non_null(stats);
	assert_true(yyjson_equals(
		yyjson_doc_ptr_get(report, "/traces/0/statistics"), yyjson_doc_get_root(stats)));
	yyjson_doc_free(stats);
	yyjson_doc_free(report);
}

/* Of many surfaces that come and go the old ones share a row; latch-report --all keeps them. */
static void the_same_as_stats(void **state) {
	struct session many;
	session_begin_many(&many, 40);
	compare_with_stats(&session);
	compare_with_stats(&many);

	struct run all;
	assert_true(run_init(&all, many.trace_path));
	assert_null(read_trace(&all, &(struct read_options){.all_surfaces = true}));
	yyjson_doc *report = report_of(&all);
	assert_int_equal(
		yyjson_arr_size(yyjson_doc_ptr_get(report, "/traces/0/statistics/surfaces")), 40);
	yyjson_doc_free(report);
	run_finish(&all);
	session_end(&many);
}

static int by_value(const void *a, const void *b) {
	const int64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static int64_t at_least_0(int64_t ns) {
	return ns > 0 ? ns : 0;
}

/* From the record alone. Returns false where a time is unknown. */
static bool length_of(const struct latch_frame_record *record, size_t stage, int64_t *length) {
	const int64_t signalled =
		record->signalled_ns > record->commit_ns ? record->signalled_ns : record->commit_ns;
	const int64_t marks[] = {
		record->commit_ns, signalled, record->submit_start_ns, record->flip_ns};
	const int64_t input_to[] = {record->commit_ns, record->flip_ns};
	if (stage == 3) {
		*length = at_least_0(record->flip_ns - record->commit_ns);
		return true;
	}
	if (stage > 3) {
		*length = at_least_0(input_to[stage - 4] - record->input_ns);
		return record->input_ns != 0;
	}
	/* What the client itself wanted to wait is not latch's. */
	const bool paced = stage == 1 && record->paced_ns > signalled;
	*length = at_least_0(marks[stage + 1] - (paced ? record->paced_ns : marks[stage]));
	return record->signalled_ns != 0 || stage == 2;
}

static int64_t get_int(yyjson_val *object, const char *path) {
	yyjson_val *value = yyjson_ptr_get(object, path);
	assert_non_null(value);
	return yyjson_get_sint(value);
}

static void check_stage(yyjson_val *row, uint32_t surface_id, size_t stage) {
	static const char *const keys[] = {
		"commit_to_signalled", "signalled_to_submit", "submit_to_flip", "commit_to_flip",
		"input_to_commit", "input_to_flip"};
	static int64_t lengths[3 * FRAMES];
	size_t n = 0;
	for (size_t i = 0; i < session.records_length; i++) {
		const struct latch_frame_record *record = &session.records[i];
		if (record->surface_id == surface_id && record->presented) {
			n += length_of(record, stage, &lengths[n]);
		}
	}
	qsort(lengths, n, sizeof(lengths[0]), by_value);
	yyjson_val *told = yyjson_obj_get(yyjson_obj_get(row, "stages"), keys[stage]);
	assert_int_equal(get_int(told, "/count"), n);
	assert_int_equal(get_int(told, "/max_ns"), lengths[n - 1]);
	static const char *const paths[] = {"/p50_ns", "/p95_ns", "/p99_ns"};
	static const size_t percents[] = {50, 95, 99};
	for (size_t i = 0; i < LEN(paths); i++) {
		/* Of two neighbours either is right; three digits or 1 us are kept. */
		const size_t rank = n * percents[i] / 100;
		const int64_t low = lengths[rank > 0 ? rank - 1 : 0];
		const int64_t high = lengths[rank + 1 < n ? rank + 1 : n - 1];
		const int64_t ns = get_int(told, paths[i]);
		assert_true(ns >= low - low / 1000 - 1000);
		assert_true(ns <= high + high / 1000 + 1000);
	}
}

static void the_same_as_sorted_lists(void **state) {
	yyjson_doc *report = report_of(&session.run);
	yyjson_val *surfaces = yyjson_doc_ptr_get(report, "/traces/0/statistics/surfaces");
	assert_int_equal(yyjson_arr_size(surfaces), 3);
	for (uint32_t id = 1; id <= 3; id++) {
		yyjson_val *row = yyjson_arr_get(surfaces, id - 1);
		assert_int_equal(get_int(row, "/id"), id);
		int64_t frames = 0, on_plane = 0, missed = 0, fence = 0, unused = 0;
		for (size_t i = 0; i < session.records_length; i++) {
			const struct latch_frame_record *record = &session.records[i];
			if (record->surface_id != id || !record->presented) {
				continue;
			}
			const struct latch_missed counted = latch_missed_count(record);
			frames++;
			on_plane += record->placement == LATCH_ON_PLANE;
			missed += counted.total;
			fence += counted.by_cause[LATCH_MISSED_FENCE];
			unused += counted.unused;
		}
		assert_true(missed > 0 && fence > 0 && unused > 0);
		assert_int_equal(get_int(row, "/frames"), frames);
		assert_int_equal(get_int(row, "/on_plane"), on_plane);
		assert_int_equal(get_int(row, "/missed"), missed);
		assert_int_equal(get_int(row, "/missed_by_cause/fence"), fence);
		assert_int_equal(get_int(row, "/unused_vblanks"), unused);
		for (size_t stage = 0; stage < LATCH_STAGES; stage++) {
			check_stage(row, id, stage);
		}
	}
	yyjson_doc_free(report);
}

/* Each record comes out of the trace as it went in. */
static void records_survive(void **state) {
	const struct run *run = &session.run;
	assert_int_equal(run->frames_length, session.records_length);
	for (size_t i = 0; i < run->frames_length; i++) {
		const struct latch_frame_record *in = &session.records[i];
		struct latch_frame_record out = run->frames[i].record;
		assert_string_equal(out.plane_type, in->plane_type != NULL ? in->plane_type : "");
		out.plane_type = in->plane_type;
		assert_string_equal(out.held_by, in->held_by != NULL ? in->held_by : "");
		out.held_by = in->held_by;
		assert_string_equal(out.wake.why, in->wake.why);
		out.wake.why = in->wake.why;
		assert_memory_equal(&out, in, sizeof(out));
		assert_string_equal(
			run->frames[i].sync, latch_name(&latch_sync_kind_names, in->sync));
		assert_int_equal(run_frame_missed(&run->frames[i]), latch_missed_count(in).total);
	}
	assert_int_equal(run->flips_length, 2 * FRAMES);
	assert_int_equal(run->flips[0].wake.margin_ns, 5 * MS);
	assert_true(run->statistics->surfaces[1]->gone && !run->statistics->surfaces[0]->gone);
	assert_false(run->cut);
}

TEST_MAIN_GROUP("report agree", begin, end, UNIT(the_same_as_stats), UNIT(the_same_as_sorted_lists),
	UNIT(records_survive))
