/* SPDX-License-Identifier: MIT */
/* The timer, on a real event loop. */
#include "base/timer.h"

#include <wayland-server-core.h>

#include "../test.h"
#include "base/clock.h"

static struct wl_event_loop *loop;
static struct latch_timer timer;
static int fired;
static int64_t again_ns; /* set when it fires; 0: it is not */

static void handle(void *data) {
	fired++;
	assert_int_equal(timer.due_ns, 0);
	latch_timer_set(&timer, again_ns);
	again_ns = 0;
}

static int setup(void **state) {
	fired = 0;
	again_ns = 0;
	loop = wl_event_loop_create();
	return !latch_timer_init(&timer, loop, handle, NULL);
}

static int teardown(void **state) {
	latch_timer_finish(&timer);
	wl_event_loop_destroy(loop);
	return 0;
}

static void test_past_fires_once(void **state) {
	latch_timer_set(&timer, latch_now_ns() - 1);
	wl_event_loop_dispatch(loop, 1000);
	wl_event_loop_dispatch(loop, 0);
	assert_int_equal(fired, 1);
}

static void test_never_early(void **state) {
	const int64_t due_ns = latch_now_ns() + 3000000;
	latch_timer_set(&timer, due_ns);
	wl_event_loop_dispatch(loop, -1);
	assert_int_equal(fired, 1);
	assert_true(latch_now_ns() >= due_ns);
}

static void test_set_again(void **state) {
	/* In the handler; to the same time as before; to another before it is read; to none. */
	again_ns = 1;
	latch_timer_set(&timer, 1);
	wl_event_loop_dispatch(loop, 1000);
	wl_event_loop_dispatch(loop, 1000);
	assert_int_equal(fired, 2);
	const int64_t others[] = {latch_now_ns() + INT64_C(3600000000000), 0};
	for (size_t i = 0; i < LEN(others); i++) {
		latch_timer_set(&timer, 1);
		latch_timer_set(&timer, others[i]);
		wl_event_loop_dispatch(loop, 5);
		assert_int_equal(fired, 2);
	}
}

static void test_finish_zeroed(void **state) {
	struct latch_timer zeroed = {0};
	latch_timer_finish(&zeroed);
}

TEST_MAIN("timer", TEST(test_past_fires_once), TEST(test_never_early), TEST(test_set_again),
	UNIT(test_finish_zeroed))
