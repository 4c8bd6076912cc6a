/* The margin: what it learns, that it stays inside its bounds, and that it is worth its price. */
#include <stdlib.h>

#include "../test.h"
#include "deadline_world.h"
#include "timing/timing.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define REFRESH (INT64_C(50) * MS / 3)

/* Frames whose wake-up and work take so long, and whose kernel needs so much. Returns how many
 * missed. */
static int run(struct latch_margin *margin, int frames, int64_t work_ns, int64_t jitter_ns,
	int64_t kernel_ns, bool composed) {
	int missed = 0;
	for (int i = 0; i < frames; i++) {
		const int64_t vblank = 1000 * MS + i * REFRESH;
		const int64_t planned = vblank - latch_margin_ns(margin, composed);
		const int64_t jitter = jitter_ns > 0 ? rand() % jitter_ns : 0;
		const int64_t submit = planned + work_ns + jitter;
		const bool late = submit + kernel_ns > vblank;
		latch_margin_learn(margin,
			&(struct latch_margin_frame){.planned_ns = planned,
				.done_ns = submit,
				.submit_ns = submit,
				.vblank_ns = vblank,
				.flip_ns = late ? vblank + REFRESH : vblank,
				.composed = composed});
		missed += late;
		assert_true(latch_margin_ns(margin, composed) >= LATCH_MARGIN_MIN_NS);
		assert_true(latch_margin_ns(margin, composed) <=
			    (composed ? REFRESH * LATCH_MARGIN_MAX_COMPOSED : REFRESH * 3 / 4));
	}
	return missed;
}

static int64_t work_part(const struct latch_margin *margin, bool composed) {
	return latch_margin_ns(margin, composed) - latch_margin_kernel_ns(margin);
}

static void test_follows_the_work(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	assert_int_equal(run(&margin, 300, 200 * US, 0, 100 * US, false), 0);
	/* What was believed at first is forgotten by then. */
	assert_int_equal(run(&margin, 30000, 200 * US, 0, 100 * US, false), 0);
	assert_true(work_part(&margin, false) < 250 * US);

	/* Work that suddenly takes 6 ms misses once, not twice. */
	assert_int_equal(run(&margin, 1, 6 * MS, 0, 100 * US, false), 1);
	assert_true(latch_margin_ns(&margin, false) >= 6 * MS);
	assert_int_equal(run(&margin, 300, 6 * MS, 0, 100 * US, false), 0);

	/* And it comes down again, slowly: not in two seconds, but in three minutes. */
	run(&margin, 120, 200 * US, 0, 100 * US, false);
	assert_true(work_part(&margin, false) > 5 * MS);
	run(&margin, 180 * 60, 200 * US, 0, 100 * US, false);
	assert_true(work_part(&margin, false) < 300 * US);
}

static void test_forgives_one_stall(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	run(&margin, 3000, 200 * US, 0, 100 * US, false);
	const int64_t before = work_part(&margin, false);
	assert_int_equal(run(&margin, 1, 8 * MS, 0, 100 * US, false), 1);
	assert_true(work_part(&margin, false) >= 8 * MS);
	run(&margin, 30, 200 * US, 0, 100 * US, false);
	assert_true(work_part(&margin, false) <= before + 100 * US);
}

/* What is longer than any margin may be is no reason to raise it. */
static void test_ignores_what_no_margin_catches(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	run(&margin, 3000, 200 * US, 0, 100 * US, false);
	const int64_t before = latch_margin_ns(&margin, false);
	assert_int_equal(run(&margin, 1, 40 * MS, 0, 100 * US, false), 1);
	assert_true(latch_margin_ns(&margin, false) <= before + 100 * US);
}

static void test_composed_apart(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	assert_true(work_part(&margin, false) < work_part(&margin, true));
	for (int i = 0; i < 400; i++) {
		run(&margin, 1, 200 * US, 0, 100 * US, false);
		run(&margin, 1, 5 * MS, 0, 100 * US, true);
	}
	assert_true(work_part(&margin, false) < 500 * US);
	assert_true(work_part(&margin, true) >= 5 * MS);
	assert_true(work_part(&margin, true) < 5200 * US);
}

static void test_jitter(void **state) {
	struct latch_margin margin;
	srand(7);
	latch_margin_init(&margin, REFRESH, 0);
	run(&margin, 2000, MS, MS, 100 * US, false);
	const int missed = run(&margin, 20000, MS, MS, 100 * US, false);
	print_message("# %d of 20000 missed with a margin of %.3f ms for 1 to 2 ms of work\n",
		missed, (double)work_part(&margin, false) / 1e6);
	assert_true(missed < 20);
	assert_true(work_part(&margin, false) < 2100 * US);
}

