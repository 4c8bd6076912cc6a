/* SPDX-License-Identifier: MIT */
/* When a client hears that it may draw again. */

#include "../test.h"
#include "timing/pace.h"
#include "timing/timing.h"

#define REFRESH (INT64_C(50) * MS / 3)
#define START (INT64_C(1000) * MS)
#define MARGIN MS
#define FRAMES 2000

static const enum latch_pacing early = LATCH_PACING_EARLY, late = LATCH_PACING_LATE;

/* What became of the frames of a client that answers one callback after the other. */
struct result {
	int64_t now_ns;
	int lost;
	/* After its callback, until the flip, summed up; of frames that were in time. */
	int64_t age_ns;
};

static struct latch_pace pace;
static struct result result;

static int setup(void **state) {
	pace = (struct latch_pace){0};
	result = (struct result){.now_ns = START};
	return 0;
}

/* One frame: the callback when its time comes, the client draws for so long, and is shown by the
 * first vblank whose deadline it makes. Returns when it was sent, after the flip. */
static int64_t frame(enum latch_pacing pacing, int64_t draws_ns) {
	const int64_t flip_ns = result.now_ns, now_ns = flip_ns + 100 * US;
	const int64_t deadline_ns = flip_ns + REFRESH - MARGIN;
	const int64_t sent_ns = latch_pace_time(&pace, pacing, now_ns, deadline_ns, REFRESH);
	const int64_t ready_ns = sent_ns + draws_ns;
	assert_true(sent_ns >= now_ns);
	latch_pace_sent(&pace, sent_ns, deadline_ns);
	const struct latch_pace_answer answer = {latch_pace_commit(&pace), 0, ready_ns, ready_ns};
	assert_int_equal(answer.callback_ns, sent_ns);
	latch_pace_ready(&pace, &answer, REFRESH, REFRESH - MARGIN);
	for (result.now_ns += REFRESH; result.now_ns < ready_ns + MARGIN;) {
		result.now_ns += REFRESH;
		result.lost++;
	}
	result.age_ns += result.now_ns - sent_ns;
	return sent_ns - flip_ns;
}

/* The time after which the last of so many frames was sent. */
static int64_t frames(int count, int64_t draws_ns) {
	int64_t sent_ns = 0;
	for (int i = 0; i < count; i++) {
		sent_ns = frame(late, draws_ns);
	}
	return sent_ns;
}

/* The kinds of drawing, in ms: frame i takes so long. */
static int64_t steady(int i) {
	return MS;
}
static int64_t jumps(int i) {
	return i / 50 % 2 == 0 ? MS : 12 * MS;
}
static int64_t grows(int i) {
	return MS + i * 12 * MS / FRAMES;
}
static int64_t outliers(int i) {
	return rand() % 100 == 0 ? 12 * MS : MS;
}
static int64_t varies(int i) {
	return MS + rand() % (11 * MS);
}
static int64_t long_enough(int i) {
	return 14 * MS;
}

/* Next to nothing is lost, however the client draws; what is steady is shown young. */
static void test_late(void **state) {
	static const struct {
		int64_t (*draws)(int i);
		int lost_max;
		int64_t age_max;
	} rows[] = {
		{steady, 0, 3 * MS},
		{jumps, 2, 14 * MS},
		{grows, 2, 10 * MS},
		{outliers, 4, REFRESH},
		{varies, 4, 15 * MS},
		{long_enough, 0, REFRESH},
	};
	for (size_t n = 0; n < LEN(rows); n++) {
		setup(state);
		srand(9);
		for (int i = 0; i < FRAMES; i++) {
			const int64_t sent_ns = frame(late, rows[n].draws(i));
			/* Early until it is known. */
			assert_true(i >= LATCH_PACE_KNOWN || sent_ns == 100 * US);
		}
		print_message("row %zu: %d of %d lost, %.2f ms\n", n, result.lost, FRAMES,
			(double)result.age_ns / FRAMES / MS);
		assert_true(result.lost <= rows[n].lost_max);
		assert_true(result.age_ns / FRAMES <= rows[n].age_max);
		assert_false(pace.ahead);
	}
}

static void test_early(void **state) {
	for (int i = 0; i < 100; i++) {
		assert_int_equal(frame(early, MS), 100 * US);
	}
}

static void test_late_client_hears_early(void **state) {
	frames(20, 2 * MS);
	/* It missed the deadline: early for some frames, and later on as if it always took as
	 * long. */
	assert_true(frame(late, 6 * MS) > 10 * MS);
	assert_int_equal(result.lost, 1);
	for (int i = 0; i < LATCH_PACE_KNOWN; i++) {
		assert_int_equal(frame(late, 2 * MS), 100 * US);
	}
	assert_true(frame(late, 2 * MS) < REFRESH - MARGIN - 4 * MS);
}

