/* The report's numbers are latch's. (That these are right: tests/kms/recount.py counts again.) */
#include "session.h"

#include "../test.h"
#include "json.h"
#include "read.h"
#include "run.h"
#include "trace/missed.h"
#include "trace/statistics.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

#define FRAMES 700

static yyjson_doc *report_as_json(const struct run *run) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	assert_true(json_write_report(file, run, 1, NULL));
	fclose(file);
	yyjson_doc *doc = yyjson_read(text, size, 0);
	assert_non_null(doc);
	free(text);
	return doc;
}

/* The report, which has to say the same as --stats. */
static yyjson_doc *report_of(const struct run *run, const struct session *session) {
	yyjson_doc *report = report_as_json(run);
	yyjson_doc *stats = yyjson_read_file(session->stats_path, 0, NULL, NULL);
	assert_non_null(stats);
	assert_true(yyjson_equals(
		yyjson_doc_ptr_get(report, "/traces/0/statistics"), yyjson_doc_get_root(stats)));
	yyjson_doc_free(stats);
	return report;
}

static void the_same_as_stats(void **state) {
	struct session session;
	session_write(&session, 1, FRAMES, "client");
	struct run run;
	read_good(&run, session.trace_path);
	yyjson_doc_free(report_of(&run, &session));
	run_finish(&run);
	session_finish(&session);
}

/* Of many surfaces that come and go the old ones share a row; latch-report --all keeps them. */
static void surfaces_that_are_long_gone(void **state) {
	struct session session;
	session_write_many(&session, 40);
	struct run run;
	read_good(&run, session.trace_path);
	yyjson_doc *report = report_of(&run, &session);
	const int64_t others =
		yyjson_get_sint(yyjson_doc_ptr_get(report, "/traces/0/statistics/others/surfaces"));
	assert_int_equal(others, 40 - LATCH_STATISTICS_GONE_MAX);
	yyjson_doc_free(report);
	run_finish(&run);

	assert_true(run_init(&run, session.trace_path));
	assert_null(read_trace(&run, &(struct read_options){.all_surfaces = true}));
	report = report_as_json(&run);
	assert_int_equal(
		yyjson_arr_size(yyjson_doc_ptr_get(report, "/traces/0/statistics/surfaces")), 40);
	yyjson_doc_free(report);
	run_finish(&run);
	session_finish(&session);
}

/* Each record comes out of the trace as it went in. */
static void records_survive(void **state) {
	struct session session;
	session_write(&session, 3, 50, "client");
	struct run run;
	read_good(&run, session.trace_path);
	assert_int_equal(run.frames_length, session.records_length);
	for (size_t i = 0; i < run.frames_length; i++) {
		const struct latch_frame_record *in = &session.records[i];
		struct latch_frame_record out = run.frames[i].record;
		assert_string_equal(out.plane_type, in->plane_type != NULL ? in->plane_type : "");
		out.plane_type = in->plane_type;
		assert_string_equal(out.held_by, in->held_by != NULL ? in->held_by : "");
		out.held_by = in->held_by;
		assert_string_equal(out.wake.why, in->wake.why);
		out.wake.why = in->wake.why;
		assert_memory_equal(&out, in, sizeof(out));
		assert_string_equal(run.frames[i].sync, latch_sync_kind_name(in->sync));
		assert_int_equal(run_frame_missed(&run.frames[i]), latch_missed_count(in).total);
	}
	assert_int_equal(run.flips_length, 100);
	assert_int_equal(run.flips[0].wake.margin_ns, 5 * MS);
	assert_true(run.surfaces[1].gone && !run.surfaces[0].gone);
	assert_false(run.cut);
	run_finish(&run);
	session_finish(&session);
}

TEST_MAIN("report agree", UNIT(the_same_as_stats), UNIT(surfaces_that_are_long_gone),
	UNIT(records_survive))
