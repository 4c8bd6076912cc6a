/* SPDX-License-Identifier: MIT */
/* What goes into the statistics comes out of them, as JSON and as a table. (That percentiles and
 * sums are those of all records: tests/unit/report/agree.c.) */
#include "trace/statistics.h"
#include "../text.h"
#include "frame.h"
#include "trace/durations.h"

static const struct latch_trace_output output = {
	.id = 1,
	.name = "Virtual-1",
	.device = "vkms (/dev/dri/card0)",
	.mode = "1024x768 at 60.000 Hz",
	.renderer = "none",
	.clock = "simulated",
};

static struct latch_statistics *statistics;

/* With surface 7. */
static int setup(void **state) {
	statistics = latch_statistics_create();
	assert_non_null(statistics);
	assert_true(latch_statistics_add_output(statistics, &output));
	assert_true(latch_statistics_add_surface(statistics,
		&(struct latch_trace_surface){.id = 7, .pid = 4711, .label = "latch-client"}));
	return 0;
}

static int teardown(void **state) {
	latch_statistics_destroy(statistics);
	return 0;
}

static char *write_table(void) {
	latch_statistics_write_table(statistics, text_begin());
	return text_end();
}

static yyjson_doc *write_json(void) {
	assert_int_equal(latch_statistics_write_json(statistics, text_begin()), 0);
	return text_end_json();
}

static void test_counts(void **state) {
	for (uint64_t n = 1; n <= 12; n++) {
		struct latch_frame_record record = test_frame(7, n);
		if (n == 3) {
			record.placement = LATCH_COMPOSED;
			record.plane_type = NULL;
			record.reasons = LATCH_REASON_FORMAT | LATCH_REASON_COLOR | UINT64_C(1) << 63;
		}
		record.flip_ns += n == 5 ? 2 * REFRESH_NS : 0; // two vblanks after its own
		if (n > 10) {
			record.presented = false;
			record.flip_ns = 0;
			record.superseded = n == 11;
		}
		if (n == 12) {
			record.fence_error = -5;
			record.sync = LATCH_SYNC_SYNC_FILE;
		}
		latch_statistics_add_frame(statistics, &record);
	}
	assert_null(latch_statistics_find_surface(statistics, 8));
	const struct latch_surface_counts expected = {
		.frames = 10,
		.on_plane = 9,
		.by_plane_type = {9},
		.composed = 1,
		.by_reason = {[1] = 1, [26] = 1},
		.superseded = 1,
		.dropped = 1,
		.fence_errors = 1,
		.missed = 2,
		.missed_by_cause = {[LATCH_MISSED_KERNEL] = 2},
		.by_sync = {[LATCH_SYNC_SYNCOBJ] = 11, [LATCH_SYNC_SYNC_FILE] = 1},
	};
	assert_memory_equal(
		&latch_statistics_find_surface(statistics, 7)->counts, &expected, sizeof(expected));
}

static void assert_percentile(enum latch_stage stage, double percentile, int64_t expected) {
	const int64_t told = latch_durations_percentile(
		&latch_statistics_find_surface(statistics, 7)->stages[stage], percentile);
	assert_true(llabs(told - expected) <= expected / 1000 + 1000);
}

static void test_clock_surprises(void **state) {
	struct latch_frame_record records[5];
	for (uint64_t n = 0; n < LEN(records); n++) {
		records[n] = test_frame(7, n + 1);
	}
	records[0].signalled_ns = records[0].commit_ns - 50 * MS; // no surprise: it was done before
	latch_statistics_add_frame(statistics, &records[0]);
	assert_percentile(LATCH_STAGE_COMMIT_TO_SIGNALLED, 100.0, 0);
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 100.0, 12 * MS);

	records[1].flip_ns = records[1].submit_start_ns - MS;
	records[2].signalled_ns = 0;
	records[3].commit_ns -= 70000 * MS;
	records[4] = (struct latch_frame_record){.surface_id = 7, .presented = true};
	for (size_t i = 1; i < LEN(records); i++) {
		latch_statistics_add_frame(statistics, &records[i]);
	}
	const struct latch_surface_counts counts =
		latch_statistics_find_surface(statistics, 7)->counts;
	assert_int_equal(counts.frames, 5);
	assert_int_equal(counts.out_of_order, 1);
	assert_int_equal(counts.incomplete, 2);
	assert_int_equal(counts.clamped, 1);
	assert_percentile(LATCH_STAGE_COMMIT_TO_FLIP, 100.0, LATCH_DURATIONS_MAX_NS);
}

