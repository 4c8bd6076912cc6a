/* SPDX-License-Identifier: MIT */
/* When to latch: the answer to each question, by a table; what a sequence of frames teaches; and
 * whether somebody is alone on an output. */

#include "../test.h"
#include "timing/timing.h"

#define REFRESH (INT64_C(50) * MS / 3)
#define START (INT64_C(1000000) * MS)

static struct latch_deadline deadline;

/* A beat that is known: the last flip was at START. */
static int begin(int64_t refresh_ns, int64_t blank_ns) {
	latch_deadline_init(&deadline, refresh_ns, blank_ns);
	latch_clock_flipped(&deadline.vblank, 0, START);
	return 0;
}

static int setup(void **state) {
	return begin(REFRESH, 0);
}

struct row {
	const char *name;
	/* In us after the last flip. */
	int64_t now_us;
	struct latch_deadline_ask ask;
	/* In us after the last flip; MARGIN: the deadline of the n-th vblank. */
	int64_t wake_us;
	int deadline_of;
	enum latch_wake why;
	/* The n-th vblank is meant, -1: nobody knows which; 0: not looked at. */
	int vblank_of;
	bool variable;
};

static const struct row rows[] = {
	{"right after a flip", 100, {0}, 0, 1, LATCH_WAKE_DEADLINE},
	{"in the middle", 8000, {0}, 0, 1, LATCH_WAKE_DEADLINE, 1},
	{"a refresh without a flip", 20000, {0}, 0, 2, LATCH_WAKE_DEADLINE},
	{"between deadline and vblank", 15600, {0}, 15600, 0, LATCH_WAKE_CLOSE},
	{"too close to the vblank", 16600, {0}, 0, 2, LATCH_WAKE_DEADLINE},
	{"alone", 20000, {.alone = true}, 20000, 0, LATCH_WAKE_ALONE},
	/* What begins too late for a vblank is not meant for it, nor called late with the next. */
	{"alone, close to a vblank", 33233, {.alone = true}, 33233, 0, LATCH_WAKE_ALONE, 3},
	{"alone, but at each refresh", 100, {.alone = true}, 0, 1, LATCH_WAKE_DEADLINE},
	{"alone, and waiting for the flip", 100, {.alone = true, .waits = true}, 100, 0,
		LATCH_WAKE_ALONE},
	{"waiting, but not alone", 100, {.waits = true}, 0, 1, LATCH_WAKE_DEADLINE},
	{"after idle", 170003, {0}, 170003, 0, LATCH_WAKE_IDLE, -1},
	{"the cursor after idle", 170003, {.in_step = true}, 0, 11, LATCH_WAKE_DEADLINE, -1},
	{"the last flip was late", 100, {.behind = true}, 100, 0, LATCH_WAKE_BEHIND},
	{"before the shortest interval is over", 1000, {0}, 0, 1, LATCH_WAKE_DEADLINE, 1, true},
	{"a display that waits for us", 20000, {0}, 20000, 0, LATCH_WAKE_FREE, .variable = true},
};

static void test_table(void **state) {
	const struct latch_deadline_ask waits = {
		.now_ns = START + 100 * US, .alone = true, .waits = true};
	/* Not before the margin has been learned. */
	assert_int_equal(latch_deadline_decide(&deadline, &waits).why, LATCH_WAKE_DEADLINE);
	deadline.margin.learned = LATCH_MARGIN_KNOWN;
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct latch_deadline_ask ask = row->ask;
		ask.now_ns = START + row->now_us * US;
		latch_clock_set_variable(&deadline.vblank, row->variable);
		const struct latch_deadline_plan plan = latch_deadline_decide(&deadline, &ask);
		const int64_t margin_ns = latch_margin_ns(&deadline.margin, ask.composed);
		const int64_t wake_ns = row->deadline_of > 0
						? START + row->deadline_of * REFRESH - margin_ns
						: START + row->wake_us * US;
		const int64_t vblank_ns = row->vblank_of > 0 ? START + row->vblank_of * REFRESH : 0;
		print_message("# %s: %s\n", row->name, latch_wake_name(plan.why));
		assert_int_equal(plan.why, row->why);
		assert_int_equal(plan.wake_ns, wake_ns);
		assert_true(plan.wake_ns >= ask.now_ns);
		assert_true(row->vblank_of == 0 || plan.vblank_ns == vblank_ns);
	}
	latch_clock_set_variable(&deadline.vblank, false);
	assert_int_equal(latch_deadline_next_vblank(&deadline, START + 200 * MS), 0);
}

static void test_nothing_known(void **state) {
	latch_deadline_init(&deadline, REFRESH, 0);
	const struct latch_deadline_ask ask = {.now_ns = 1234};
	struct latch_deadline_plan plan = latch_deadline_decide(&deadline, &ask);
	assert_int_equal(plan.wake_ns, 1234);
	assert_int_equal(plan.vblank_ns, 0);
	assert_int_equal(plan.why, LATCH_WAKE_UNKNOWN);

	/* Without an interval it stays so, whatever flips. */
	latch_deadline_init(&deadline, -5, 0);
	for (int i = 1; i < 10; i++) {
		latch_deadline_flipped(
			&deadline, &(struct latch_deadline_frame){.planned_ns = i * MS,
					   .vblank_ns = i * MS,
					   .submit_start_ns = i * MS,
					   .flip_ns = i * MS});
	}
	plan = latch_deadline_decide(&deadline, &ask);
	assert_int_equal(plan.why, LATCH_WAKE_UNKNOWN);
	assert_int_equal(latch_deadline_next(&deadline, 1234, false), 0);
}

