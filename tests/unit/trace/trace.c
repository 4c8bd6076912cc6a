/* As the rest of latch uses it. (What is in its files: writer.c, and tests/unit/report/agree.c.) */
#include "trace/trace.h"
#include "../test.h"
#include "frame.h"
#include "trace/statistics.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yyjson.h>
#include <wlr/util/log.h>

static char directory[] = "/tmp/latch-test-trace-XXXXXX";
static char trace_path[64], stats_path[64];

static int make_directory(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	if (mkdtemp(directory) == NULL) {
		return -1;
	}
	snprintf(trace_path, sizeof(trace_path), "%s/trace.json", directory);
	snprintf(stats_path, sizeof(stats_path), "%s/stats.json", directory);
	return 0;
}

static int remove_directory(void **state) {
	unlink(trace_path);
	unlink(stats_path);
	return rmdir(directory);
}

static void record(struct latch_trace *trace, uint64_t n) {
	const struct latch_frame_record frame = test_frame(1, n);
	const struct latch_flip_record flip = test_flip(&frame);
	latch_trace_frame(trace, &frame);
	latch_trace_flip(trace, &flip);
}

static void add(struct latch_trace *trace) {
	latch_trace_add_output(
		trace, &(struct latch_trace_output){.id = 1, .name = "DP-1", .clock = "hardware"});
	latch_trace_add_surface(
		trace, &(struct latch_trace_surface){.id = 1, .pid = 2, .label = "app"});
}

static void test_off(void **state) {
	struct latch_trace *none = NULL;
	add(none);
	record(none, 1);
	latch_trace_remove_surface(none, 1);
	latch_trace_destroy(none);
}

static void test_both_files(void **state) {
	struct latch_trace *trace = latch_trace_create(
		&(struct latch_trace_options){.trace_path = trace_path, .stats_path = stats_path});
	assert_non_null(trace);
	add(trace);
	for (uint64_t n = 1; n <= 50; n++) {
		record(trace, n);
	}
	latch_trace_remove_surface(trace, 1);
	latch_trace_destroy(trace);

	yyjson_doc *doc = yyjson_read_file(stats_path, 0, NULL, NULL);
	assert_non_null(doc);
	yyjson_val *root = yyjson_doc_get_root(doc);
	assert_int_equal(yyjson_get_uint(yyjson_ptr_get(root, "/surfaces/0/frames")), 50);
	assert_int_equal(yyjson_get_uint(yyjson_ptr_get(root, "/outputs/0/flips")), 50);
	yyjson_doc_free(doc);
	doc = yyjson_read_file(trace_path, 0, NULL, NULL);
	assert_non_null(doc);
	assert_true(yyjson_arr_size(yyjson_doc_get_root(doc)) > 50 * 2 * 7);
	yyjson_doc_free(doc);
}

static void test_table(void **state) {
	struct latch_trace *trace = latch_trace_create(&(struct latch_trace_options){0});
	add(trace);
	record(trace, 1);
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	latch_statistics_write_table(latch_trace_statistics(trace), file);
	fclose(file);
	assert_non_null(strstr(text, "output DP-1"));
	assert_non_null(strstr(text, "hardware clock"));
	assert_non_null(strstr(text, "app (1)"));
	free(text);
	latch_trace_destroy(trace);
}

static void test_bad_paths(void **state) {
	assert_null(latch_trace_create(
		&(struct latch_trace_options){.trace_path = "/nonexistent/trace"}));
	assert_int_equal(errno, ENOENT);
	assert_null(latch_trace_create(&(struct latch_trace_options){.trace_path = "/tmp"}));
	assert_int_equal(errno, EISDIR);
	assert_null(latch_trace_create(
		&(struct latch_trace_options){.stats_path = "/nonexistent/stats"}));
	assert_int_equal(errno, ENOENT);
	assert_null(latch_trace_create(&(struct latch_trace_options){
		.stats_path = stats_path, .trace_path = "/dev/full"}));
	assert_int_equal(errno, ENOSPC);
}

/* All calls of the library under test come here first (see meson.build). */
static unsigned int allocations;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) {
	allocations++;
	return __real_malloc(size);
}

void *__real_calloc(size_t length, size_t size);
void *__wrap_calloc(size_t length, size_t size);
void *__wrap_calloc(size_t length, size_t size) {
	allocations++;
	return __real_calloc(length, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size) {
	allocations++;
	return __real_realloc(old, size);
}

/* After the first record nothing is allocated any more, by latch or what it calls. */
static void test_no_allocation(void **state) {
	allocations = 0;
	struct latch_trace *trace =
		latch_trace_create(&(struct latch_trace_options){.trace_path = trace_path});
	add(trace);
	record(trace, 1);
	assert_int_not_equal(allocations, 0);
	allocations = 0;
	const struct mallinfo2 before = mallinfo2();
	for (uint64_t n = 2; n <= 3000; n++) {
		record(trace, n);
	}
	const struct mallinfo2 after = mallinfo2();
	assert_int_equal(allocations, 0);
	assert_int_equal(after.uordblks, before.uordblks);
	assert_int_equal(after.hblkhd, before.hblkhd);
	latch_trace_destroy(trace);
}

TEST_MAIN_GROUP("trace", make_directory, remove_directory, UNIT(test_off), UNIT(test_both_files),
	UNIT(test_table), UNIT(test_bad_paths), UNIT(test_no_allocation))
