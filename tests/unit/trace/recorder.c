/* SPDX-License-Identifier: MIT */
/* The last seconds as a file: when somebody asks, and by themselves when frames are late. */
#include "trace/trace.h"
#include "../text.h"
#include "base/clock.h"
#include "frame.h"
#include "trace/ring.h"

#include <dirent.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

static struct wl_event_loop *loop;
static struct latch_trace *trace;
static char folder[] = "/tmp/latch-test-record-XXXXXX";
static int done_count, done_error;
static int64_t first_ns;

static void handle_done(void *data, int error) {
	done_count++;
	done_error = error;
	assert_ptr_equal(data, &done_count);
}

static void begin(const struct latch_trace_options *options) {
	struct latch_trace_options own = *options;
	loop = wl_event_loop_create();
	own.event_loop = loop;
	trace = latch_trace_create(&own);
	assert_non_null(trace);
	done_count = 0;
}

/* Their records have the present time, not that of the frames. */
static void add(void) {
	latch_trace_add_output(trace, &(struct latch_trace_output){.id = 1, .name = "DP-1"});
	latch_trace_add_surface(trace, &(struct latch_trace_surface){1, 2, "app"});
}

static void end(void) {
	latch_trace_destroy(trace);
	wl_event_loop_destroy(loop);
}

/* Number n, and whether it misses a vblank because of latch. */
static void show(uint64_t n, bool late) {
	struct latch_frame_record frame = test_frame(1, n);
	const int64_t shift_ns = first_ns - test_frame(1, 1).flip_ns;
	int64_t *times[] = {&frame.commit_ns, &frame.signalled_ns, &frame.ready_ns, &frame.latch_ns,
		&frame.submit_start_ns, &frame.submit_end_ns, &frame.flip_ns, &frame.release_ns,
		&frame.told_ns, &frame.off_ns, &frame.wake.planned_ns, &frame.wake.vblank_ns,
		&frame.replaced_flip_ns};
	for (size_t i = 0; i < LEN(times); i++) {
		*times[i] += *times[i] != 0 ? shift_ns : 0;
	}
	if (late) {
		frame.commit_ns -= 2 * REFRESH_NS;
		frame.signalled_ns = frame.ready_ns = frame.commit_ns;
		frame.replaced_flip_ns -= 2 * REFRESH_NS;
	}
	const struct latch_flip_record flip = test_flip(&frame);
	latch_trace_commit(trace, &frame);
	latch_trace_flip(trace, &flip);
	latch_trace_frame(trace, &frame);
}

static void wait_for(int count) {
	while (done_count < count) {
		assert_int_equal(wl_event_loop_dispatch(loop, 10000), 0);
	}
}

/* How many updates the file tells of; its text has these words. */
static size_t count_updates(const char *path, const char *words) {
	char *text = text_of_file(path);
	size_t count = 0;
	ASSERT_HAS(text, words, "\"from_ns\":");
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	assert_non_null(doc);
	yyjson_doc_free(doc);
	for (const char *at = text; (at = strstr(at, "\"release_ns\":")) != NULL; at++) {
		count++;
	}
	free(text);
	return count;
}

static int files(void) {
	int count = 0;
	DIR *dir = opendir(folder);
	while (readdir(dir) != NULL) {
		count++;
	}
	closedir(dir);
	return count - 2;
}

static void wait_for_files(int count) {
	for (int i = 0; i < 1000 && files() < count; i++) {
		wl_event_loop_dispatch(loop, 10);
	}
	assert_int_equal(files(), count);
	wl_event_loop_dispatch(loop, 1000); /* the thread is joined */
}

static void the_last_second_is_written(void **state) {
	char path[100];
	snprintf(path, sizeof(path), "%s/asked", folder);
	begin(&(struct latch_trace_options){0});
	first_ns = latch_now_ns() - 300 * REFRESH_NS;
	for (uint64_t n = 1; n <= 300; n++) {
		show(n, false);
	}
	add();
	latch_trace_remove_surface(trace, 1);
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const int64_t second = LATCH_NS_PER_SEC;
	assert_int_equal(latch_trace_record(trace, fd, second, handle_done, &done_count), 0);
	/* One at a time. */
	assert_int_equal(
		latch_trace_record(trace, dup(fd), second, handle_done, &done_count), -EBUSY);
	wait_for(1);
	assert_int_equal(done_error, 0);
	assert_int_equal(fcntl(fd, F_GETFD), -1); /* closed */
	/* Its name is known although it has gone. */
	assert_int_in_range(count_updates(path, "surface 1 app"), 57, 61);
	unlink(path);
	end();
}

