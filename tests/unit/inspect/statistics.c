/* The inspector's statistics with a real client: what latch has counted has to come out of
 * latchctl's receiver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <wayland-client.h>

#include "inspect/inspector.h"
#include "inspect/statistics_snapshot.h"
#include "kms/plane.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "receive_counted.h"
#include "span.h"
#include "trace/statistics.h"
#include "world.h"

#define MS INT64_C(1000000)
#define REFRESH_NS INT64_C(16666667)

struct fixture {
	struct world world;
	struct latch_statistics *statistics;
	int asked;
	bool out_of_memory;
};

static bool collect(void *data, struct latch_statistics_snapshot *snapshot) {
	struct fixture *f = data;
	f->asked++;
	snapshot->time_ns = INT64_C(0x123456789abcdef);
	*latch_statistics_snapshot_add_output(snapshot) = (struct latch_statistics_output){
		.name = "HDMI-A-1", .flips = UINT64_C(0x100000007), .late = 3, .wakeups = 9};
	for (size_t i = 0; i < f->statistics->surfaces_length; i++) {
		struct latch_statistics_surface *surface =
			latch_statistics_snapshot_add_surface(snapshot);
		surface->row = f->statistics->surfaces[i];
		*latch_statistics_snapshot_add_place(surface) =
			(struct latch_statistics_place){.output = "HDMI-A-1",
				.place = LATCH_SNAPSHOT_ON_PLANE,
				.plane_id = 34,
				.plane_type = KMS_PLANE_OVERLAY};
		*latch_statistics_snapshot_add_place(surface) =
			(struct latch_statistics_place){.output = "DP\033[1",
				.place = LATCH_SNAPSHOT_COMPOSED,
				.reasons = {{"format", "no plane can show it"},
					{"z-order", "not at its height"}},
				.reasons_len = 2};
	}
	return !f->out_of_memory;
}

/* Update n takes 5 + n ms to its flip, and every third misses a vblank through its fence. */
static void add_frame(struct fixture *f, uint64_t n) {
	const int64_t flip_ns = 100000 * MS + (int64_t)n * 2 * REFRESH_NS;
	const bool late = n % 3 == 0;
	latch_statistics_add_frame(
		f->statistics, &(struct latch_frame_record){
				       .surface_id = 7,
				       .output_id = 1,
				       .update_id = n,
				       .commit_ns = late ? flip_ns - 20 * MS
							 : flip_ns - 5 * MS - (int64_t)n * 1000,
				       .signalled_ns = flip_ns - 4 * MS,
				       .ready_ns = flip_ns - 4 * MS,
				       .latch_ns = flip_ns - 3 * MS,
				       .submit_start_ns = flip_ns - 2 * MS,
				       .submit_end_ns = flip_ns - MS,
				       .flip_ns = flip_ns,
				       .refresh_ns = REFRESH_NS,
				       .replaced_flip_ns = flip_ns - 2 * REFRESH_NS,
				       .placement = n % 2 == 0 ? LATCH_ON_PLANE : LATCH_COMPOSED,
				       .presented = true,
			       });
}

static int setup_version(void **state, uint32_t version) {
	struct fixture *f = calloc(1, sizeof(*f));
	f->statistics = latch_statistics_create();
	assert_true(latch_statistics_add_surface(f->statistics,
		&(struct latch_trace_surface){.id = 7, .pid = 4711, .label = "a\033[2Jb"}));
	world_init(&f->world,
		&(struct latch_inspector_options){.collect_statistics = collect, .data = f},
		version);
	*state = f;
	return 0;
}

static int setup(void **state) {
	return setup_version(state, 2);
}

static int setup_old(void **state) {
	return setup_version(state, 1);
}

static int teardown(void **state) {
	struct fixture *f = *state;
	world_finish(&f->world);
	latch_statistics_destroy(f->statistics);
	free(f);
	return 0;
}

static struct counted ask(struct fixture *f) {
	struct counted_receiver receiver;
	struct zlatch_inspector_statistics_v1 *statistics =
		zlatch_inspector_v1_get_statistics(f->world.bound);
	counted_receiver_init(&receiver, statistics);
	assert_true(world_pump(&f->world));
	assert_true(receiver.done);
	assert_false(receiver.failed);
	zlatch_inspector_statistics_v1_destroy(statistics);
	return receiver.counted;
}

