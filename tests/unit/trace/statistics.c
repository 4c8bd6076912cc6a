/* What goes into the statistics comes out of them, as JSON and as a table. */
#include "trace/statistics.h"
#include "../test.h"
#include "trace/durations.h"
#include "frame.h"

#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

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

static char *write_text(bool json) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_non_null(file);
	if (json) {
		assert_int_equal(latch_statistics_write_json(statistics, file), 0);
	} else {
		latch_statistics_write_table(statistics, file);
	}
	fclose(file);
	return text;
}

static yyjson_doc *read_json(void) {
	char *text = write_text(true);
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	assert_non_null(doc);
	free(text);
	return doc;
}

static void test_counts(void **state) {
	for (uint64_t n = 1; n <= 10; n++) {
		struct latch_frame_record record = test_frame(7, n);
		if (n == 3) {
			record.placement = LATCH_COMPOSED;
		}
		if (n == 5) { /* shown two vblanks after its own */
			record.flip_ns += 2 * REFRESH_NS;
		}
		latch_statistics_add_frame(statistics, &record);
	}
	struct latch_frame_record record = test_frame(7, 11);
	record.presented = false;
	record.flip_ns = 0;
	record.superseded = true;
	latch_statistics_add_frame(statistics, &record);
	record.superseded = false;
	record.fence_error = -5;
	record.sync = LATCH_SYNC_SYNC_FILE;
	latch_statistics_add_frame(statistics, &record);

	assert_null(latch_statistics_find_surface(statistics, 8));
	const struct latch_surface_counts counts =
		latch_statistics_find_surface(statistics, 7)->counts;
	assert_int_equal(counts.frames, 10);
	assert_int_equal(counts.on_plane, 9);
	assert_int_equal(counts.composed, 1);
	assert_int_equal(counts.superseded, 1);
	assert_int_equal(counts.dropped, 1);
	assert_int_equal(counts.fence_errors, 1);
	assert_int_equal(counts.missed, 2);
	assert_int_equal(counts.missed_by_cause[LATCH_MISSED_KERNEL], 2);
	assert_int_equal(counts.by_sync[LATCH_SYNC_SYNCOBJ], 11);
	assert_int_equal(counts.by_sync[LATCH_SYNC_SYNC_FILE], 1);
	assert_int_equal(counts.incomplete + counts.out_of_order + counts.clamped, 0);
}

static void assert_percentile(enum latch_stage stage, double percentile, int64_t expected) {
	const int64_t told = latch_durations_percentile(
		&latch_statistics_find_surface(statistics, 7)->stages[stage], percentile);
	assert_true(llabs(told - expected) <= expected / 1000 + 1000);
}

static void test_stages(void **state) {
	for (uint64_t n = 1; n <= 1000; n++) {
		struct latch_frame_record record = test_frame(7, n);
		/* 1 us, 2 us, ... 1000 us earlier: so percentile p lies at 11 ms + 10 us * p */
		record.signalled_ns -= (int64_t)n * 1000;
		latch_statistics_add_frame(statistics, &record);
	}
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 50.0, 8 * MS + 500000);
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 99.0, 8 * MS + 990000);
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 100.0, 9 * MS);
	assert_percentile(LATCH_STAGE_COMMIT_TO_SIGNALLED, 50.0, 4 * MS - 500000);
	assert_percentile(LATCH_STAGE_SUBMIT_TO_FLIP, 95.0, 3 * MS);
	assert_percentile(LATCH_STAGE_COMMIT_TO_FLIP, 95.0, 15 * MS);
}

/* What a client wanted to wait, for a barrier or a time, is not latch's. */
static void test_paced(void **state) {
	struct latch_frame_record record = test_frame(7, 1);
	record.paced_ns = record.submit_start_ns - 2 * MS;
	latch_statistics_add_frame(statistics, &record);
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 100.0, 2 * MS);
	record = test_frame(7, 2);
	record.paced_ns = record.commit_ns; /* its fence took longer */
	latch_statistics_add_frame(statistics, &record);
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 100.0, 8 * MS);
}