static void test_who_does_not_answer(void **state) {
	const int64_t usual_ns = frames(21, 2 * MS);
	/* A clock that draws once a second says nothing about how long it takes. */
	frame(late, 1000 * MS);
	for (int i = 0; i < LATCH_PACE_KNOWN; i++) {
		assert_int_equal(frame(late, 2 * MS), 100 * US);
	}
	assert_int_equal(frame(late, 2 * MS), usual_ns);
	/* Commits without a callback are no answers. */
	assert_int_equal(latch_pace_commit(&pace), 0);
	const unsigned answers = pace.answers;
	latch_pace_ready(&pace,
		&(struct latch_pace_answer){0, 0, result.now_ns, result.now_ns + MS}, REFRESH,
		REFRESH - MARGIN);
	assert_int_equal(pace.answers, answers);
}

/* Its callback was sent long before the key that it answers. */
static void test_input(void **state) {
	const int64_t usual_ns = frames(21, 2 * MS);
	for (int after_ms = 5; after_ms < 40; after_ms += 5) {
		latch_pace_sent(&pace, result.now_ns, result.now_ns + REFRESH - MARGIN);
		const int64_t input_ns = result.now_ns + after_ms * MS;
		latch_pace_ready(&pace,
			&(struct latch_pace_answer){latch_pace_commit(&pace), input_ns,
				input_ns + 2 * MS, input_ns + 2 * MS},
			REFRESH, REFRESH - MARGIN);
		result.now_ns += 60 * MS;
		assert_int_equal(frame(late, 2 * MS), usual_ns);
	}
}

static void test_unknown(void **state) {
	pace = (struct latch_pace){.answers = LATCH_PACE_KNOWN, .longest_us = {1000}};
	assert_int_equal(latch_pace_time(&pace, late, START, 0, REFRESH), START);
	assert_int_equal(latch_pace_time(&pace, late, START, START + 9 * MS, 0), START);
	/* A deadline far away is none. */
	assert_int_equal(latch_pace_time(&pace, late, START, START + 200 * MS, REFRESH), START);
	/* Nor is one in the past. */
	assert_int_equal(latch_pace_time(&pace, late, START, START - MS, REFRESH), START);
}

static void test_in_turn(void **state) {
	for (int i = 0; i < LATCH_PACE_KNOWN; i++) {
		assert_false(latch_pace_waits(&pace));
		latch_pace_sent(&pace, START + i * REFRESH, 0);
		assert_int_equal(latch_pace_commit(&pace), START + i * REFRESH);
	}
	/* It has answered so often that it will wait; not when it is yet to answer. */
	assert_true(latch_pace_waits(&pace));
	latch_pace_sent(&pace, START, 0);
	assert_false(latch_pace_waits(&pace));
	latch_pace_commit(&pace);
	/* One commit more than it was called for: callbacks are no more than a hint to it. */
	latch_pace_commit(&pace);
	assert_false(latch_pace_waits(&pace));
}

/*
 * A GPU does one job after the other, each for so long; a client that runs ahead hears at the next
 * vblank after its commit, any other one after the flip. Returns the refreshes that frames take,
 * in hundredths.
 */
static int64_t gpu(int64_t job_ns, int count) {
	int64_t flip_ns = START, heard_ns = START, free_ns = 0, first_ns = 0;
	for (int i = 0; i < count; i++) {
		const bool ahead = pace.ahead;
		latch_pace_sent(
			&pace, heard_ns + 100 * US, ahead ? 0 : heard_ns + REFRESH - MARGIN);
		const int64_t commit_ns = heard_ns + MS;
		free_ns = (free_ns > commit_ns ? free_ns : commit_ns) + job_ns;
		const struct latch_pace_answer answer = {
			latch_pace_commit(&pace), 0, commit_ns, free_ns};
		latch_pace_ready(&pace, &answer, REFRESH, REFRESH - MARGIN);
		int64_t next_ns = flip_ns + REFRESH;
		while (next_ns - MARGIN < free_ns) {
			next_ns += REFRESH;
		}
		/* One update is held and one is drawn: it hears when the one before has gone. */
		heard_ns = pace.ahead && flip_ns > heard_ns ? flip_ns
			   : pace.ahead		     ? heard_ns + REFRESH
									     : next_ns;
		flip_ns = next_ns;
		first_ns = i == count / 2 ? flip_ns : first_ns;
	}
	return (flip_ns - first_ns) * 100 / REFRESH / (count - 1 - count / 2);
}

static void test_ahead(void **state) {
	static const struct {
		int64_t job_ns;
		bool ahead;
		int64_t refreshes; // hundredths
	} rows[] = {
		{5 * MS, false, 100},
		{14 * MS, false, 100},
		{15 * MS, true, 100},
		{16 * MS, true, 100},
	};
	for (size_t n = 0; n < LEN(rows); n++) {
		setup(state);
		assert_int_equal(gpu(rows[n].job_ns, 200), rows[n].refreshes);
		assert_int_equal(pace.ahead, rows[n].ahead);
		assert_int_equal(latch_pace_is_long(&pace, 14 * MS), rows[n].ahead);
		assert_false(latch_pace_is_long(&pace, 17 * MS));
		/* Jobs that have become shorter need no more than early callbacks. */
		assert_int_equal(gpu(2 * MS, 200), 100);
		assert_false(pace.ahead);
	}
}

