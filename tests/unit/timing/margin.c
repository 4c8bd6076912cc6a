/* SPDX-License-Identifier: MIT */
/* The margin: what it learns, that it stays inside its bounds, and that it is worth its price. */

#include "../test.h"
#include "deadline_world.h"

#define REFRESH (INT64_C(50) * MS / 3)

static struct latch_margin margin;

static int setup(void **state) {
	srand(7);
	latch_margin_init(&margin, REFRESH, 0);
	return 0;
}

/* A frame whose wake-up and work take so long. */
static void learn(int64_t vblank_ns, int64_t work_ns, int64_t flip_ns, bool composed) {
	const int64_t planned_ns = vblank_ns - latch_margin_ns(&margin, composed);
	latch_margin_learn(&margin, &(struct latch_deadline_frame){.planned_ns = planned_ns,
					    .submit_start_ns = planned_ns + work_ns,
					    .vblank_ns = vblank_ns,
					    .flip_ns = flip_ns,
					    .composed = composed});
}

/* So many of them, whose kernel needs so much. Returns how many missed. */
static int run_all(
	int frames, int64_t work_ns, int64_t jitter_ns, int64_t kernel_ns, bool composed) {
	int missed = 0;
	for (int i = 0; i < frames; i++) {
		const int64_t vblank_ns = 1000 * MS + i * REFRESH;
		const int64_t took_ns = work_ns + (jitter_ns > 0 ? rand() % jitter_ns : 0);
		const bool late = took_ns + kernel_ns > latch_margin_ns(&margin, composed);
		learn(vblank_ns, took_ns, late ? vblank_ns + REFRESH : vblank_ns, composed);
		missed += late;
		assert_true(
			latch_margin_ns(&margin, composed) >= latch_margin_kernel_ns(&margin));
		assert_true(latch_margin_ns(&margin, composed) <=
			    (composed ? REFRESH * LATCH_MARGIN_MAX_COMPOSED : REFRESH * 3 / 4));
	}
	return missed;
}

static int run(int frames, int64_t work_ns) {
	return run_all(frames, work_ns, 0, 100 * US, false);
}

static int64_t work_part(bool composed) {
	return latch_margin_ns(&margin, composed) - latch_margin_kernel_ns(&margin);
}

static void test_follows_the_work(void **state) {
	assert_int_equal(run(300, 200 * US), 0);
	/* What was believed at first is forgotten by then. */
	assert_int_equal(run(2000, 200 * US), 0);
	assert_true(work_part(false) < 250 * US);

	/* Work that suddenly takes 6 ms misses once, not twice. */
	assert_int_equal(run(1, 6 * MS), 1);
	assert_true(latch_margin_ns(&margin, false) >= 6 * MS);
	assert_int_equal(run(300, 6 * MS), 0);

	/* And it comes down again, slowly: not in two seconds, but in three minutes. */
	run(120, 200 * US);
	assert_true(work_part(false) > 5 * MS);
	run(180 * 60, 200 * US);
	assert_true(work_part(false) < 300 * US);
}

static void test_forgives_one_stall(void **state) {
	run(3000, 200 * US);
	const int64_t before = work_part(false);
	assert_int_equal(run(1, 8 * MS), 1);
	assert_true(work_part(false) >= 8 * MS);
	run(30, 200 * US);
	assert_true(work_part(false) <= before + 100 * US);
	/* What is longer than any margin may be is no reason to raise it. */
	assert_int_equal(run(1, 40 * MS), 1);
	assert_true(work_part(false) <= before + 200 * US);
}

static void test_composed_apart(void **state) {
	assert_true(work_part(false) < work_part(true));
	for (int i = 0; i < 400; i++) {
		run(1, 200 * US);
		run_all(1, 5 * MS, 0, 100 * US, true);
	}
	assert_true(work_part(false) < 500 * US);
	assert_true(work_part(true) >= 5 * MS);
	assert_true(work_part(true) < 5200 * US);
}