static void test_clock_surprises(void **state) {
	struct latch_frame_record record = test_frame(7, 1);
	record.signalled_ns = record.commit_ns - 50 * MS; /* no surprise: it was done before */
	latch_statistics_add_frame(statistics, &record);
	assert_percentile(LATCH_STAGE_COMMIT_TO_SIGNALLED, 100.0, 0);
	assert_percentile(LATCH_STAGE_SIGNALLED_TO_SUBMIT, 100.0, 12 * MS);

	record = test_frame(7, 2);
	record.flip_ns = record.submit_start_ns - MS;
	latch_statistics_add_frame(statistics, &record);
	record = test_frame(7, 3);
	record.signalled_ns = 0;
	latch_statistics_add_frame(statistics, &record);
	record = test_frame(7, 4);
	record.commit_ns -= 70000 * MS;
	latch_statistics_add_frame(statistics, &record);
	record = (struct latch_frame_record){.surface_id = 7, .presented = true};
	latch_statistics_add_frame(statistics, &record);

	const struct latch_surface_counts counts =
		latch_statistics_find_surface(statistics, 7)->counts;
	assert_int_equal(counts.frames, 5);
	assert_int_equal(counts.out_of_order, 1);
	assert_int_equal(counts.incomplete, 2);
	assert_int_equal(counts.clamped, 1);
	assert_percentile(LATCH_STAGE_COMMIT_TO_FLIP, 100.0, LATCH_DURATIONS_MAX_NS);
}

static uint64_t get_uint(yyjson_val *object, const char *path) {
	yyjson_val *value = yyjson_ptr_get(object, path);
	assert_non_null(value);
	return yyjson_get_uint(value);
}

static void test_json(void **state) {
	for (uint64_t n = 1; n <= 100; n++) {
		const struct latch_frame_record record = test_frame(7, n);
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
	yyjson_doc *doc = read_json();
	yyjson_val *root = yyjson_doc_get_root(doc);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(root, "latch")), LATCH_VERSION);

	yyjson_val *out = yyjson_ptr_get(root, "/outputs/0");
	assert_string_equal(yyjson_get_str(yyjson_obj_get(out, "name")), output.name);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(out, "device")), output.device);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(out, "mode")), output.mode);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(out, "renderer")), output.renderer);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(out, "clock")), output.clock);
	assert_int_equal(get_uint(out, "/flips"), 100);
	assert_int_equal(get_uint(out, "/late"), 1);
	/* Meant for the vblank before, and latched after it: latch was not awake. */
	assert_int_equal(get_uint(out, "/missed_by_cause/latch"), 1);
	assert_int_equal(get_uint(out, "/missed_by_cause/kernel"), 0);
	assert_int_equal(get_uint(out, "/all_on_planes"), 50);
	assert_int_equal(get_uint(out, "/mixed"), 25);
	assert_int_equal(get_uint(out, "/all_composed"), 25);
	assert_int_equal(get_uint(out, "/refresh_ns"), REFRESH_NS);
	assert_int_equal(get_uint(out, "/stages/latch_to_submitted/max_ns"), 2 * MS);
	assert_int_equal(get_uint(out, "/stages/submitted_to_flip/max_ns"), 2 * MS);

	assert_int_equal(yyjson_arr_size(yyjson_obj_get(root, "surfaces")), 1);
	yyjson_val *surface = yyjson_ptr_get(root, "/surfaces/0");
	assert_int_equal(get_uint(surface, "/id"), 7);
	assert_int_equal(get_uint(surface, "/pid"), 4711);
	assert_string_equal(yyjson_get_str(yyjson_obj_get(surface, "label")), "latch-client");
	assert_string_equal(yyjson_get_str(yyjson_obj_get(surface, "output")), "Virtual-1");
	assert_int_equal(get_uint(surface, "/frames"), 100);
	assert_int_equal(get_uint(surface, "/on_plane"), 100);
	assert_int_equal(get_uint(surface, "/missed"), 0);
	assert_int_equal(get_uint(surface, "/by_sync/syncobj"), 100);
	assert_int_equal(get_uint(surface, "/stages/commit_to_signalled/count"), 100);
	assert_int_equal(get_uint(surface, "/stages/commit_to_signalled/max_ns"), 4 * MS);
	assert_int_equal(get_uint(surface, "/stages/signalled_to_submit/max_ns"), 8 * MS);
	assert_int_equal(get_uint(surface, "/stages/submit_to_flip/max_ns"), 3 * MS);
	assert_int_equal(get_uint(surface, "/stages/commit_to_flip/p50_ns"), 15 * MS);
	yyjson_doc_free(doc);
}

