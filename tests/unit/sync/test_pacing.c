/* SPDX-License-Identifier: MIT */
/* What waits for a fifo barrier or for a time; test_order.c has barriers with all in order. */

#include "world.h"

/* So many commits of it have been applied; on a busy machine that takes longer. */
static void wait_for(const struct surface *surface, int applied) {
	int64_t end_ns = latch_now_ns() + 5000 * MS;
	while (surface->applied < applied) {
		assert_true(latch_now_ns() < end_ns);
		world_wait(1);
	}
	assert_int_equal(surface->applied, applied);
}

/* The surface of most tests, with its objects. */
static struct surface *a;
static struct wp_fifo_v1 *fifo;
static struct wp_commit_timer_v1 *timer;

static void make_surface(void) {
	a = surface_create('a');
	fifo = surface_get_fifo(a);
	timer = surface_get_timer(a);
}

/* The output shows all surfaces; the test is the output. */
static int setup_pacing(void **state) {
	setup_shown(state);
	make_surface();
	return 0;
}

static void fifo_draw(int fence_fd) {
	wp_fifo_v1_set_barrier(fifo);
	wp_fifo_v1_wait_barrier(fifo);
	surface_draw(a, fence_fd);
}

/* What was set stays set when its object goes. */
static void test_object_destroyed(void **state) {
	wp_fifo_v1_set_barrier(fifo);
	wp_fifo_v1_destroy(world_forget(fifo));
	surface_draw(a, -1);
	fifo = surface_get_fifo(a);
	wp_fifo_v1_wait_barrier(fifo);
	wp_fifo_v1_destroy(world_forget(fifo));
	timer_set(timer, latch_now_ns() + 200 * MS);
	wp_commit_timer_v1_destroy(world_forget(timer));
	surface_draw(a, -1);
	surface_latch(a);
	world_sync();
	assert_int_equal(a->applied, 1);
	wait_for(a, 2);
	assert_int_equal(world_error(NULL), -1);
}

/* A parent waits for the time of its child. */
static void test_subsurface_time(void **state) {
	struct surface *parent = surface_create('p'), *child = surface_create('c');
	struct wp_commit_timer_v1 *its_timer = surface_get_timer(child);
	surface_make_child(child, parent);
	surface_draw(child, -1);
	timer_set(its_timer, latch_now_ns() + 200 * MS);
	surface_draw(child, -1);
	surface_draw(parent, -1);
	assert_int_equal(parent->applied, 0);
	wait_for(parent, 1);
	assert_int_equal(child->update.id, 2);
}

/* Hidden: one update in each interval, no more, and nothing to do afterwards. */
static void test_unseen(void **state) {
	world_init();
	make_surface();
	latch_deadline_init(&world.deadline, 20 * MS, 0);
	int64_t start_ns = latch_now_ns();
	for (int i = 0; i < 4; i++) {
		fifo_draw(-1);
	}
	assert_int_equal(a->applied, 1);
	for (int i = 2; i <= 4; i++) {
		while (a->applied < i) {
			assert_true(latch_now_ns() - start_ns < 2000 * MS);
			world_wait(1);
		}
		assert_true(latch_now_ns() - start_ns >= (i - 1) * 20 * MS);
	}
	/* The barrier that is left is too old to wait for. */
	world_wait(25);
	fifo_draw(-1);
	assert_int_equal(a->applied, 5);
}

/* An output that shows the surface and never latches: a second, and it goes on. */
static void test_no_barrier_for_ever(void **state) {
	int64_t start_ns = latch_now_ns();
	fifo_draw(-1);
	fifo_draw(-1);
	world_wait(800);
	assert_true(a->applied == 1 || latch_now_ns() >= start_ns + 1000 * MS);
	wait_for(a, 2);
	assert_true(latch_now_ns() >= start_ns + 1000 * MS);
}

static void test_time(void **state) {
	timer_set(timer, 0);
	surface_draw(a, -1);
	timer_set(timer, latch_now_ns() - MS);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 2);

	int64_t target_ns = latch_now_ns() + 40 * MS;
	timer_set(timer, target_ns);
	surface_draw(a, -1);
	/* In order, whatever its own time is. */
	timer_set(timer, target_ns - 30 * MS);
	surface_draw(a, -1);
	surface_draw(a, -1);
	world_wait(30);
	assert_true(a->applied == 2 || latch_now_ns() >= target_ns);
	wait_for(a, 5);
	assert_true(a->update.record.ready_ns >= target_ns);

	/* Beyond what int64_t can say: held, not an error. */
	wp_commit_timer_v1_set_timestamp(timer, UINT32_MAX, UINT32_MAX, 999999999);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 5);
	assert_int_equal(world_error(NULL), -1);
}

