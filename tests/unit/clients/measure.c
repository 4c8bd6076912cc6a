/* SPDX-License-Identifier: MIT */
/* What --measure makes of the times: the grid, the first possible vblank, the head start, and when
 * the next frame is due. */
#include "measure/measure.h"
#include "../test.h"

#define PERIOD_NS INT64_C(16666600)
#define START_NS (1000000 * MS)
#define MAX_FRAMES 1000

static struct measure_flip flips[MAX_FRAMES];
static struct measure_frame frames[MAX_FRAMES];

/* Flips two, three, two ... vblanks apart. */
static void fill_flips(size_t len, bool with_sequence) {
	uint64_t vblank = 5000;
	for (size_t i = 0; i < len; i++) {
		flips[i] = (struct measure_flip){
			.time_ns = START_NS + (int64_t)vblank * PERIOD_NS,
			.sequence = with_sequence ? vblank : 0,
		};
		vblank += 2 + i % 2;
	}
}

static void assert_period(
	const struct measure_grid *grid, int64_t period_ns, int64_t tolerance_ns) {
	assert_int_in_range(
		(int64_t)grid->period_ns, period_ns - tolerance_ns, period_ns + tolerance_ns);
}

/* By times alone, no interval is one period long: it is what two and three of them have in common.
 */
static void finds_the_period(void **state) {
	static const struct {
		const char *by;
		size_t flips;
		bool with_sequence;
		uint64_t all_of; /* a sequence that stands still; 0: it does not */
		int64_t nominal_ns;
	} cases[] = {
		{"a nominal one that is wrong", 100, true, 0, PERIOD_NS + 40000},
		{"the sequence", 40, true, 0, 0},
		{"the times", 40, false, 0, 0},
		{"the times, with a sequence that stands still", 40, false, 7, 0},
	};
	for (size_t i = 0; i < LEN(cases); i++) {
		struct measure_grid grid;
		fill_flips(cases[i].flips, cases[i].with_sequence);
		for (size_t j = 0; j < cases[i].flips && cases[i].all_of != 0; j++) {
			flips[j].sequence = cases[i].all_of;
		}
		print_message("# by %s\n", cases[i].by);
		assert_true(measure_grid_fit(&grid, flips, cases[i].flips, cases[i].nominal_ns));
		assert_period(&grid, PERIOD_NS, 10);
		assert_true(grid.deviation_ns < 10);
		assert_true(measure_grid_is_steady(&grid));
	}
}

static void finds_it_although_flips_are_off(void **state) {
	struct measure_grid grid;
	fill_flips(200, false);
	for (size_t i = 20; i < 200; i += 45) {
		flips[i].time_ns += 7 * MS;
	}
	assert_true(measure_grid_fit(&grid, flips, 200, 0));
	assert_period(&grid, PERIOD_NS, 2000);
	assert_true(measure_grid_is_steady(&grid));
}

static void says_that_there_is_no_grid(void **state) {
	struct measure_grid grid;
	uint64_t x = 12345;
	int64_t time_ns = START_NS;
	for (size_t i = 0; i < 200; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		time_ns += 20 * MS + (int64_t)((x >> 33) % (uint64_t)(40 * MS));
		flips[i] = (struct measure_flip){.time_ns = time_ns};
	}
	assert_true(measure_grid_fit(&grid, flips, 200, PERIOD_NS));
	assert_false(measure_grid_is_steady(&grid));
	/* Without a nominal period none is made up. */
	assert_false(measure_grid_fit(&grid, flips, 200, 0));
	assert_false(measure_grid_fit(&grid, flips, 1, 0));
}

static void counts_back_from_the_flip(void **state) {
	const struct measure_grid grid = {.period_ns = (double)PERIOD_NS};
	int64_t vblank_ns = START_NS + 77 * PERIOD_NS, margin_ns;
	assert_int_equal(measure_grid_late(&grid, vblank_ns - 5 * MS, vblank_ns, &margin_ns), 0);
	assert_int_equal(margin_ns, 5 * MS);
	assert_int_equal(
		measure_grid_late(&grid, vblank_ns - 5 * MS, vblank_ns + PERIOD_NS, &margin_ns), 1);
	assert_int_equal(margin_ns, 5 * MS);
	/* At the vblank itself that one is the first possible. */
	assert_int_equal(measure_grid_late(&grid, vblank_ns, vblank_ns, &margin_ns), 0);
	assert_int_equal(margin_ns, 0);
	assert_int_equal(
		measure_grid_late(&grid, vblank_ns + 1, vblank_ns + 2 * PERIOD_NS, &margin_ns), 1);
	assert_int_equal(margin_ns, PERIOD_NS - 1);
}