static void test_jitter(void **state) {
	run_all(2000, MS, MS, 100 * US, false);
	const int missed = run_all(20000, MS, MS, 100 * US, false);
	print_message("# %d of 20000 missed with a margin of %.3f ms for 1 to 2 ms of work\n",
		missed, (double)work_part(false) / 1e6);
	assert_true(missed < 20);
	assert_true(work_part(false) < 2100 * US);
}

static void test_kernel(void **state) {
	assert_int_equal(latch_margin_kernel_ns(&margin), MS);
	/* One that needs more. */
	run_all(200, 200 * US, 0, 1800 * US, false);
	assert_true(latch_margin_kernel_ns(&margin) >= 1800 * US);
	assert_true(run_all(20000, 200 * US, 0, 1800 * US, false) < 20);
	/* Half a minute later less is left to one that needs less, and nothing was missed. */
	setup(state);
	assert_int_equal(run(1800, 200 * US), 0);
	assert_true(latch_margin_kernel_ns(&margin) <= 750 * US);
	/* But never less than it needs, for more than a trial now and then. */
	setup(state);
	assert_true(run_all(40000, 200 * US, 0, 600 * US, false) < 20);
}

/* A kernel whose lateness has nothing to do with what is left to it: more is tried, and given up. By
 * chance it may look for long as if more had helped, so it is asked several times. */
static void test_kernel_that_is_late_at_random(void **state) {
	double sum_ns = 0;
	const int frames = 50000, times = 20;
	for (int time = 0; time < times; time++) {
		setup(state);
		srand((unsigned)time);
		for (int i = 0; i < frames; i++) {
			const int64_t vblank_ns = 1000 * MS + i * REFRESH;
			learn(vblank_ns, 200 * US,
				vblank_ns + (rand() % 50 == 0 ? REFRESH : 0), false);
			sum_ns += (double)latch_margin_kernel_ns(&margin);
		}
	}
	print_message("# on average %.3f ms\n", sum_ns / frames / times / 1e6);
	assert_true(sum_ns / frames / times < (double)(3 * MS / 2));
}

/* One frame that is late is never a reason to leave the kernel less, and is forgotten. */
static void test_kernel_late_once(void **state) {
	for (int frames = 1; frames < 600; frames += 7) {
		setup(state);
		run(frames, 100 * US);
		const unsigned before = margin.kernel.step;
		assert_int_equal(run_all(1, 100 * US, 0, 8 * MS, false), 1);
		assert_true(margin.kernel.step >= before);
		run(1800, 100 * US);
		assert_true(latch_margin_kernel_ns(&margin) <= 3 * MS / 2);
	}
}

/* While the work is thought to be long, what a shorter step is left is more than it is. That teaches
 * nothing of the step, which is found all the same, and does not miss one vblank after another. */
static void test_kernel_known_less(void **state) {
	run(100, 26 * US);
	run(1, 400 * US);
	run(5000, 26 * US);
	assert_int_equal(margin.kernel.step, 0);
	for (int64_t kernel_ns = 550 * US; kernel_ns < 2 * MS; kernel_ns += 300 * US) {
		setup(state);
		assert_true(run_all(40000, 200 * US, 0, kernel_ns, false) < 12);
	}
}

static void test_odd_intervals(void **state) {
	latch_margin_init(&margin, MS, 0); /* 1000 Hz */
	assert_true(latch_margin_ns(&margin, true) <= MS * LATCH_MARGIN_MAX_COMPOSED);
	for (int i = 0; i < 2; i++) {
		assert_true(latch_margin_ns(&margin, false) <= MS * 3 / 4);
		learn(1001 * MS, 5 * MS, 1006 * MS, false);
	}
	latch_margin_init(&margin, 0, 0); /* unknown */
	learn(3, 1, 4, false);
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

TEST_MAIN("margin", TEST_BEGIN(test_follows_the_work), TEST_BEGIN(test_forgives_one_stall),
	TEST_BEGIN(test_composed_apart), TEST_BEGIN(test_jitter), TEST_BEGIN(test_kernel),
	TEST_BEGIN(test_kernel_that_is_late_at_random), TEST_BEGIN(test_kernel_late_once),
	TEST_BEGIN(test_kernel_known_less), TEST_BEGIN(test_odd_intervals),
	UNIT(test_simulated_hours))
