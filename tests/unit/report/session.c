/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "../test.h"
#include "read.h"
#include "run.h"
#include "trace/trace.h"

static int64_t some_ms(int ms) {
	return rand() % (ms * 1000) * INT64_C(1000);
}

static struct latch_frame_record random_frame(uint32_t surface_id, uint64_t n) {
	struct latch_frame_record record = test_frame(surface_id, n);
	record.output_id = 1 + surface_id % 2;
	record.commit_ns -= some_ms(30);
	record.signalled_ns += some_ms(20) - 10 * MS;
	record.ready_ns += some_ms(20) - 10 * MS;
	record.submit_start_ns += some_ms(4);
	record.submit_end_ns = record.submit_start_ns + some_ms(3);
	record.flip_ns += rand() % 3 * REFRESH_NS + some_ms(1);
	record.release_ns += 3 * REFRESH_NS;
	record.replaced_flip_ns -= rand() % 4 * REFRESH_NS;
	if (rand() % 4 == 0) {
		record.placement = LATCH_COMPOSED;
		record.plane_id = 0;
		record.plane_type = NULL;
		record.reasons = 1u << rand() % 4 | 1u << rand() % 4;
	}
	if (rand() % 20 == 0) {
		record.presented = false;
		record.superseded = rand() % 2 == 0;
	}
	if (rand() % 8 == 0) {
		record.wake.busy_ns = record.latch_ns;
	}
	if (rand() % 8 == 0) {
		record.blocked = (struct latch_blocked){
			.from_ns = record.flip_ns - 3 * REFRESH_NS,
			.until_ns = record.flip_ns - 2 * REFRESH_NS,
			.cause = (enum latch_missed_cause)(rand() % LATCH_MISSED_CAUSES),
		};
	}
	if (rand() % 8 == 0) {
		record.held_by = "timestamp";
		record.paced_ns = record.commit_ns + some_ms(10);
	}
	record.input_ns = rand() % 8 == 0 ? record.commit_ns - some_ms(20) : 0;
	record.fence_error = rand() % 50 == 0 ? -5 : 0;
	record.signalled_ns = rand() % 30 == 0 ? 0 : record.signalled_ns;
	record.sync = (enum latch_sync_kind)(rand() % LATCH_SYNC_KINDS);
	return record;
}

static struct latch_flip_record random_flip(uint32_t output_id, uint64_t n) {
	const struct latch_frame_record frame = test_frame(1, n);
	struct latch_flip_record flip = test_flip(&frame);
	flip.on_planes = (uint32_t)rand() % 3;
	flip.composed = (uint32_t)rand() % 3;
	flip.layers = flip.on_planes + flip.composed;
	flip.output_id = output_id;
	flip.flip_ns += rand() % 10 == 0 ? REFRESH_NS : 0;
	return flip;
}

static void make_path(char path[64]) {
	strcpy(path, "/tmp/latch-test-report-XXXXXX");
	test_make_file(path);
}

static struct latch_trace *begin(struct session *session, unsigned seed) {
	srand(seed);
	*session = (struct session){0};
	make_path(session->trace_path);
	make_path(session->stats_path);
	struct latch_trace *trace = latch_trace_create(&(struct latch_trace_options){
		.trace_path = session->trace_path,
		.stats_path = session->stats_path,
	});
	assert_non_null(trace);
	return trace;
}

void session_begin(struct session *session, unsigned seed, size_t frames, const char *label) {
	struct latch_trace *trace = begin(session, seed);
	session->records = calloc(3 * frames + 1, sizeof(session->records[0]));
	assert_non_null(session->records);
	for (uint32_t id = 1; id <= 2; id++) {
		latch_trace_add_output(trace, &(struct latch_trace_output){.id = id,
						      .name = id == 1 ? "Virtual-1" : "Virtual-2",
						      .device = "vkms (/dev/dri/card0)",
						      .mode = "1024x768 at 60.000 Hz",
						      .renderer = "pixman",
						      .clock = "simulated"});
	}
	for (uint32_t id = 1; id <= 3; id++) {
		latch_trace_add_surface(trace, &(struct latch_trace_surface){.id = id,
						       .pid = 100 + (int32_t)id,
						       .label = id < 3 ? label : "other"});
	}
	for (uint64_t n = 1; n <= frames; n++) {
		for (uint32_t id = 1; id <= 3; id++) {
			const struct latch_frame_record record = random_frame(id, n);
			session->records[session->records_length++] = record;
			latch_trace_frame(trace, &record);
		}
		for (uint32_t id = 1; id <= 2; id++) {
			const struct latch_flip_record flip = random_flip(id, n);
			latch_trace_flip(trace, &flip);
		}
	}
	latch_trace_remove_surface(trace, 2);
	latch_trace_destroy(trace);
	read_good(&session->run, session->trace_path);
}

void session_begin_many(struct session *session, uint32_t surfaces) {
	struct latch_trace *trace = begin(session, 1);
	for (uint32_t id = 1; id <= surfaces; id++) {
		latch_trace_add_surface(
			trace, &(struct latch_trace_surface){.id = id, .label = "brief"});
		for (uint64_t n = 1; n <= 3; n++) {
			const struct latch_frame_record record = random_frame(id, 3 * id + n);
			latch_trace_frame(trace, &record);
			if (n == 2) {
				latch_trace_remove_surface(trace, id);
			}
		}
	}
	latch_trace_destroy(trace);
	read_good(&session->run, session->trace_path);
}

void session_end(struct session *session) {
	run_finish(&session->run);
	unlink(session->trace_path);
	unlink(session->stats_path);
	free(session->records);
}

const char *write_file(const char *text, size_t length) {
	static char path[64];
	make_path(path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	return path;
}

void read_good(struct run *run, const char *path) {
	assert_true(run_init(run, path));
	const char *wrong = read_trace(run, &(struct read_options){0});
	if (wrong != NULL) {
		fail_msg("%s", wrong);
	}
}