static void test_json(void **state) {
	for (uint64_t n = 1; n <= 100; n++) {
		struct latch_frame_record record = test_frame(7, n);
		record.input_ns = n % 10 == 0 ? record.commit_ns - 6 * MS : 0;
		latch_statistics_add_frame(statistics, &record);
		struct latch_flip_record flip = test_flip(&record);
		flip.wake = (struct latch_wake_record){
			.vblank_ns = record.flip_ns - (n == 50 ? REFRESH_NS : 100000)};
		flip.layers = 2;
		flip.on_planes = n % 4 < 2 ? n % 4 : 2;
		flip.composed = flip.layers - flip.on_planes;
		latch_statistics_add_flip(statistics, &flip);
	}
	latch_statistics_add_flip(
		statistics, &(struct latch_flip_record){.output_id = 99, .flip_ns = 1});
	yyjson_doc *doc = write_json();
	yyjson_val *root = yyjson_doc_get_root(doc);
	ASSERT_JSON(root, {"/latch", "'" LATCH_VERSION "'"});
	ASSERT_JSON(yyjson_ptr_get(root, "/outputs/0"), {"/name", "'Virtual-1'"},
		{"/device", "'vkms (/dev/dri/card0)'"}, {"/mode", "'1024x768 at 60.000 Hz'"},
		{"/renderer", "'none'"}, {"/clock", "'simulated'"}, {"/flips", "100"},
		{"/late", "1"},
		/* Meant for the vblank before, and latched after it: latch was not awake. */
		{"/missed_by_cause/latch", "1"}, {"/missed_by_cause/kernel", "0"},
		{"/all_on_planes", "50"}, {"/mixed", "25"}, {"/all_composed", "25"},
		{"/refresh_ns", "16666667"}, {"/stages/latch_to_submitted/max_ns", "2000000"},
		{"/stages/submitted_to_flip/max_ns", "2000000"});
	assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "surfaces")), 1);
	ASSERT_JSON(yyjson_ptr_get(root, "/surfaces/0"), {"/id", "7"}, {"/pid", "4711"},
		{"/label", "'latch-client'"}, {"/output", "'Virtual-1'"}, {"/frames", "100"},
		{"/on_plane", "100"}, {"/missed", "0"}, {"/by_sync/syncobj", "100"},
		{"/stages/commit_to_signalled/count", "100"},
		{"/stages/commit_to_signalled/max_ns", "4000000"},
		{"/stages/signalled_to_submit/max_ns", "8000000"},
		{"/stages/submit_to_flip/max_ns", "3000000"},
		{"/stages/commit_to_flip/p50_ns", "15000000"},
		/* Those that answered an input: every tenth one. */
		{"/stages/input_to_commit/count", "10"},
		{"/stages/input_to_commit/max_ns", "6000000"},
		{"/stages/input_to_flip/max_ns", "21000000"}, {"/incomplete", "0"});
	yyjson_doc_free(doc);
}

/* Those alone that were composed, and were seen. */
static void test_reasons(void **state) {
	for (uint64_t n = 1; n <= 10; n++) {
		struct latch_frame_record record = test_frame(7, n);
		record.reasons = LATCH_REASON_COVERED;
		if (n > 1) {
			record.placement = LATCH_COMPOSED;
			record.plane_type = NULL;
			record.reasons = LATCH_REASON_FORMAT | (n > 8 ? LATCH_REASON_IDLE : 0);
			record.layer = (struct latch_record_layer){0x30313050, 640, (int)n, 22};
		}
		record.presented = n < 10;
		latch_statistics_add_frame(statistics, &record);
	}
	yyjson_doc *doc = write_json();
	ASSERT_JSON(yyjson_ptr_get(yyjson_doc_get_root(doc), "/surfaces/0"), {"/frames", "9"},
		{"/on_plane", "1"},
		{"/by_plane_type", "{'primary':1,'overlay':0,'cursor':0,'background':0}"},
		{"/composed", "8"},
		{"/reasons", "[{'name':'format','text':'no plane for it can show this pixel "
			     "format','help':'draw in a format that a plane here has','frames':8},"
			     "{'name':'idle','text':'it changes too seldom to be worth a plane',"
			     "'help':null,'frames':1}]"},
		/* The one that was seen last. */
		{"/composed_as", "{'buffer':{'format':'P010'},'dst':{'width':640,'height':9},"
				 "'test_errno':22}"});
	yyjson_doc_free(doc);
	ASSERT_HAS(write_table(),
		"\n  composed 8, format: no plane for it can show this pixel format\n"
		"    help: draw in a format that a plane here has\n"
		"  composed 1, idle: it changes too seldom to be worth a plane\n");
}