static void test_kernel_that_needs_more(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	run(&margin, 200, 200 * US, 0, 1800 * US, false);
	assert_true(latch_margin_kernel_ns(&margin) >= 1800 * US);
	assert_true(run(&margin, 20000, 200 * US, 0, 1800 * US, false) < 20);
}

static void test_kernel_that_needs_less(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	assert_int_equal(latch_margin_kernel_ns(&margin), MS);
	/* Half a minute later less is left to it, and nothing was missed. */
	assert_int_equal(run(&margin, 1800, 200 * US, 0, 100 * US, false), 0);
	assert_true(latch_margin_kernel_ns(&margin) <= 750 * US);
	/* But never less than it needs, for more than a trial now and then. */
	latch_margin_init(&margin, REFRESH, 0);
	assert_true(run(&margin, 40000, 200 * US, 0, 600 * US, false) < 20);
}

/* A kernel whose lateness has nothing to do with what is left to it: more is tried, and given
 * up. */
static void test_kernel_that_is_late_at_random(void **state) {
	struct latch_margin margin;
	double sum_ns = 0;
	const int frames = 100000;
	srand(3);
	latch_margin_init(&margin, REFRESH, 0);
	for (int i = 0; i < frames; i++) {
		const int64_t vblank = 1000 * MS + i * REFRESH;
		const int64_t planned = vblank - latch_margin_ns(&margin, false);
		latch_margin_learn(&margin,
			&(struct latch_margin_frame){.planned_ns = planned,
				.done_ns = planned + 200 * US,
				.submit_ns = planned + 200 * US,
				.vblank_ns = vblank,
				.flip_ns = vblank + (rand() % 50 == 0 ? REFRESH : 0)});
		sum_ns += (double)latch_margin_kernel_ns(&margin);
	}
	print_message("# on average %.3f ms\n", sum_ns / frames / 1e6);
	assert_true(sum_ns / frames < (double)(3 * MS / 2));
}

static void test_fast_displays(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, MS, 0); /* 1000 Hz */
	assert_true(latch_margin_ns(&margin, false) <= MS * 3 / 4);
	assert_true(latch_margin_ns(&margin, true) <= MS * LATCH_MARGIN_MAX_COMPOSED);
	latch_margin_learn(&margin,
		&(struct latch_margin_frame){.planned_ns = 1000 * MS,
			.done_ns = 1005 * MS,
			.submit_ns = 1005 * MS,
			.vblank_ns = 1001 * MS,
			.flip_ns = 1006 * MS});
	assert_true(latch_margin_ns(&margin, false) <= MS * 3 / 4);
}

static void test_unknown_interval(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, 0, 0);
	latch_margin_learn(&margin,
		&(struct latch_margin_frame){
			.planned_ns = 1, .done_ns = 2, .submit_ns = 2, .vblank_ns = 3, .flip_ns = 4});
	assert_int_equal(latch_margin_ns(&margin, false), 0);
}

static void test_simulated_hours(void **state) {
	struct world_result sum = {0};
	for (uint64_t seed = 1000; seed < 1004; seed++) {
		struct world world;
		world_init(&world, seed);
		world_run_random(&world, INT64_C(2 * 3600) * 1000000000);
		sum.frames += world.result.frames;
		sum.steady_frames += world.result.steady_frames;
		sum.steady_missed += world.result.steady_missed;
		sum.missed += world.result.missed;
		sum.broken += world.result.broken;
	}
	print_message("# %llu frames, %llu missed; %llu of %llu when steady\n",
		(unsigned long long)sum.frames, (unsigned long long)sum.missed,
		(unsigned long long)sum.steady_missed, (unsigned long long)sum.steady_frames);
	assert_int_equal(sum.broken, 0);
	assert_true(sum.steady_frames > 1000000);
	assert_true((double)sum.steady_missed / (double)sum.steady_frames < 0.001);
}

TEST_MAIN("margin", UNIT(test_follows_the_work), UNIT(test_forgives_one_stall), UNIT(test_ignores_what_no_margin_catches), UNIT(test_composed_apart), UNIT(test_jitter), UNIT(test_kernel_that_needs_more), UNIT(test_kernel_that_needs_less), UNIT(test_kernel_that_is_late_at_random), UNIT(test_fast_displays), UNIT(test_unknown_interval), UNIT(test_simulated_hours))