static size_t longest_line(const char *text) {
	size_t longest = 0, length = 0;
	for (; *text != '\0'; text++) {
		length = *text == '\n' ? 0 : length + (((unsigned char)*text & 0xc0) != 0x80);
		longest = length > longest ? length : longest;
	}
	return longest;
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
		record.fence_error = -1;
		record.commit_ns -= (int64_t)n * 500 * MS;
		latch_statistics_add_frame(statistics, &record);
		record.presented = false;
		record.superseded = n % 2 == 0;
		latch_statistics_add_frame(statistics, &record);
	}
	char *text = write_text(false);
	assert_true(longest_line(text) <= 100);
	assert_non_null(strstr(text, "simulated clock"));
	assert_non_null(strstr(text, "vkms (/dev/dri/card0), 1024x768 at 60.000 Hz"));
	assert_non_null(strstr(text, "latch-client (7)            200       0   100.0 %  "
				     "commit->signalled   4.000   4.000   4.000   4.000\n"));
	assert_non_null(strstr(text, "pid 4711 on Virtual-1, syncobj"));
	assert_non_null(strstr(text, "(4000000000)"));
	assert_null(strstr(text, "missed 0"));
	assert_non_null(strstr(text, "not shown: 100 superseded, 100 dropped"));
	assert_null(strchr(text, '\033'));
	free(text);
}

static void test_no_frames(void **state) {
	char *text = write_text(false);
	assert_non_null(strstr(text, "latch-client (7)              0       0         -"));
	free(text);
	latch_statistics_destroy(statistics);

	statistics = latch_statistics_create();
	text = write_text(false);
	assert_non_null(strstr(text, "no surface"));
	free(text);
	yyjson_doc_free(read_json());
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

	yyjson_doc *doc = read_json();
	yyjson_val *root = yyjson_doc_get_root(doc), *surfaces = yyjson_obj_get(root, "surfaces");
	assert_int_equal(yyjson_arr_size(surfaces), 1 + LATCH_STATISTICS_GONE_MAX);
	const uint64_t others = 1000 - LATCH_STATISTICS_GONE_MAX;
	assert_int_equal(get_uint(root, "/others/surfaces"), others);
	assert_int_equal(get_uint(root, "/others/frames"), 2 * others + 1);
	assert_int_equal(get_uint(root, "/others/stages/commit_to_flip/count"), 2 * others + 1);
	assert_int_equal(get_uint(root, "/surfaces/1/frames"), 2);
	yyjson_doc_free(doc);
	char *text = write_text(false);
	assert_non_null(strstr(text, "984 surfaces that are long gone"));
	free(text);
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
	yyjson_doc *doc = read_json();
	assert_int_equal(get_uint(yyjson_doc_get_root(doc), "/others/frames"),
		LATCH_STATISTICS_GONE_MAX + 2);
	yyjson_doc_free(doc);
}

TEST_MAIN("statistics", TEST(test_counts), TEST(test_stages), TEST(test_paced),
	TEST(test_clock_surprises), TEST(test_json), TEST(test_table), TEST(test_no_frames),
	TEST(test_gone), TEST(test_gone_just_used))