/* A compositor that takes what comes head_ns before a vblank, and shows the rest one later. */
static void fill_frames(size_t len, int64_t head_ns) {
	for (size_t i = 0; i < len; i++) {
		int64_t vblank_ns = START_NS + (int64_t)i * 3 * PERIOD_NS;
		/* Margins in equal steps over the whole refresh, in no order. */
		int64_t margin_ns = (int64_t)(i * 389 % len) * PERIOD_NS / (int64_t)len;
		frames[i] = (struct measure_frame){
			.commit_ns = vblank_ns - margin_ns,
			.ready_ns = vblank_ns - margin_ns,
			.presented_ns = vblank_ns + (margin_ns >= head_ns ? 0 : PERIOD_NS),
		};
	}
}

static struct measure_summary summarize(size_t len) {
	const struct measure_grid grid = {.period_ns = (double)PERIOD_NS};
	struct measure_summary summary;
	assert_true(measure_summarize(&summary, frames, len, &grid));
	return summary;
}

/* The smallest with which 99 of 100 make it: no frame with less has it. */
static void head_start_is_where_frames_begin_to_make_it(void **state) {
	static const struct {
		size_t len;
		int64_t head_ns;
		uint64_t in_time;
		double excess;
		int head_start;
		int64_t head_start_ns;
		uint64_t head_start_frames;
	} rows[] = {
		/* 4 of 16.67 ms come late, the steps 0 to 240; one in a hundred may: 7 frames more
		 * than the 759 that do not. */
		{1000, 4 * MS, 759, 0.241, MEASURE_HEAD_START_KNOWN, 233 * PERIOD_NS / 1000 + 1,
			766},
		{1000, 0, 1000, 0, MEASURE_HEAD_START_KNOWN, 0, 1000},
		{400, PERIOD_NS, 0, 1, MEASURE_HEAD_START_NEVER, PERIOD_NS, 0},
		{99, 0, 99, 0, MEASURE_HEAD_START_FEW, 0, 0},
		/* Half of these have the head start: too few to say 99 %. */
		{150, PERIOD_NS / 2, 75, 0.5, MEASURE_HEAD_START_FEW, 0, 0},
		{0, 0, 0, 0, MEASURE_HEAD_START_FEW, 0, 0},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# %zu frames, %d us\n", rows[i].len, (int)(rows[i].head_ns / 1000));
		fill_frames(rows[i].len, rows[i].head_ns);
		struct measure_summary summary = summarize(rows[i].len);
		assert_int_equal(summary.frames, rows[i].len);
		assert_int_equal(summary.in_time, rows[i].in_time);
		assert_float_equal(summary.excess, rows[i].excess, 0.0001);
		assert_int_equal(summary.head_start, rows[i].head_start);
		if (rows[i].head_start != MEASURE_HEAD_START_FEW) {
			assert_int_equal(summary.head_start_ns, rows[i].head_start_ns);
			assert_int_equal(summary.head_start_frames, rows[i].head_start_frames);
		}
	}
}

/* Ten late ones of a thousand are allowed, wherever they are; eleven are not. */
static void one_percent_may_be_late(void **state) {
	fill_frames(1000, 0);
	for (size_t i = 0; i < 10; i++) {
		frames[i * 100].presented_ns += PERIOD_NS;
	}
	assert_int_equal(summarize(1000).head_start_ns, 0);
	assert_int_in_range(summarize(1000).p50_ns, PERIOD_NS * 49 / 100, PERIOD_NS * 51 / 100);
	assert_int_in_range(summarize(1000).p99_ns, PERIOD_NS * 98 / 100, PERIOD_NS);
	frames[50].presented_ns += PERIOD_NS;
	struct measure_summary summary = summarize(1000);
	assert_true(summary.head_start_ns > 0);
	assert_true(summary.head_start_frames < 1000);
}

