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
		const int64_t took_ns = work_ns + (jitter_ns > 0 ? rand() % jitter_ns : 0);
		const int64_t left_ns = latch_margin_ns(margin, composed) - took_ns;
		latch_margin_learn_work(margin, composed, took_ns);
		latch_margin_learn_kernel(margin, left_ns, left_ns < kernel_ns);
		missed += left_ns < kernel_ns;
		assert_true(latch_margin_ns(margin, composed) >= 200 * US);
		assert_true(latch_margin_ns(margin, composed) <=
			    (composed ? REFRESH * 2 : REFRESH * 3 / 4));
	}
	return missed;
}

static struct latch_margin fresh(void) {
	struct latch_margin margin;
	latch_margin_init(&margin, REFRESH, 0);
	return margin;
}

static int64_t work_part(const struct latch_margin *margin, bool composed) {
	return latch_margin_ns(margin, composed) - latch_margin_kernel_ns(margin);
}

static void test_follows_the_work(void **state) {
	struct latch_margin margin = fresh();
	/* What was believed at first is forgotten in five seconds. */
	assert_int_equal(run(&margin, 300, 200 * US, 0, 50 * US, false), 0);
	assert_true(work_part(&margin, false) < 350 * US);

	/* Work that suddenly takes 6 ms misses once, not twice. */
	assert_int_equal(run(&margin, 1, 6 * MS, 0, 100 * US, false), 1);
	assert_int_equal(run(&margin, 300, 6 * MS, 0, 100 * US, false), 0);

	/* And it comes down again: not in a second, but in ten. */
	run(&margin, 60, 200 * US, 0, 100 * US, false);
	assert_true(work_part(&margin, false) > 5 * MS);
	run(&margin, 10 * 60, 200 * US, 0, 100 * US, false);
	assert_true(work_part(&margin, false) < 400 * US);
}

static void test_forgives_one_stall(void **state) {
	struct latch_margin margin = fresh();
	run(&margin, 3000, 200 * US, 0, 100 * US, false);
	for (int64_t stall_ns = 8 * MS; stall_ns < 50 * MS; stall_ns *= 2) {
		const int64_t before = work_part(&margin, false);
		assert_int_equal(run(&margin, 1, stall_ns, 0, 100 * US, false), 1);
		run(&margin, 300, 200 * US, 0, 100 * US, false);
		assert_true(work_part(&margin, false) <= before + 100 * US);
	}
}

/* One that takes longer in eight is no stall. */
static void test_remembers_what_repeats(void **state) {
	struct latch_margin margin = fresh();
	int missed = 0;
	for (int i = 0; i < 2000; i++) {
		run(&margin, 7, 200 * US, 0, 100 * US, false);
		const bool late = run(&margin, 1, 4 * MS, 0, 100 * US, false) > 0;
		missed += i >= 100 && late;
	}
	print_message("# %d of 1900 missed\n", missed);
	assert_true(missed < 60);
}

static void test_composed_apart(void **state) {
	struct latch_margin margin = fresh();
	for (int i = 0; i < 400; i++) {
		run(&margin, 1, 200 * US, 0, 100 * US, false);
		run(&margin, 1, 5 * MS, 0, 100 * US, true);
	}
	assert_true(work_part(&margin, false) <= 300 * US);
	assert_true(work_part(&margin, true) >= 5 * MS);
	assert_true(work_part(&margin, true) < 6 * MS);
}

static void test_jitter(void **state) {
	struct latch_margin margin = fresh();
	srand(7);
	run(&margin, 2000, MS, MS, 100 * US, false);
	const int missed = run(&margin, 20000, MS, MS, 100 * US, false);
	print_message("# %d of 20000 missed with a margin of %.3f ms for 1 to 2 ms of work\n",
		missed, (double)work_part(&margin, false) / 1e6);
	assert_true(missed < 20);
	assert_true(work_part(&margin, false) < 9 * MS / 2);
}

static void test_kernel(void **state) {
	struct latch_margin margin = fresh();
	/* One that needs more gets it, ... */
	assert_true(run(&margin, 400, 200 * US, 0, 1800 * US, false) <= 12);
	assert_true(run(&margin, 20000, 200 * US, 0, 1800 * US, false) < 20);
	/* ... one that needs less is left less half a minute later, and nothing was missed; ... */
	margin = fresh();
	assert_int_equal(latch_margin_kernel_ns(&margin), MS);
	assert_int_equal(run(&margin, 1800, 200 * US, 0, 100 * US, false), 0);
	assert_true(latch_margin_kernel_ns(&margin) <= 750 * US);
	/* ... but not less than it needs. */
	assert_true(run(&margin, 40000, 200 * US, 0, 600 * US, false) < 40);
}

/* Whatever it is given; who had less than is left to it is not asked. */
static void test_kernel_that_is_always_late(void **state) {
	struct latch_margin margin = fresh();
	latch_margin_learn_kernel(&margin, 999 * US, true);
	assert_int_equal(latch_margin_kernel_ns(&margin), MS);
	for (int i = 0; i < 1000; i++) {
		latch_margin_learn_kernel(&margin, REFRESH, true);
	}
	assert_int_equal(latch_margin_kernel_ns(&margin), REFRESH / 4);
}

static void test_fast_displays(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, MS, 0); /* 1000 Hz */
	for (int i = 0; i < 3; i++) {
		assert_true(latch_margin_ns(&margin, false) <= MS * 3 / 4);
		assert_true(latch_margin_ns(&margin, true) <= 2 * MS);
		latch_margin_learn_work(&margin, i == 1, 5 * MS);
	}
}

static void test_unknown_interval(void **state) {
	struct latch_margin margin;
	latch_margin_init(&margin, -1, 0);
	latch_margin_learn_work(&margin, false, 1);
	latch_margin_learn_kernel(&margin, 1, true);
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

TEST_MAIN("margin", UNIT(test_follows_the_work), UNIT(test_forgives_one_stall),
	UNIT(test_remembers_what_repeats), UNIT(test_composed_apart), UNIT(test_jitter),
	UNIT(test_kernel), UNIT(test_kernel_that_is_always_late), UNIT(test_fast_displays),
	UNIT(test_unknown_interval), UNIT(test_simulated_hours))