/* It says so, whatever was asked for. */
static void no_more_is_promised_than_is_kept(void **state) {
	char path[100];
	snprintf(path, sizeof(path), "%s/long", folder);
	begin(&(struct latch_trace_options){0});
	const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	const int64_t before_ns = latch_now_ns();
	const int64_t span_ns = 100 * LATCH_RING_NS;
	assert_int_equal(latch_trace_record(trace, fd, span_ns, handle_done, &done_count), 0);
	wait_for(1);
	char *text = text_of_file(path);
	const char *from = strstr(text, "\"from_ns\":");
	assert_non_null(from);
	assert_true(strtoll(from + strlen("\"from_ns\":"), NULL, 10) >= before_ns - LATCH_RING_NS);
	free(text);
	unlink(path);
	end();
}

static void only_files_are_written_to(void **state) {
	int ends[2];
	begin(&(struct latch_trace_options){0});
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(
		latch_trace_record(trace, ends[1], 1, handle_done, &done_count), -EINVAL);
	char byte;
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	const int fd = memfd_create("read only", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW), 0);
	assert_int_equal(latch_trace_record(trace, fd, 1, handle_done, &done_count), 0);
	wait_for(1);
	assert_int_equal(done_error, -EPERM);
	end();
}

/* A miss of latch's is a reason to write, a client's is none; another within half a minute is not,
 * either. */
static void a_miss_is_written(void **state) {
	char path[100];
	begin(&(struct latch_trace_options){.record_folder = folder, .record_files = 2});
	add();
	first_ns = latch_now_ns();
	show(1, false);
	show(2, false);
	wl_event_loop_dispatch(loop, 100);
	assert_int_equal(files(), 0);
	show(3, true);
	wait_for_files(1);
	show(4, true);
	show(5, true);
	wl_event_loop_dispatch(loop, 100);
	assert_int_equal(files(), 1);
	show(5 + (uint64_t)(LATCH_RING_NS / REFRESH_NS), true);
	wait_for_files(2);
	/* By the key it is at once; there are two of them at most. */
	latch_trace_record_file(trace, "a key");
	wl_event_loop_dispatch(loop, 1000);
	assert_int_equal(files(), 2);
	end();
	for (int i = 1; i <= 2; i++) {
		snprintf(path, sizeof(path), "%s/latch-%d-%d.json", folder, (int)getpid(), i);
		assert_true(count_updates(path, "surface 1 app") > 0);
		unlink(path);
	}
}

static void a_slow_percentile_is_written(void **state) {
	char path[100];
	/* From commit to flip they take 15 ms. */
	begin(&(struct latch_trace_options){
		.record_folder = folder, .record_files = 2, .record_limit_ns = 16 * MS});
	add();
	first_ns = latch_now_ns();
	for (uint64_t n = 1; n <= 200; n++) {
		show(n, false);
	}
	wl_event_loop_dispatch(loop, 100);
	assert_int_equal(files(), 0);
	end();
	begin(&(struct latch_trace_options){
		.record_folder = folder, .record_files = 2, .record_limit_ns = 14 * MS});
	add();
	for (uint64_t n = 1; n <= 99; n++) {
		show(n, false);
	}
	wl_event_loop_dispatch(loop, 100);
	assert_int_equal(files(), 0);
	show(100, false);
	wait_for_files(1);
	end();
	snprintf(path, sizeof(path), "%s/latch-%d-1.json", folder, (int)getpid());
	assert_int_equal(count_updates(path, "app"), 100);
	unlink(path);
}

static void a_folder_that_is_none_is_refused(void **state) {
	loop = wl_event_loop_create();
	assert_null(latch_trace_create(&(struct latch_trace_options){
		.event_loop = loop, .record_folder = "/no/such", .record_files = 1}));
	assert_int_equal(errno, ENOENT);
	wl_event_loop_destroy(loop);
}

static int make_folder(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state) {
	return rmdir(folder);
}

TEST_MAIN_GROUP("recorder", make_folder, remove_folder, UNIT(the_last_second_is_written),
	UNIT(no_more_is_promised_than_is_kept), UNIT(only_files_are_written_to),
	UNIT(a_miss_is_written), UNIT(a_slow_percentile_is_written),
	UNIT(a_folder_that_is_none_is_refused))
