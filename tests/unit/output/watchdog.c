/* When a flip that does not come is given up. */
#include "output/output.h"
#include "../test.h"

#define MS INT64_C(1000000)

static const struct latch_watchdog_look usual = {
	.submit_ns = 5000 * MS,
	.refresh_ns = 16 * MS,
};

/* The look at a time that it was planned for. */
static int64_t look_at(struct latch_watchdog_look look, int64_t now_ms) {
	look.now_ns = look.planned_ns = now_ms * MS;
	return latch_watchdog_next(&look) / MS;
}

static void test_steady(void **state) {
	/* Submitted a moment ago, as nearly always: not before its time is over. */
	assert_int_equal(look_at(usual, 5008), 6000);
	assert_int_equal(look_at(usual, 5999), 6000);
}

static void test_lost(void **state) {
	assert_int_equal(look_at(usual, 6000), 0);
	struct latch_watchdog_look look = usual;
	look.refresh_ns = 0; // no mode's rate is known
	assert_int_equal(look_at(look, 6000), 0);
}

/* e-paper, and the slow modes of some panels. */
static void test_slow_panel(void **state) {
	struct latch_watchdog_look look = usual;
	look.refresh_ns = 1000 * MS;
	assert_int_equal(look_at(look, 6000), 5000 + 30000);
	assert_int_equal(look_at(look, 34999), 35000);
	assert_int_equal(look_at(look, 35000), 0);
}

static void test_modeset(void **state) {
	struct latch_watchdog_look look = usual;
	look.modeset = true;
	assert_int_equal(look_at(look, 6000), 35000);
	assert_int_equal(look_at(look, 35000), 0);
}

/* SIGSTOP, a virtual machine that was paused, a debugger. */
static void test_stood_still(void **state) {
	struct latch_watchdog_look look = usual;
	look.planned_ns = 6000 * MS;
	look.now_ns = 90000 * MS;
	int64_t next_ns = latch_watchdog_next(&look);
	assert_int_equal(next_ns, 90250 * MS);
	/* Once more meanwhile. */
	look.planned_ns = next_ns;
	look.now_ns = next_ns + 101 * MS;
	next_ns = latch_watchdog_next(&look);
	assert_int_equal(next_ns, look.now_ns + 250 * MS);
	assert_int_equal(look_at(look, next_ns / MS), 0);
}

TEST_MAIN("output-watchdog", UNIT(test_steady), UNIT(test_lost), UNIT(test_slow_panel),
	UNIT(test_modeset), UNIT(test_stood_still))
