/* SPDX-License-Identifier: MIT */
/* As the rest of latch uses it. (What is in its files: writer.c, and tests/unit/report/.) */
#include "trace/trace.h"
#include "../text.h"
#include "frame.h"
#include "trace/statistics.h"

#include <malloc.h>
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

static void test_table(void **state) {
	struct latch_trace *trace = latch_trace_create(&(struct latch_trace_options){0});
	add(trace);
	record(trace, 1);
	latch_statistics_write_table(latch_trace_statistics(trace), text_begin());
	ASSERT_HAS(text_end(), "output DP-1", "hardware clock", "app (1)");
	latch_trace_destroy(trace);
}

static void test_bad_paths(void **state) {
	const struct {
		struct latch_trace_options options;
		int error;
	} rows[] = {
		{{.trace_path = "/nonexistent/trace"}, ENOENT},
		{{.trace_path = "/tmp"}, EISDIR},
		{{.stats_path = "/nonexistent/stats"}, ENOENT},
		{{.stats_path = stats_path, .trace_path = "/dev/full"}, ENOSPC},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_null(latch_trace_create(&rows[i].options));
		assert_int_equal(errno, rows[i].error);
	}
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

TEST_MAIN_GROUP("trace", make_directory, remove_directory, UNIT(test_table),
	UNIT(test_bad_paths), UNIT(test_no_allocation))