static void test_table(void **state) {
	latch_statistics_add_surface(
		statistics, &(struct latch_trace_surface){.id = 4000000000,
				    .pid = 2147483647,
				    .label = "org.example.\xc3\x9c"
					     "ber.a-very-long-name.that-never-ends\033[2J"});
	for (uint64_t n = 1; n <= 200; n++) {
		struct latch_frame_record record = test_frame(7, n);
		latch_statistics_add_frame(statistics, &record);
		record.surface_id = 4000000000;
		record.placement = LATCH_COMPOSED;
		record.reasons = (UINT64_C(1) << LATCH_REASON_COUNT) - 1;
		record.fence_error = -1;
		record.commit_ns -= (int64_t)n * 500 * MS;
		record.input_ns = record.commit_ns - 2 * MS;
		latch_statistics_add_frame(statistics, &record);
		record.presented = false;
		record.superseded = n % 2 == 0;
		latch_statistics_add_frame(statistics, &record);
	}
	const char *text = write_table();
	assert_true(text_width(text) <= 100);
	ASSERT_HAS(text, "simulated clock", "vkms (/dev/dri/card0), 1024x768 at 60.000 Hz",
		"latch-client (7)            200       0   100.0 %  "
		"commit->signalled   4.000   4.000   4.000   4.000\n",
		"pid 4711 on Virtual-1, syncobj", "(4000000000)",
		"not shown: 100 superseded, 100 dropped");
	/* Only where there was input. */
	const char *input = strstr(text, "input->commit");
	ASSERT_HAS(input, "input->commit       2.000   2.000   2.000   2.000\n", "input->flip ");
	assert_null(strstr(input + 1, "input->commit"));
	assert_null(strstr(text, "missed 0"));
	assert_null(strchr(text, '\033'));
}

static void test_no_frames(void **state) {
	ASSERT_HAS(write_table(), "latch-client (7)              0       0         -");
	latch_statistics_destroy(statistics);
	statistics = latch_statistics_create();
	ASSERT_HAS(write_table(), "no surface");
	yyjson_doc_free(write_json());
	latch_statistics_destroy(NULL);
}

/* A thousand clients come and go: few rows stay, and no frame is lost. */
static void test_gone(void **state) {
	for (uint32_t id = 100; id < 1100; id++) {
		latch_statistics_add_surface(statistics,
			&(struct latch_trace_surface){.id = id, .label = "short-lived"});
		struct latch_frame_record record = test_frame(7, 1);
		record.surface_id = id;
		latch_statistics_add_frame(statistics, &record);
		latch_statistics_surface_gone(statistics, id);
		latch_statistics_surface_gone(statistics, id);
		latch_statistics_add_frame(statistics, &record);
	}
	struct latch_frame_record late = test_frame(7, 2);
	late.surface_id = 100; /* its row is gone since long */
	latch_statistics_add_frame(statistics, &late);

	yyjson_doc *doc = write_json();
	yyjson_val *root = yyjson_doc_get_root(doc);
	assert_int_equal(
		yyjson_arr_size(yyjson_obj_get(root, "surfaces")), 1 + LATCH_STATISTICS_GONE_MAX);
	ASSERT_JSON(root, {"/others/surfaces", "984"}, {"/others/frames", "1969"},
		{"/others/stages/commit_to_flip/count", "1969"}, {"/surfaces/1/frames", "2"});
	yyjson_doc_free(doc);
	ASSERT_HAS(write_table(), "984 surfaces that are long gone");
}

/* The row that was used last loses its memory, and must not be used again. */
static void test_gone_just_used(void **state) {
	struct latch_frame_record record = test_frame(7, 1);
	record.surface_id = 100;
	for (uint32_t id = 100; id <= 100 + LATCH_STATISTICS_GONE_MAX; id++) {
		latch_statistics_add_surface(
			statistics, &(struct latch_trace_surface){.id = id, .label = "x"});
		latch_statistics_add_frame(statistics, &record);
		latch_statistics_surface_gone(statistics, id);
	}
	latch_statistics_add_frame(statistics, &record);
	assert_null(latch_statistics_find_surface(statistics, 100));
	yyjson_doc *doc = write_json();
	ASSERT_JSON(yyjson_doc_get_root(doc), {"/others/frames", "18"});
	yyjson_doc_free(doc);
}

TEST_MAIN("statistics", TEST(test_counts), TEST(test_clock_surprises), TEST(test_json),
	TEST(test_reasons), TEST(test_table), TEST(test_no_frames), TEST(test_gone), TEST(test_gone_just_used))
