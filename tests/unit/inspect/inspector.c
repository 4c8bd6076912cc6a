/* SPDX-License-Identifier: MIT */
/* The inspector with a real client: one socket between the two, both in this process. */
#include <sys/stat.h>

#include "../test.h"
#include "../wire.h"
#include "document.h"
#include "inspect/inspector.h"
#include "latch-inspector-unstable-v2-client-protocol.h"

static struct {
	struct wl_display *server;
	struct latch_inspector *inspector;
	struct wl_display *client;
	struct zlatch_inspector_v2 *bound;

	/* What the documents have, and how often they were asked for. */
	size_t layers;
	bool out_of_memory;
	int asked;
	/* The last answer. */
	int answers, fd;
	uint32_t subject, size;
	/* A recording that goes on, and how often it was told that one is over. */
	void (*done)(void *data, int error);
	void *done_data;
	int record_error, recorded;
	uint32_t recorded_error;
	int64_t span_ns;
} f;

static bool fill(yyjson_mut_doc *doc, yyjson_mut_val *root, const char *key) {
	f.asked++;
	yyjson_mut_val *array = yyjson_mut_obj_add_arr(doc, root, key);
	for (size_t i = 0; i < f.layers; i++) {
		yyjson_mut_arr_add_str(doc, array, "a layer");
	}
	return !f.out_of_memory;
}

static bool fill_planes(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	return fill(doc, root, "planes");
}

static bool fill_held(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	return fill(doc, root, "held");
}

static bool fill_statistics(void *data, yyjson_mut_doc *doc, yyjson_mut_val *root) {
	return fill(doc, root, "statistics");
}

static void handle_document(void *data, struct zlatch_inspector_v2 *inspector, uint32_t subject,
	int32_t fd, uint32_t size) {
	if (f.fd >= 0) {
		close(f.fd);
	}
	f.answers++;
	f.fd = fd;
	f.subject = subject;
	f.size = size;
}

static int record(struct latch_trace *trace, int fd, int64_t span_ns,
	void (*done)(void *data, int error), void *data) {
	close(fd);
	f.span_ns = span_ns;
	f.done = done;
	f.done_data = data;
	return f.record_error;
}

static void handle_recorded(void *data, struct zlatch_inspector_v2 *inspector, uint32_t error) {
	f.recorded++;
	f.recorded_error = error;
}

static const struct zlatch_inspector_v2_listener listener = {
	.document = handle_document, .recorded = handle_recorded};

static void serve(void) {
	wl_display_flush(f.client);
	wl_event_loop_dispatch(wl_display_get_event_loop(f.server), 0);
	wl_display_flush_clients(f.server);
}

/* Lets the two talk until they have nothing more to say. False when the connection broke. */
static bool pump(void) {
	wire_pump(f.server, f.client, 20);
	return wl_display_get_error(f.client) == 0;
}

static void ask(uint32_t subject) {
	zlatch_inspector_v2_ask(f.bound, subject);
	assert_true(pump());
}

static int setup(void **state) {
	memset(&f, 0, sizeof(f));
	f.fd = -1;
	f.server = wl_display_create();
	f.inspector = latch_inspector_create(
		f.server, &(struct latch_inspector_options){
				  .fill = {fill_planes, fill_held, fill_statistics},
				  .record = record});
	assert_non_null(f.inspector);
	assert_non_null(wire_connect(f.server, &f.client));
	wire_bind(f.server, f.client,
		(struct wire_global[]){{&zlatch_inspector_v2_interface, 2, &f.bound}, {0}});
	assert_non_null(f.bound);
	zlatch_inspector_v2_add_listener(f.bound, &listener, NULL);
	assert_true(pump());
	return 0;
}

static int teardown(void **state) {
	if (f.fd >= 0) {
		close(f.fd);
	}
	zlatch_inspector_v2_destroy(f.bound);
	wl_display_disconnect(f.client);
	wl_display_destroy_clients(f.server);
	latch_inspector_destroy(f.inspector);
	wl_display_destroy(f.server);
	return 0;
}

static void each_question_has_its_answer(void **state) {
	static const char *const keys[] = {"planes", "held", "statistics"};
	assert_int_equal(f.asked, 0);
	for (uint32_t subject = 0; subject < LATCH_INSPECTOR_SUBJECTS; subject++) {
		ask(subject);
		assert_int_equal(f.asked, subject + 1);
		assert_int_equal(f.answers, subject + 1);
		assert_int_equal(f.subject, subject);
		yyjson_mut_doc *doc = document_read(f.fd, f.size);
		assert_non_null(doc);
		yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
		assert_int_equal(get_int(root, "/version"), 1);
		assert_true(yyjson_mut_is_arr(yyjson_mut_obj_get(root, keys[subject])));
		yyjson_mut_doc_free(doc);
	}
}

