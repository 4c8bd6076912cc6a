/* The latch deadline on made-up clocks: an even one, one that jitters, one that misses. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include "output/deadline.h"

#define MS INT64_C(1000000)
#define REFRESH (INT64_C(50) * MS / 3)

static void unknown_clock_goes_at_once(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	assert_int_equal(latch_deadline_wake(&deadline, 1234), 1234);
	latch_deadline_init(&deadline, 0);
	deadline.last_flip_ns = 1000;
	assert_int_equal(latch_deadline_wake(&deadline, 1234), 1234);
	latch_deadline_init(&deadline, -5);
	assert_int_equal(deadline.refresh_ns, 0);
}

static void wakes_a_margin_before_the_vblank(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	int64_t vblank = 1000 * MS + REFRESH;
	assert_int_equal(latch_deadline_next_vblank(&deadline, 1000 * MS), vblank);
	assert_int_equal(latch_deadline_next_vblank(&deadline, vblank - 1), vblank);
	assert_int_equal(latch_deadline_next_vblank(&deadline, vblank), vblank + REFRESH);
	assert_int_equal(latch_deadline_wake(&deadline, 1001 * MS), vblank - deadline.margin_ns);
	/* Within the margin there is nothing to wait for. */
	assert_int_equal(latch_deadline_wake(&deadline, vblank - 1000), vblank - 1000);
}

static void after_idle_it_goes_at_once(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	int64_t later = 1000 * MS + 10 * REFRESH + 3 * MS;
	assert_int_equal(latch_deadline_wake(&deadline, later), later);
}

static void a_flip_from_the_future_is_no_trap(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	assert_int_equal(latch_deadline_next_vblank(&deadline, 999 * MS), 1000 * MS);
	assert_true(latch_deadline_wake(&deadline, 999 * MS) >= 999 * MS);
}

/* Runs frames whose work takes work_ns after the wake-up; returns how many missed. */
static int run(struct latch_deadline *deadline, int frames, int64_t work_ns, int64_t jitter_ns) {
	int missed = 0;
	int64_t start = deadline->last_flip_ns;
	for (int i = 0; i < frames; i++) {
		int64_t now = deadline->last_flip_ns + MS / 10;
		int64_t wake = latch_deadline_wake(deadline, now);
		int64_t target = latch_deadline_next_vblank(deadline, wake);
		int64_t work = work_ns + (jitter_ns > 0 ? rand() % jitter_ns : 0);
		int64_t submitted = wake + work;
		int64_t n = (submitted - start) / REFRESH + 1;
		int64_t flip = start + n * REFRESH;
		missed += flip > target;
		latch_deadline_flipped(deadline, wake, submitted, flip);
		assert_true(deadline->margin_ns >= LATCH_MARGIN_MIN_NS);
		assert_true(deadline->margin_ns <= deadline->refresh_ns * 3 / 4);
	}
	return missed;
}

static void the_margin_follows_the_work(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	assert_int_equal(run(&deadline, 200, MS / 5, 0), 0);
	/* 0.2 ms of work and 1 ms to spare need no more than the smallest margin. */
	assert_true(deadline.margin_ns < LATCH_MARGIN_MIN_NS + MS / 10);

	/* Work that suddenly takes 6 ms misses once, not twice. */
	assert_int_equal(run(&deadline, 200, 6 * MS, 0), 1);
	assert_true(deadline.margin_ns >= 7 * MS - MS / 10);

	/* And the margin comes down again, slowly. */
	run(&deadline, 5, MS / 5, 0);
	assert_true(deadline.margin_ns > 3 * MS);
	run(&deadline, 200, MS / 5, 0);
	assert_true(deadline.margin_ns < LATCH_MARGIN_MIN_NS + MS / 10);
}

static void a_late_kernel_gets_more(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	/* The ioctl returns in time, the flip comes a refresh late, again and again. */
	for (int i = 0; i < 20; i++) {
		int64_t wake = latch_deadline_wake(&deadline, deadline.last_flip_ns + 1);
		int64_t target = latch_deadline_next_vblank(&deadline, wake);
		latch_deadline_flipped(&deadline, wake, wake + MS / 10, target + REFRESH);
	}
	assert_int_equal(deadline.spare_ns, REFRESH / LATCH_SPARE_MAX_DEN);
	assert_true(deadline.margin_ns > REFRESH / LATCH_SPARE_MAX_DEN);
	/* It comes down by and by, and to what it was. */
	run(&deadline, 20, MS / 10, 0);
	assert_true(deadline.spare_ns > 3 * MS);
	run(&deadline, 2000, MS / 10, 0);
	assert_true(deadline.spare_ns < LATCH_MARGIN_SPARE_NS + MS / 10);
}

static void jitter_is_borne(void **state) {
	srand(7);
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	assert_true(run(&deadline, 10000, MS, MS) < 10);
}

static void frames_that_went_at_once_teach_nothing(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, REFRESH);
	deadline.last_flip_ns = 1000 * MS;
	int64_t margin = deadline.margin_ns;
	latch_deadline_flipped(&deadline, 0, 2000 * MS, 2010 * MS);
	assert_int_equal(deadline.margin_ns, margin);
	assert_int_equal(deadline.last_flip_ns, 2010 * MS);
}

static void fast_displays_keep_their_margin_inside_a_refresh(void **state) {
	struct latch_deadline deadline;
	latch_deadline_init(&deadline, MS); /* 1000 Hz */
	assert_true(deadline.margin_ns <= MS * 3 / 4);
	deadline.last_flip_ns = 1000 * MS;
	latch_deadline_flipped(&deadline, 1000 * MS + 1, 1005 * MS, 1006 * MS);
	assert_true(deadline.margin_ns <= MS * 3 / 4);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_clock_goes_at_once),
		cmocka_unit_test(wakes_a_margin_before_the_vblank),
		cmocka_unit_test(after_idle_it_goes_at_once),
		cmocka_unit_test(a_flip_from_the_future_is_no_trap),
		cmocka_unit_test(the_margin_follows_the_work),
		cmocka_unit_test(a_late_kernel_gets_more),
		cmocka_unit_test(jitter_is_borne),
		cmocka_unit_test(frames_that_went_at_once_teach_nothing),
		cmocka_unit_test(fast_displays_keep_their_margin_inside_a_refresh),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("deadline", tests, NULL, NULL);
}