static void everything_arrives(void **state) {
	struct fixture *f = *state;
	for (uint64_t n = 1; n <= 6; n++) {
		add_frame(f, n);
	}
	assert_int_equal(f->asked, 0);
	struct counted counted = ask(f);
	assert_int_equal(f->asked, 1);
	assert_int_equal(f->world.offered_version, 2);
	assert_true(counted.time_ns == INT64_C(0x123456789abcdef));
	assert_int_equal(counted.outputs_len, 1);
	assert_string_equal(counted.outputs[0].name, "HDMI-A-1");
	assert_int_equal(counted.outputs[0].flips, 7); /* modulo 2^32 */
	assert_int_equal(counted.outputs[0].late, 3);
	assert_int_equal(counted.outputs[0].wakeups, 9);
	assert_int_equal(counted.surfaces_len, 1);
	const struct counted_surface *surface = &counted.surfaces[0];
	assert_int_equal(surface->id, 7);
	assert_int_equal(surface->pid, 4711);
	assert_string_equal(surface->label, "a?[2Jb");
	assert_int_equal(surface->frames, 6);
	assert_int_equal(surface->on_plane, 3);
	assert_int_equal(surface->causes_len, LATCH_MISSED_CAUSES);
	assert_string_equal(surface->causes[0].name, "fence");
	assert_string_equal(surface->causes[0].text, "fence signalled late");
	assert_int_equal(surface->causes[0].vblanks, 2);
	assert_int_equal(surface->places_len, 2);
	assert_int_equal(surface->places[0].plane, 34);
	assert_int_equal(
		surface->places[0].plane_type, ZLATCH_INSPECTOR_PLANES_V1_PLANE_TYPE_OVERLAY);
	assert_string_equal(surface->places[0].reasons, "");
	assert_string_equal(surface->places[1].output, "DP?[1");
	assert_string_equal(surface->places[1].reasons, "format,z-order");
	counted_finish(&counted);
}

/* The difference of two answers is what came in between, as latch itself would say. */
static void percentiles_of_a_span(void **state) {
	struct fixture *f = *state;
	for (uint64_t n = 1; n <= 5000; n++) {
		add_frame(f, 3 * n + 1);
	}
	struct counted before = ask(f);
	for (uint64_t n = 1; n <= 900; n++) {
		add_frame(f, 3 * n + 3);
	}
	for (uint64_t n = 1; n <= 100; n++) {
		add_frame(f, 3 * n + 1);
	}
	struct counted after = ask(f);
	const struct span span = span_between(&before, &after);
	const struct span_surface surface = span_surface(&span, 0);
	assert_int_equal(surface.frames, 1000);
	assert_int_equal(surface.missed, 900);
	/* 5.0 to 5.3 ms for a tenth, 20 ms for the others; never less, and a part in 64 more. */
	const int64_t p5 = span_percentile(&surface, LATCH_STAGE_COMMIT_TO_FLIP, 5);
	const int64_t p50 = span_percentile(&surface, LATCH_STAGE_COMMIT_TO_FLIP, 50);
	assert_int_in_range(p5, 5150, 5250 * 65 / 64);
	assert_int_in_range(p50, 20000, 20000 * 65 / 64);
	assert_int_in_range(span_percentile(&surface, LATCH_STAGE_SUBMIT_TO_FLIP, 99), 2000, 2032);
	counted_finish(&before);
	counted_finish(&after);
}

/* A stage whose durations are all over the range needs several events. */
static void wide_histograms_arrive(void **state) {
	struct fixture *f = *state;
	struct latch_durations *durations =
		&f->statistics->surfaces[0]->stages[LATCH_STAGE_COMMIT_TO_SIGNALLED];
	for (int64_t ns = 0; ns < LATCH_DURATIONS_MAX_NS; ns += 900 + ns / 200) {
		latch_durations_add(durations, ns);
	}
	struct counted counted = ask(f);
	const struct counted_bins *bins = &counted.surfaces[0].stages[0];
	assert_true(bins->len > 1100);
	uint64_t total = 0;
	for (size_t i = 0; i < bins->len; i++) {
		assert_true(i == 0 || bins->bins[i].up_to_us > bins->bins[i - 1].up_to_us);
		total += bins->bins[i].count;
	}
	assert_int_equal(total, latch_durations_count(durations));
	counted_finish(&counted);
}

static void no_memory_is_told(void **state) {
	struct fixture *f = *state;
	f->out_of_memory = true;
	struct zlatch_inspector_statistics_v1 *statistics =
		zlatch_inspector_v1_get_statistics(f->world.bound);
	assert_false(world_pump(&f->world));
	assert_int_equal(wl_display_get_error(f->world.client), ENOMEM);
	zlatch_inspector_statistics_v1_destroy(statistics);
}

/* A client of version 1 may not ask, and does not crash latch by it. */
static void old_clients_can_not_ask(void **state) {
	struct fixture *f = *state;
	struct zlatch_inspector_statistics_v1 *statistics =
		zlatch_inspector_v1_get_statistics(f->world.bound);
	assert_false(world_pump(&f->world));
	assert_int_equal(wl_display_get_error(f->world.client), EINVAL);
	assert_int_equal(f->asked, 0);
	zlatch_inspector_statistics_v1_destroy(statistics);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(percentiles_of_a_span, setup, teardown),
		cmocka_unit_test_setup_teardown(wide_histograms_arrive, setup, teardown),
		cmocka_unit_test_setup_teardown(no_memory_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(old_clients_can_not_ask, setup_old, teardown),
	};
	return cmocka_run_group_tests_name("inspect statistics", tests, NULL, NULL);
}
