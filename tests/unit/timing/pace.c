/* When a client hears that it may draw again. */

#include "../test.h"
#include "timing/pace.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define REFRESH (INT64_C(50) * MS / 3)
#define START (INT64_C(1000) * MS)

static struct latch_pace pace;

static int setup(void **state) {
	pace = (struct latch_pace){0};
	return 0;
}

/* One frame: the callback when its time comes, the client draws for so long. Returns when it was
 * sent, after the flip. */
static int64_t frame_paced(enum latch_pacing pacing, int64_t draws_ns) {
	const int64_t deadline_ns = START + REFRESH - MS, now_ns = START + 100 * US;
	const int64_t sent_ns = latch_pace_time(&pace, pacing, now_ns, deadline_ns, REFRESH);
	assert_true(sent_ns >= now_ns);
	latch_pace_sent(&pace, sent_ns, deadline_ns);
	latch_pace_ready(&pace, sent_ns + draws_ns, REFRESH);
	return sent_ns - START;
}

static int64_t frame(int64_t draws_ns) {
	return frame_paced(LATCH_PACING_LATE, draws_ns);
}

static void run(int frames, int64_t draws_ns) {
	for (int i = 0; i < frames; i++) {
		frame(draws_ns);
	}
}

static void test_early(void **state) {
	for (int i = 0; i < 100; i++) {
		assert_int_equal(frame_paced(LATCH_PACING_EARLY, MS), 100 * US);
	}
}

static void test_late(void **state) {
	/* Early until it is known. */
	for (int i = 0; i < LATCH_PACE_KNOWN; i++) {
		assert_int_equal(frame(4 * MS), 100 * US);
	}
	/* Then so that its 4 ms, a quarter of it, and 1 ms are left before the deadline. */
	assert_int_equal(frame(4 * MS), REFRESH - 7 * MS);
	/* Who needs the whole refresh hears at once. */
	frame(5 * MS);
	assert_int_equal(frame(15 * MS), REFRESH - 8250 * US);
	assert_int_equal(frame(15 * MS), 100 * US);
}

static void test_late_client_hears_early(void **state) {
	run(20, 2 * MS);
	/* It missed the deadline: early for some frames, and later on as if it always took as
	 * long. */
	assert_true(frame(6 * MS) > 10 * MS);
	for (int i = 0; i < LATCH_PACE_KNOWN; i++) {
		assert_int_equal(frame(2 * MS), 100 * US);
	}
	assert_true(frame(2 * MS) < REFRESH - MS - 6 * MS);
}

static void test_who_does_not_answer(void **state) {
	run(20, 2 * MS);
	/* A clock that draws once a second says nothing about how long it takes. */
	const int64_t took_ns = pace.took_ns;
	frame(1000 * MS);
	assert_int_equal(pace.took_ns, took_ns);
	assert_int_equal(frame(2 * MS), 100 * US);
	/* Commits without a callback are no answers. */
	latch_pace_ready(&pace, START + 5000 * MS, REFRESH);
	assert_int_equal(pace.answers, 1);
}

static void test_unknown(void **state) {
	pace = (struct latch_pace){.answers = LATCH_PACE_KNOWN, .took_ns = MS};
	const enum latch_pacing late = LATCH_PACING_LATE;
	assert_int_equal(latch_pace_time(&pace, late, START, 0, REFRESH), START);
	assert_int_equal(latch_pace_time(&pace, late, START, START + 9 * MS, 0), START);
	/* A deadline far away is none. */
	assert_int_equal(latch_pace_time(&pace, late, START, START + 200 * MS, REFRESH), START);
	/* Nor is one in the past. */
	assert_int_equal(latch_pace_time(&pace, late, START, START - MS, REFRESH), START);
}

static void test_in_turn(void **state) {
	for (int i = 0; i < LATCH_PACE_KNOWN; i++) {
		latch_pace_sent(&pace, START + i * REFRESH, 0);
		assert_false(latch_pace_waits(&pace));
		latch_pace_ready(&pace, START + i * REFRESH + MS, REFRESH);
	}
	/* It has answered so often that it will wait; not when it has answered already. */
	assert_false(latch_pace_waits(&pace));
	latch_pace_sent(&pace, START, 0);
	assert_true(latch_pace_waits(&pace));
	latch_pace_ready(&pace, START + MS, REFRESH);
	/* One commit more than it was called for: callbacks are no more than a hint to it. */
	latch_pace_ready(&pace, START + 9 * MS, REFRESH);
	latch_pace_sent(&pace, START + REFRESH, 0);
	assert_false(latch_pace_waits(&pace));
}

/* Any times: never in the past, never further than two refreshes away. */
static void test_random(void **state) {
	srand(9);
	int64_t now = START;
	for (int i = 0; i < 100000; i++) {
		const int64_t somewhen = now + rand() % (3 * REFRESH) - REFRESH;
		const int64_t deadline = rand() % 8 == 0 ? 0 : somewhen;
		const int64_t at =
			latch_pace_time(&pace, LATCH_PACING_LATE, now, deadline, REFRESH);
		assert_true(at >= now && at <= now + 2 * REFRESH);
		latch_pace_sent(&pace, at, deadline);
		now = at + rand() % (3 * REFRESH);
		latch_pace_ready(&pace, now, REFRESH);
		assert_true(pace.took_ns >= 0 && pace.took_ns <= 2 * REFRESH);
	}
}

static void test_names(void **state) {
	enum latch_pacing pacing = LATCH_PACING_EARLY;
	assert_true(latch_pacing_parse("late", &pacing));
	assert_int_equal(pacing, LATCH_PACING_LATE);
	assert_false(latch_pacing_parse("soon", &pacing));
	assert_int_equal(pacing, LATCH_PACING_LATE);
	assert_true(latch_pacing_parse("early", &pacing));
	assert_int_equal(pacing, LATCH_PACING_EARLY);
}

TEST_MAIN("pace", TEST_BEGIN(test_early), TEST_BEGIN(test_late),
	TEST_BEGIN(test_late_client_hears_early), TEST_BEGIN(test_who_does_not_answer),
	UNIT(test_unknown), TEST_BEGIN(test_in_turn), TEST_BEGIN(test_random), UNIT(test_names))