/* A time, a barrier and a fence, each of them the last to be met. */
static void test_all_three(void **state) {
	static const enum latch_held_by conditions[] = {
		LATCH_HELD_BY_TIME, LATCH_HELD_BY_BARRIER, LATCH_HELD_BY_FENCE};
	for (int last = 0; last < 3; last++) {
		setup_pacing(NULL);
		int fence = world_fence();
		fifo_draw(-1);
		timer_set(timer, latch_now_ns() + (last == 0 ? 500 : 20) * MS);
		fifo_draw(fence);
		for (int i = 1; i <= 3; i++) {
			enum latch_held_by now = conditions[(last + i) % 3];
			assert_int_equal(a->applied, 1);
			if (now == LATCH_HELD_BY_FENCE) {
				world_signal(fence);
			} else if (now == LATCH_HELD_BY_BARRIER) {
				surface_latch(a);
				world_sync();
			} else if (i < 3) {
				world_wait(30);
			} else {
				wait_for(a, 2);
			}
		}
		assert_int_equal(a->applied, 2);
		assert_true(a->update.record.paced_ns > 0);
		assert_string_equal(a->update.record.held_by, latch_held_by_name(conditions[last]));
		world_finish();
	}
}

static struct {
	int count[LATCH_HELD_BY_COUNT];
	int64_t target_ns;
} reasons;

static void note_reason(void *data, const struct latch_held *held) {
	reasons.count[held->by]++;
	reasons.target_ns = held->target_ns != 0 ? held->target_ns : reasons.target_ns;
}

/* Of all that is held one is held by this, one by the time, one by the update before it. */
static void assert_reason(enum latch_held_by by) {
	memset(&reasons, 0, sizeof(reasons));
	latch_gate_for_each_held(world.gate, note_reason, NULL);
	for (int i = 0; i < LATCH_HELD_BY_COUNT; i++) {
		assert_int_equal(reasons.count[i],
			i == (int)by || i == LATCH_HELD_BY_TIME || i == LATCH_HELD_BY_UPDATE);
		assert_non_null(latch_held_by_name((enum latch_held_by)i));
	}
}

/* Each is named; and nobody is blamed for a fence, or ended for one, that has signalled. */
static void test_reasons(void **state) {
	world_init_options((struct latch_gate_options){
		.hold_warning_ns = 20 * MS, .fence_timeout_ns = 30 * MS});
	world.shown = true;
	make_surface();
	struct surface *b = surface_create('b');
	int fence = world_fence();
	fifo_draw(-1);
	fifo_draw(fence);
	surface_draw(a, -1);
	int64_t target_ns = latch_now_ns() + 10000 * MS;
	timer_set(surface_get_timer(b), target_ns);
	surface_draw(b, -1);
	assert_reason(LATCH_HELD_BY_FENCE);
	assert_int_equal(reasons.target_ns, target_ns);
	world_signal(fence);
	assert_reason(LATCH_HELD_BY_BARRIER);

	world_wait(80);
	assert_int_equal(world.logged, 0);
	assert_int_equal(world_error(NULL), -1);
}

/* Updates that wait for a time are bounded like those that wait for a fence. */
static void test_limit(void **state) {
	world_init_limited(LATCH_LIMIT_UPDATES, 10);
	make_surface();
	for (int i = 1; i <= 11; i++) {
		timer_set(timer, latch_now_ns() + 10000 * MS);
		wl_surface_commit(a->wl);
		assert_int_equal(world_is_refused(), i > 10);
	}
}

/* The clock is read at the commit, and again when the time has come: it may know better. */
static void test_ready_is_asked_again(void **state) {
	const int64_t period_ns = 200 * MS;
	const int64_t now = latch_now_ns(), target_ns = now + 300 * MS;
	latch_deadline_init(&world.deadline, period_ns, 0);
	latch_clock_flipped(&world.deadline.vblank, now, now);
	timer_set(timer, target_ns);
	surface_draw(a, -1);
	/* Right after the vblank before, which is 40 ms later than it was. */
	int64_t before_ns = latch_clock_ready(&world.deadline.vblank, target_ns, now);
	world.deadline.vblank.phase_ns += 40 * MS;
	int64_t ready_ns = latch_clock_ready(&world.deadline.vblank, target_ns, now);
	assert_int_equal(ready_ns, before_ns + 40 * MS);
	wait_for(a, 1);
	assert_true(a->update.record.ready_ns >= ready_ns && ready_ns < target_ns);
}

/* A test of a surface that is shown. */
#define PACING(function) cmocka_unit_test_setup_teardown(function, setup_pacing, teardown)

TEST_MAIN("pacing", PACING(test_object_destroyed), PACING(test_subsurface_time),
	TEST_END(test_unseen), PACING(test_no_barrier_for_ever), PACING(test_time),
	UNIT(test_all_three), TEST_END(test_reasons), TEST_END(test_limit),
	PACING(test_ready_is_asked_again))
