/* When an update with a target time may become ready, on made-up vblanks. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>

#include "output/target.h"

#define MS INT64_C(1000000)
#define REFRESH (INT64_C(50) * MS / 3)
#define FLIP (1000 * MS)

static struct latch_target_clock even_clock(void) {
	return (struct latch_target_clock){.refresh_ns = REFRESH, .flip_ns = FLIP};
}

/* The vblank that an update makes which becomes ready then: the next one. */
static int64_t vblank_of(int64_t ready_ns) {
	return FLIP + ((ready_ns - FLIP) / REFRESH + 1) * REFRESH;
}

static void aims_at_the_first_vblank_not_before_it(void **state) {
	struct latch_target_clock clock = even_clock();
	for (int64_t target = FLIP + 1; target < FLIP + 5 * REFRESH; target += 123457) {
		int64_t ready = latch_target_ready(&clock, target, FLIP);
		int64_t vblank = vblank_of(ready);
		/* Early enough for any deadline before it. */
		assert_true(vblank - ready >= REFRESH * 3 / 4);
		assert_true(vblank >= target - REFRESH / LATCH_TARGET_SLOP_DEN);
		assert_true(vblank < target + REFRESH);
	}
}

/* The client's idea of a vblank is off by a bit, to both sides. */
static void a_vblank_is_met_though_it_is_off(void **state) {
	struct latch_target_clock clock = even_clock();
	for (int64_t n = 1; n < 20; n++) {
		int64_t vblank = FLIP + n * REFRESH;
		for (int64_t off = -3 * MS; off <= 3 * MS; off += MS / 2) {
			int64_t ready = latch_target_ready(&clock, vblank + off, FLIP);
			assert_int_equal(vblank_of(ready), vblank);
		}
	}
}

/* At the time it was told it says so itself: the timer fires once. */
static void is_ready_when_it_said(void **state) {
	struct latch_target_clock clock = even_clock();
	for (int64_t target = FLIP + 1; target < FLIP + 5 * REFRESH; target += 98765) {
		int64_t ready = latch_target_ready(&clock, target, FLIP);
		if (ready > FLIP) {
			assert_true(latch_target_ready(&clock, target, ready) <= ready);
		}
	}
}

static void the_past_is_now(void **state) {
	struct latch_target_clock clock = even_clock();
	assert_int_equal(latch_target_ready(&clock, 0, FLIP), FLIP);
	assert_int_equal(latch_target_ready(&clock, FLIP, FLIP), FLIP);
	assert_int_equal(latch_target_ready(&clock, FLIP + 5, FLIP + 5), FLIP + 5);
}

/* Never early where vblanks are not known: no refresh, no flip yet, or long ago. */
static void unknown_vblanks_wait_for_the_time(void **state) {
	struct latch_target_clock clock = even_clock();
	int64_t now = FLIP + LATCH_TARGET_TRUST_NS + 1;
	assert_int_equal(latch_target_ready(&clock, now + 7 * MS, now), now + 7 * MS);
	clock.flip_ns = 0;
	assert_int_equal(latch_target_ready(&clock, FLIP + MS, FLIP), FLIP + MS);
	clock.flip_ns = FLIP;
	clock.refresh_ns = 0;
	assert_int_equal(latch_target_ready(&clock, FLIP + MS, FLIP), FLIP + MS);
	clock = even_clock();
	clock.variable = true;
	assert_int_equal(latch_target_ready(&clock, FLIP + 30 * MS, FLIP), FLIP + 30 * MS);
}

/* Far away nothing is computed, least of all an overflow. */
static void the_far_future_is_looked_at_later(void **state) {
	struct latch_target_clock clock = even_clock();
	const int64_t targets[] = {FLIP + 2000 * MS, FLIP + INT64_C(86400000) * MS, INT64_MAX};
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		int64_t ready = latch_target_ready(&clock, targets[i], FLIP);
		assert_true(ready > FLIP && ready < targets[i]);
		assert_true(targets[i] - ready <= LATCH_TARGET_LOOK_AHEAD_NS);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aims_at_the_first_vblank_not_before_it),
		cmocka_unit_test(a_vblank_is_met_though_it_is_off),
		cmocka_unit_test(is_ready_when_it_said),
		cmocka_unit_test(the_past_is_now),
		cmocka_unit_test(unknown_vblanks_wait_for_the_time),
		cmocka_unit_test(the_far_future_is_looked_at_later),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