static void early_frames_are_counted_apart(void **state) {
	fill_frames(200, 0);
	frames[3].ready_ns = INT64_MAX; // shown, and its fence had not signalled
	struct measure_summary summary = summarize(200);
	assert_int_equal(summary.early, 1);
	assert_int_equal(summary.frames, 199);
	assert_int_equal(summary.in_time, 199);
}

static void phases_are_even(void **state) {
	struct measure_schedule schedule;
	measure_schedule_init(&schedule, 1, START_NS);
	int steps[10] = {0};
	int64_t last_ns = START_NS;
	for (int block = 0; block < 100; block++) {
		int counts[10] = {0};
		for (int i = 0; i < MEASURE_PHASES; i++) {
			int64_t next_ns =
				measure_schedule_next(&schedule, (double)PERIOD_NS, START_NS);
			assert_int_in_range(next_ns - last_ns, 2 * PERIOD_NS - 1, 3 * PERIOD_NS);
			steps[(next_ns - last_ns + 1) * 10 / PERIOD_NS % 10]++;
			last_ns = next_ns;
			counts[(next_ns - START_NS) % PERIOD_NS * 10 / PERIOD_NS]++;
		}
		for (size_t i = 0; i < 10; i++) {
			/* Each step is cut to a nanosecond. */
			assert_int_in_range(
				counts[i], MEASURE_PHASES / 10 - 1, MEASURE_PHASES / 10 + 1);
		}
	}
	for (size_t i = 0; i < 10; i++) {
		/* Four times the standard deviation of a binomial distribution, of 30. */
		assert_int_in_range(steps[i], 880, 1120);
	}
}

static void a_late_plan_keeps_its_phase(void **state) {
	struct measure_schedule one, other;
	measure_schedule_init(&one, 9, 0);
	measure_schedule_init(&other, 9, 0);
	measure_schedule_next(&one, (double)PERIOD_NS, START_NS);
	measure_schedule_next(&other, (double)PERIOD_NS, START_NS);
	int64_t planned_ns = measure_schedule_next(&one, (double)PERIOD_NS, 0);
	int64_t earliest_ns = planned_ns + 7 * MS + 3 * PERIOD_NS;
	int64_t moved_ns = measure_schedule_next(&other, (double)PERIOD_NS, earliest_ns);
	assert_true(moved_ns >= earliest_ns);
	assert_true(moved_ns < earliest_ns + PERIOD_NS);
	assert_int_equal((moved_ns - planned_ns) % PERIOD_NS, 0);
}

/* Also when one begins at another time after its vblank. */
static void seeds_make_rows(void **state) {
	struct measure_schedule one, later, other;
	measure_schedule_init(&one, 1, START_NS);
	measure_schedule_init(&later, 1, START_NS + 11 * PERIOD_NS);
	measure_schedule_init(&other, 2, START_NS);
	int equal = 0;
	for (int i = 0; i < 100; i++) {
		int64_t a = measure_schedule_next(&one, (double)PERIOD_NS, START_NS + 2 * MS);
		int64_t b = measure_schedule_next(
			&later, (double)PERIOD_NS, START_NS + 14 * PERIOD_NS + 9 * MS);
		int64_t c = measure_schedule_next(&other, (double)PERIOD_NS, START_NS + 2 * MS);
		assert_int_equal((a - START_NS) % PERIOD_NS, (b - START_NS) % PERIOD_NS);
		equal += a == c;
	}
	assert_true(equal < 5);
}

TEST_MAIN("clients-measure", UNIT(finds_the_period), UNIT(finds_it_although_flips_are_off),
	UNIT(says_that_there_is_no_grid), UNIT(counts_back_from_the_flip),
	UNIT(head_start_is_where_frames_begin_to_make_it), UNIT(one_percent_may_be_late),
	UNIT(early_frames_are_counted_apart), UNIT(phases_are_even),
	UNIT(a_late_plan_keeps_its_phase), UNIT(seeds_make_rows))