static void nobody_can_change_an_answer(void **state) {
	ask(ZLATCH_INSPECTOR_V2_SUBJECT_PLANES);
	struct stat stat;
	assert_int_equal(fstat(f.fd, &stat), 0);
	assert_int_equal(stat.st_size, f.size);
	assert_int_equal(
		fcntl(f.fd, F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	assert_true(write(f.fd, "x", 1) < 0);
	assert_true(ftruncate(f.fd, 0) < 0);
	assert_ptr_equal(
		mmap(NULL, f.size, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, 0), MAP_FAILED);
}

/* More than any socket holds. */
static void a_large_answer_arrives_whole(void **state) {
	f.layers = 1000000;
	ask(ZLATCH_INSPECTOR_V2_SUBJECT_PLANES);
	assert_int_equal(f.answers, 1);
	yyjson_mut_doc *doc = document_read(f.fd, f.size);
	assert_non_null(doc);
	assert_int_equal(yyjson_mut_arr_size(yyjson_mut_doc_ptr_get(doc, "/planes")), f.layers);
	yyjson_mut_doc_free(doc);
}

static void assert_error(uint32_t error) {
	const char *interface = NULL;
	assert_false(pump());
	assert_int_equal(wire_error(f.client, &interface), error);
	assert_string_equal(interface, zlatch_inspector_v2_interface.name);
}

static void there_are_no_other_questions(void **state) {
	zlatch_inspector_v2_ask(f.bound, LATCH_INSPECTOR_SUBJECTS);
	assert_error(ZLATCH_INSPECTOR_V2_ERROR_INVALID_SUBJECT);
	assert_int_equal(f.asked, 0);
}

/* One that asks and never reads: it costs some dozens of documents, not its socket full. */
static void who_does_not_read_is_cut_off(void **state) {
	int before;
	do {
		before = f.asked;
		zlatch_inspector_v2_ask(f.bound, ZLATCH_INSPECTOR_V2_SUBJECT_PLANES);
		serve();
	} while (f.asked > before && f.asked < 1000);
	assert_int_in_range(f.asked, 20, 200);
	assert_error(ZLATCH_INSPECTOR_V2_ERROR_UNREAD);
}

static void who_reads_may_ask_for_ever(void **state) {
	for (int i = 1; i <= 1000; i++) {
		ask(ZLATCH_INSPECTOR_V2_SUBJECT_PLANES);
		assert_int_equal(f.answers, i);
	}
}

static void a_recording_is_told_when_it_is_over(void **state) {
	zlatch_inspector_v2_record(f.bound, STDERR_FILENO, 1500);
	assert_true(pump());
	assert_int_equal(f.span_ns, INT64_C(1500000000));
	assert_int_equal(f.recorded, 0);
	f.done(f.done_data, -ENOSPC);
	assert_true(pump());
	assert_int_equal(f.recorded, 1);
	assert_int_equal(f.recorded_error, ENOSPC);
	f.record_error = -EBUSY;
	zlatch_inspector_v2_record(f.bound, STDERR_FILENO, 1500);
	assert_true(pump());
	assert_int_equal(f.recorded, 2);
	assert_int_equal(f.recorded_error, EBUSY);
}

static void who_has_gone_is_not_told(void **state) {
	zlatch_inspector_v2_record(f.bound, STDERR_FILENO, 1500);
	assert_true(pump());
	zlatch_inspector_v2_destroy(f.bound);
	f.bound = NULL;
	wire_bind(f.server, f.client,
		(struct wire_global[]){{&zlatch_inspector_v2_interface, 2, &f.bound}, {0}});
	assert_true(pump());
	f.done(f.done_data, 0);
	assert_true(pump());
	assert_int_equal(f.recorded, 0);
}

static void without_memory_the_client_hears_of_it(void **state) {
	f.out_of_memory = true;
	zlatch_inspector_v2_ask(f.bound, ZLATCH_INSPECTOR_V2_SUBJECT_HELD);
	assert_false(pump());
	assert_true(wire_is_refused(f.client));
	assert_int_equal(f.answers, 0);
}

TEST_MAIN("inspector", TEST(each_question_has_its_answer), TEST(nobody_can_change_an_answer),
	TEST(a_large_answer_arrives_whole), TEST(there_are_no_other_questions),
	TEST(who_does_not_read_is_cut_off), TEST(who_reads_may_ask_for_ever),
	TEST(a_recording_is_told_when_it_is_over), TEST(who_has_gone_is_not_told),
	TEST(without_memory_the_client_hears_of_it))
