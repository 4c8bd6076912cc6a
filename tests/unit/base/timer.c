/* The timer, on a real event loop. */
#include "base/timer.h"

#include <wayland-server-core.h>

#include "../test.h"
#include "base/clock.h"

struct fixture {
	struct wl_event_loop *loop;
	struct latch_timer timer;
	int fired;
	int64_t again_ns; /* set when it fires; 0: it is not */
};

static void handle(void *data) {
	struct fixture *fixture = data;
	fixture->fired++;
	assert_int_equal(fixture->timer.due_ns, 0);
	latch_timer_set(&fixture->timer, fixture->again_ns);
	fixture->again_ns = 0;
}

static void begin(struct fixture *fixture) {
	*fixture = (struct fixture){.loop = wl_event_loop_create()};
	assert_true(latch_timer_init(&fixture->timer, fixture->loop, handle, fixture));
}

static void end(struct fixture *fixture) {
	latch_timer_finish(&fixture->timer);
	wl_event_loop_destroy(fixture->loop);
}

static void test_past_fires_once(void **state) {
	struct fixture fixture;
	begin(&fixture);
	latch_timer_set(&fixture.timer, latch_now_ns() - 1);
	wl_event_loop_dispatch(fixture.loop, 1000);
	wl_event_loop_dispatch(fixture.loop, 0);
	assert_int_equal(fixture.fired, 1);
	end(&fixture);
}

static void test_never_early(void **state) {
	struct fixture fixture;
	begin(&fixture);
	const int64_t due_ns = latch_now_ns() + 3000000;
	latch_timer_set(&fixture.timer, due_ns);
	wl_event_loop_dispatch(fixture.loop, -1);
	assert_int_equal(fixture.fired, 1);
	assert_true(latch_now_ns() >= due_ns);
	end(&fixture);
}

static void test_set_again(void **state) {
	struct fixture fixture;
	begin(&fixture);
	/* In the handler; to the same time as before; to another before it is read; to none. */
	fixture.again_ns = 1;
	latch_timer_set(&fixture.timer, 1);
	wl_event_loop_dispatch(fixture.loop, 1000);
	wl_event_loop_dispatch(fixture.loop, 1000);
	assert_int_equal(fixture.fired, 2);
	latch_timer_set(&fixture.timer, 1);
	latch_timer_set(&fixture.timer, latch_now_ns() + INT64_C(3600000000000));
	wl_event_loop_dispatch(fixture.loop, 5);
	assert_int_equal(fixture.fired, 2);
	latch_timer_set(&fixture.timer, 1);
	latch_timer_set(&fixture.timer, 0);
	wl_event_loop_dispatch(fixture.loop, 5);
	assert_int_equal(fixture.fired, 2);
	end(&fixture);
}

static void test_finish_zeroed(void **state) {
	struct latch_timer timer = {0};
	latch_timer_finish(&timer);
}

TEST_MAIN("timer", UNIT(test_past_fires_once), UNIT(test_never_early), UNIT(test_set_again),
	UNIT(test_finish_zeroed))