static void test_next_deadline(void **state) {
	const int64_t margin = latch_margin_ns(&deadline.margin, false);
	assert_int_equal(
		latch_deadline_next(&deadline, START + 1, false), START + REFRESH - margin);
	/* A deadline that has passed is not the next one. */
	assert_int_equal(latch_deadline_next(&deadline, START + REFRESH - margin, false),
		START + 2 * REFRESH - margin);
	assert_int_equal(latch_deadline_left(&deadline, false), REFRESH - margin);
	/* Composing takes longer. */
	assert_true(latch_deadline_left(&deadline, true) < REFRESH - margin);
	assert_true(latch_deadline_next(&deadline, START + 1, true) <
		    latch_deadline_next(&deadline, START + 1, false));
}

static void test_blank(void **state) {
	const int64_t without_ns = latch_deadline_next(&deadline, START, false);
	begin(REFRESH, 600 * US);
	assert_int_equal(latch_deadline_next(&deadline, START, false), without_ns - 600 * US);
	/* What makes no sense is not believed. */
	begin(REFRESH, REFRESH);
	assert_int_equal(latch_deadline_next(&deadline, START, false), without_ns);
}

static void test_without_vblank(void **state) {
	deadline.vblank.none = true;
	/* Never faster than the mode, though the driver would have it. */
	struct latch_deadline_ask ask = {.now_ns = START + MS};
	struct latch_deadline_plan plan = latch_deadline_decide(&deadline, &ask);
	assert_int_equal(plan.wake_ns, START + REFRESH);
	assert_int_equal(plan.why, LATCH_WAKE_FREE);
	ask.now_ns = START + 21 * MS;
	assert_int_equal(latch_deadline_decide(&deadline, &ask).wake_ns, ask.now_ns);
}

/* Frames that went at once teach what the kernel can do and how long composing takes, and nothing
 * about waking up: a job that takes the most of a refresh leaves no deadlines. */
static void test_at_once(void **state) {
	const struct latch_work before = deadline.margin.plain;
	for (int i = 1; i <= 5; i++) {
		const int64_t vblank = START + i * REFRESH;
		struct latch_deadline_frame frame = {.submit_start_ns = vblank - 2100 * US,
			.submit_end_ns = vblank - 2000 * US,
			.flip_ns = vblank};
		if (i == 5) {
			frame.composed = true;
			frame.begun_ns = vblank - REFRESH + MS;
			frame.drawn_ns = vblank - REFRESH + 8 * MS;
		}
		latch_deadline_flipped(&deadline, &frame);
		assert_memory_equal(&deadline.margin.plain, &before, sizeof(before));
	}
	assert_true(deadline.margin.kernel.frames[4] > 3.9f);
	assert_int_equal(deadline.margin.composed.raised_ns, 7 * MS);
}

/* From its wake-up to its submit, and what was left of the time to the vblank. */
static void test_planned(void **state) {
	const int64_t vblank = START + REFRESH;
	const struct latch_deadline_frame frame = {.planned_ns = vblank - 5 * MS,
		.vblank_ns = vblank,
		.submit_start_ns = vblank - 2 * MS,
		.flip_ns = vblank + REFRESH};
	latch_deadline_flipped(&deadline, &frame);
	assert_int_equal(deadline.margin.plain.raised_ns, 3 * MS);
	assert_true(latch_margin_kernel_ns(&deadline.margin) >= MS);
	assert_int_equal(deadline.margin.learned, 1);
}

static void test_alone(void **state) {
	struct latch_activity activity = {0};
	latch_activity_note(&activity, 7, START);
	assert_true(latch_activity_is_quiet(&activity, START));
	/* Another one: nobody is alone, until it has been silent for a while. */
	latch_activity_note(&activity, 8, START + 10 * MS);
	latch_activity_note(&activity, 7, START + 20 * MS);
	assert_false(latch_activity_is_alone(&activity, START + 20 * MS));
	assert_false(latch_activity_is_alone(&activity, START + 110 * MS));
	assert_true(latch_activity_is_alone(&activity, START + 111 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 1010 * MS));
	assert_true(latch_activity_is_quiet(&activity, START + 1011 * MS));
	/* The cursor and what has no number count as well. */
	latch_activity_note(&activity, LATCH_SOURCE_CURSOR, START + 2000 * MS);
	latch_activity_note(&activity, 7, START + 2001 * MS);
	assert_false(latch_activity_is_alone(&activity, START + 2001 * MS));
}

static void test_input(void **state) {
	struct latch_activity activity = {0};
	latch_activity_note(&activity, 7, START);
	activity.input_ns = START + 10 * MS;
	/* Who answers is as alone as before, but not for sure the only one to come. */
	assert_true(latch_activity_is_alone(&activity, START + 11 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 11 * MS));
	/* An answer by somebody who had been silent does not make that forgotten. */
	latch_activity_note(&activity, 8, START + 500 * MS);
	assert_true(latch_activity_is_alone(&activity, START + 500 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 500 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 1010 * MS));
	assert_true(latch_activity_is_quiet(&activity, START + 1011 * MS));
}

TEST_MAIN("deadline", TEST_BEGIN(test_table), UNIT(test_nothing_known),
	TEST_BEGIN(test_next_deadline), TEST_BEGIN(test_blank), TEST_BEGIN(test_without_vblank),
	TEST_BEGIN(test_at_once), TEST_BEGIN(test_planned), UNIT(test_alone), UNIT(test_input))