/* The output composes for longer than a refresh: whoever hears after the flip, however short its own
 * answers are, has missed the next vblank. */
static void test_output_takes_long(void **state) {
	struct latch_pace_answer answer = {START, 0, START + 200 * US, START + 200 * US};
	for (int i = 0; i < LATCH_PACE_AHEAD; i++) {
		assert_false(pace.ahead);
		latch_pace_ready(&pace, &answer, REFRESH, -MS);
	}
	assert_true(pace.ahead);
	assert_false(latch_pace_is_long(&pace, REFRESH));
	/* It fits, but would not if it took a little longer. */
	latch_pace_ready(&pace, &answer, REFRESH, 540 * US);
	for (int i = 0; i < LATCH_PACE_AHEAD; i++) {
		assert_true(pace.ahead);
		latch_pace_ready(&pace, &answer, REFRESH, 560 * US);
	}
	assert_false(pace.ahead);
}

/*
 * A display with variable refresh flips when a frame is there, but not before its shortest interval is
 * over. Returns how long frames take, on average: the client draws for so long.
 */
static int64_t variable(enum latch_pacing pacing, int64_t draws_ns, int64_t *age_ns) {
	struct latch_deadline deadline;
	setup(NULL);
	const int64_t shortest_ns = 1000 * MS / 144;
	latch_deadline_init(&deadline, shortest_ns, 0);
	latch_clock_set_variable(&deadline.vblank, true);
	int64_t flip_ns = START, ready_ns = 0;
	const int count = 200;
	for (int i = 0; i < count; i++) {
		latch_clock_flipped(&deadline.vblank, flip_ns - MS, flip_ns);
		const int64_t now_ns = flip_ns + 100 * US;
		const int64_t aim_ns = latch_deadline_next(&deadline, now_ns, false);
		const int64_t sent_ns = latch_pace_time(&pace, pacing, now_ns, aim_ns, shortest_ns);
		latch_pace_sent(&pace, sent_ns, aim_ns);
		ready_ns = sent_ns + draws_ns;
		const struct latch_pace_answer answer = {
			latch_pace_commit(&pace), 0, ready_ns, ready_ns};
		latch_pace_ready(&pace, &answer, shortest_ns, latch_deadline_left(&deadline, false));
		flip_ns = latch_clock_next(&deadline.vblank,
			ready_ns + latch_margin_ns(&deadline.margin, false));
		*age_ns = flip_ns - sent_ns;
	}
	return (flip_ns - START) / count;
}

/* No client is slower by late callbacks, and what is drawn in less than the shortest interval is
 * younger. */
static void test_variable(void **state) {
	for (int64_t draws_ns = MS; draws_ns <= 20 * MS; draws_ns += MS) {
		int64_t early_age_ns, late_age_ns;
		const int64_t early_ns = variable(early, draws_ns, &early_age_ns);
		assert_true(variable(late, draws_ns, &late_age_ns) <= early_ns + US);
		assert_true(late_age_ns <= early_age_ns);
		assert_true(draws_ns > 3 * MS || late_age_ns < early_age_ns - 2 * MS);
	}
}

/* Any times: never in the past, never further than two refreshes away. */
static void test_random(void **state) {
	srand(9);
	int64_t now = START;
	for (int i = 0; i < 100000; i++) {
		const int64_t somewhen = now + rand() % (3 * REFRESH) - REFRESH;
		const int64_t deadline = rand() % 8 == 0 ? 0 : somewhen;
		const int64_t at = latch_pace_time(&pace, late, now, deadline, REFRESH);
		assert_true(at >= now && at <= now + 2 * REFRESH);
		latch_pace_sent(&pace, at, deadline);
		const int64_t commit = at + rand() % REFRESH;
		now = commit + rand() % (2 * REFRESH);
		latch_pace_ready(&pace,
			&(struct latch_pace_answer){latch_pace_commit(&pace), 0, commit, now},
			REFRESH, REFRESH - MARGIN);
	}
}

static void test_names(void **state) {
	assert_string_equal(latch_pacing_names[LATCH_PACING_EARLY], "early");
	assert_string_equal(latch_pacing_names[LATCH_PACING_LATE], "late");
	assert_null(latch_pacing_names[LATCH_PACING_LATE + 1]);
}

TEST_MAIN("pace", TEST_BEGIN(test_early), UNIT(test_late), TEST_BEGIN(test_late_client_hears_early),
	TEST_BEGIN(test_who_does_not_answer), UNIT(test_unknown), TEST_BEGIN(test_input),
	TEST_BEGIN(test_in_turn), UNIT(test_ahead), TEST_BEGIN(test_output_takes_long),
	UNIT(test_variable), TEST_BEGIN(test_random), UNIT(test_names))
