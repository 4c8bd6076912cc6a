/* What waits for a fifo barrier or for a time, alone and together with fences. */

#include "world.h"

static bool is(void *data, struct wlr_surface *surface) {
	return data == NULL || surface == data;
}

static void latch(struct surface *surface) {
	latch_gate_latched(world.gate, is, surface->server);
	world_sync();
}

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

static void fifo_draw_other(struct surface *surface, struct wp_fifo_v1 *its_fifo, int fence_fd) {
	wp_fifo_v1_set_barrier(its_fifo);
	wp_fifo_v1_wait_barrier(its_fifo);
	surface_draw(surface, fence_fd);
}

static void fifo_draw(int fence_fd) {
	fifo_draw_other(a, fifo, fence_fd);
}

static void set_time(struct wp_commit_timer_v1 *of, int64_t ns) {
	uint64_t sec = (uint64_t)ns / 1000000000;
	wp_commit_timer_v1_set_timestamp(
		of, (uint32_t)(sec >> 32), (uint32_t)sec, (uint32_t)(ns % 1000000000));
}

/* One update for each latch, in order; the first goes at once. */
static void test_one_by_one(void **state) {
	for (int i = 0; i < 5; i++) {
		fifo_draw(-1);
	}
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(a->applied, i);
		assert_int_equal(a->update.id, i);
		assert_true(a->update.record.paced_ns > 0 || i == 1);
		latch(a);
	}
	assert_int_equal(world_stats().held, 0);
	/* Nobody has waited for the last barrier; it is lifted all the same. */
	fifo_draw(-1);
	assert_int_equal(a->applied, 6);
}

/* An update that does not wait is shown at once, but keeps its place behind one that does. */
static void test_without_wait(void **state) {
	fifo_draw(-1);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 2);
	fifo_draw(-1);
	surface_draw(a, -1);
	wl_surface_commit(a->wl);
	world_sync();
	assert_int_equal(a->applied, 2);
	latch(a);
	assert_int_equal(a->applied, 5);
	assert_int_equal(a->update.id, 4);
	/* Set by an update in between, and still there: nothing else was latched since. */
	wp_fifo_v1_wait_barrier(fifo);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 5);
	latch(a);
	assert_int_equal(a->applied, 6);
	/* That one has set none. */
	wp_fifo_v1_wait_barrier(fifo);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 7);
}

/* Commits without a buffer count like others: Mesa waits for its frame with one. */
static void test_without_buffer(void **state) {
	wp_fifo_v1_set_barrier(fifo);
	wl_surface_commit(a->wl);
	wp_fifo_v1_wait_barrier(fifo);
	wl_surface_commit(a->wl);
	world_sync();
	assert_int_equal(a->applied, 1);
	latch(a);
	assert_int_equal(a->applied, 2);
}

/* The barrier is that of the update before, which is not even applied yet. */
static void test_barrier_behind_fence(void **state) {
	int first = world_fence(), third = world_fence();
	fifo_draw(first);
	fifo_draw(-1);
	fifo_draw(third);
	latch(a);
	assert_int_equal(a->applied, 0);
	world_signal(first);
	assert_int_equal(a->applied, 1);
	latch(a);
	assert_int_equal(a->applied, 2);
	latch(a);
	/* Its barrier has gone, its fence has not. */
	assert_int_equal(a->applied, 2);
	fifo_draw(-1);
	world_signal(third);
	assert_int_equal(a->applied, 3);
	latch(a);
	assert_int_equal(a->applied, 4);
}

/* A fence that signals does not let an update past its barrier. */
static void test_fence_before_barrier(void **state) {
	int fence = world_fence();
	fifo_draw(-1);
	fifo_draw(fence);
	world_signal(fence);
	assert_int_equal(a->applied, 1);
	latch(a);
	assert_int_equal(a->applied, 2);
}

/* What was set stays set when its object goes. */
static void test_object_destroyed(void **state) {
	wp_fifo_v1_set_barrier(fifo);
	wp_fifo_v1_destroy(world_forget(fifo));
	surface_draw(a, -1);
	fifo = surface_get_fifo(a);
	wp_fifo_v1_wait_barrier(fifo);
	wp_fifo_v1_destroy(world_forget(fifo));
	set_time(timer, latch_now_ns() + 200 * MS);
	wp_commit_timer_v1_destroy(world_forget(timer));
	surface_draw(a, -1);
	latch(a);
	assert_int_equal(a->applied, 1);
	wait_for(a, 2);
	assert_int_equal(world_error(NULL), -1);
}

/* Synchronised: the parent's turn counts. Desynchronised: its own. */
static void test_subsurface(void **state) {
	struct surface *parent = surface_create('p'), *child = surface_create('c');
	struct wl_subsurface *role = surface_make_child(child, parent);
	struct wp_fifo_v1 *its_fifo = surface_get_fifo(child);
	surface_draw(parent, -1);
	for (int i = 1; i <= 3; i++) {
		fifo_draw_other(child, its_fifo, -1);
		surface_draw(parent, -1);
		assert_int_equal(child->applied, i);
		assert_int_equal(parent->applied, i + 1);
	}
	wl_subsurface_set_desync(role);
	fifo_draw_other(child, its_fifo, -1);
	assert_int_equal(child->applied, 3);
	latch(child);
	assert_int_equal(child->applied, 4);

	/* Held, and then made synchronised: the barrier must be ignored. */
	fifo_draw_other(child, its_fifo, -1);
	fifo_draw_other(child, its_fifo, -1);
	assert_int_equal(child->applied, 4);
	wl_subsurface_set_sync(role);
	surface_draw(parent, -1);
	assert_int_equal(child->applied, 6);
	assert_int_equal(parent->applied, 5);
}

/* A parent waits for the time of its child. */
static void test_subsurface_time(void **state) {
	struct surface *parent = surface_create('p'), *child = surface_create('c');
	struct wp_commit_timer_v1 *its_timer = surface_get_timer(child);
	surface_make_child(child, parent);
	surface_draw(child, -1);
	set_time(its_timer, latch_now_ns() + 200 * MS);
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
	set_time(timer, 0);
	surface_draw(a, -1);
	set_time(timer, latch_now_ns() - MS);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 2);

	int64_t target_ns = latch_now_ns() + 40 * MS;
	set_time(timer, target_ns);
	surface_draw(a, -1);
	/* In order, whatever its own time is. */
	set_time(timer, target_ns - 30 * MS);
	surface_draw(a, -1);
	surface_draw(a, -1);
	world_wait(30);
	assert_true(a->applied == 2 || latch_now_ns() >= target_ns);
	wait_for(a, 5);
	assert_true(a->update.record.ready_ns >= target_ns);
}

/* A time, a barrier and a fence, each of them the last to be met. */
static void test_all_three(void **state) {
	for (int last = 0; last < 3; last++) {
		setup_pacing(NULL);
		int fence = world_fence();
		fifo_draw(-1);
		set_time(timer, latch_now_ns() + (last == 0 ? 500 : 20) * MS);
		fifo_draw(fence);
		for (int i = 1; i < 3; i++) {
			int now = (last + i) % 3;
			if (now == 0) {
				world_wait(30);
			} else if (now == 1) {
				latch(a);
			} else {
				world_signal(fence);
			}
			assert_int_equal(a->applied, 1);
		}
		if (last == 0) {
			wait_for(a, 2);
		} else if (last == 1) {
			latch(a);
		} else {
			world_signal(fence);
		}
		assert_int_equal(a->applied, 2);
		static const enum latch_held_by lasts[] = {
			LATCH_HELD_BY_TIME, LATCH_HELD_BY_BARRIER, LATCH_HELD_BY_FENCE};
		assert_string_equal(a->update.record.held_by, latch_held_by_name(lasts[last]));
		world_finish();
	}
}

/* Whoever goes in the middle leaves nothing behind; world_finish() looks. */
static void test_destroyed_while_held(void **state) {
	struct surface *b = surface_create('b');
	struct wp_fifo_v1 *other = surface_get_fifo(b);
	fifo_draw(-1);
	fifo_draw_other(b, other, -1);
	set_time(timer, latch_now_ns() + 10 * MS);
	fifo_draw(-1);
	fifo_draw_other(b, other, -1);
	surface_destroy(a);
	/* All that there are. */
	latch_gate_latched(world.gate, is, NULL);
	assert_int_equal(b->applied, 2);
	world_wait(20);
	assert_int_equal(world_error(NULL), -1);
	wp_fifo_v1_destroy(world_forget(fifo));
	wp_commit_timer_v1_destroy(world_forget(timer));
	fifo_draw_other(b, other, -1);
	world_kill_client();
}

static void test_errors(void **state) {
	for (int i = 0; i < 9; i++) {
		setup_pacing(NULL);
		static const struct {
			const char *interface;
			int code;
		} expected[] = {
			{"wp_fifo_manager_v1", WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS},
			{"wp_fifo_v1", WP_FIFO_V1_ERROR_SURFACE_DESTROYED},
			{"wp_fifo_v1", WP_FIFO_V1_ERROR_SURFACE_DESTROYED},
			{"wp_commit_timing_manager_v1",
				WP_COMMIT_TIMING_MANAGER_V1_ERROR_COMMIT_TIMER_EXISTS},
			{"wp_commit_timer_v1", WP_COMMIT_TIMER_V1_ERROR_INVALID_TIMESTAMP},
			{"wp_commit_timer_v1", WP_COMMIT_TIMER_V1_ERROR_TIMESTAMP_EXISTS},
			{"wp_commit_timer_v1", WP_COMMIT_TIMER_V1_ERROR_SURFACE_DESTROYED},
			{NULL, -1},
			{NULL, -1},
		};
		switch (i) {
		case 0:
			surface_get_fifo(a);
			break;
		case 1:
			surface_destroy(a);
			wp_fifo_v1_set_barrier(fifo);
			break;
		case 2:
			surface_destroy(a);
			wp_fifo_v1_wait_barrier(fifo);
			break;
		case 3:
			surface_get_timer(a);
			break;
		case 4:
			wp_commit_timer_v1_set_timestamp(timer, 0, 0, 1000000000);
			break;
		case 5:
			set_time(timer, 1);
			set_time(timer, 2);
			break;
		case 6:
			surface_destroy(a);
			set_time(timer, 1);
			break;
		case 7:
			/* Each after the one before has gone, or with another commit: no error. */
			wp_fifo_v1_destroy(world_forget(fifo));
			fifo = surface_get_fifo(a);
			wp_fifo_v1_set_barrier(fifo);
			wp_fifo_v1_set_barrier(fifo);
			wp_commit_timer_v1_destroy(world_forget(timer));
			timer = surface_get_timer(a);
			set_time(timer, 1);
			wl_surface_commit(a->wl);
			set_time(timer, 2);
			break;
		case 8:
			/* Beyond what int64_t can say: held, not an error. */
			wp_commit_timer_v1_set_timestamp(
				timer, UINT32_MAX, UINT32_MAX, 999999999);
			surface_draw(a, -1);
			world_sync();
			assert_int_equal(a->applied, 0);
			break;
		}
		const char *interface = NULL;
		assert_int_equal(world_error(&interface), expected[i].code);
		if (expected[i].interface != NULL) {
			assert_string_equal(interface, expected[i].interface);
		}
		world_finish();
	}
}

static struct {
	int len;
	enum latch_held_by by[8];
	int64_t target_ns;
} reasons;

static void note_reason(void *data, const struct latch_held *held) {
	assert_true(reasons.len < 8);
	reasons.by[reasons.len++] = held->by;
	reasons.target_ns = held->target_ns != 0 ? held->target_ns : reasons.target_ns;
}

/* Each is named; and nobody is blamed for a fence, or ended for one, that has signalled. */
static void test_reasons(void **state) {
	world_init_with(NULL, &(struct latch_gate_options){
				      .hold_warning_ns = 20 * MS,
				      .fence_timeout_ns = 30 * MS,
			      });
	world.shown = true;
	make_surface();
	struct surface *b = surface_create('b');
	struct wp_commit_timer_v1 *its_timer = surface_get_timer(b);
	int fence = world_fence();
	fifo_draw(-1);
	fifo_draw(fence);
	surface_draw(a, -1);
	int64_t target_ns = latch_now_ns() + 10000 * MS;
	set_time(its_timer, target_ns);
	surface_draw(b, -1);

	latch_gate_for_each_held(world.gate, note_reason, NULL);
	assert_int_equal(reasons.len, 3);
	bool b_first = reasons.by[0] == LATCH_HELD_BY_TIME;
	assert_int_equal(reasons.by[b_first ? 0 : 2], LATCH_HELD_BY_TIME);
	assert_int_equal(reasons.target_ns, target_ns);
	const enum latch_held_by *of_a = &reasons.by[b_first ? 1 : 0];
	assert_int_equal(of_a[0], LATCH_HELD_BY_FENCE);
	assert_int_equal(of_a[1], LATCH_HELD_BY_UPDATE);
	world_signal(fence);
	reasons.len = 0;
	latch_gate_for_each_held(world.gate, note_reason, NULL);
	assert_int_equal(of_a[0], LATCH_HELD_BY_BARRIER);

	world_wait(80);
	assert_int_equal(world.logged, 0);
	assert_int_equal(world_error(NULL), -1);
	for (int by = 0; by < LATCH_HELD_BY_COUNT; by++) {
		assert_non_null(latch_held_by_name((enum latch_held_by)by));
	}
}

/* Updates that wait for a time are bounded like those that wait for a fence. */
static void test_limit(void **state) {
	world_init_limited(LATCH_LIMIT_UPDATES, 10);
	make_surface();
	for (int i = 0; i < 10; i++) {
		set_time(timer, latch_now_ns() + 10000 * MS);
		wl_surface_commit(a->wl);
	}
	assert_false(world_is_refused());
	set_time(timer, latch_now_ns() + 10000 * MS);
	wl_surface_commit(a->wl);
	assert_true(world_is_refused());
}

/* The clock is read at the commit, and again when the time has come: it may know better. */
static void test_ready_is_asked_again(void **state) {
	const int64_t period_ns = 200 * MS;
	const int64_t now = latch_now_ns(), target_ns = now + 300 * MS;
	latch_deadline_init(&world.deadline, period_ns, 0);
	latch_clock_flipped(&world.deadline.vblank, now, now);
	set_time(timer, target_ns);
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

TEST_MAIN("pacing", PACING(test_one_by_one), PACING(test_without_wait), PACING(test_without_buffer),
	PACING(test_barrier_behind_fence), PACING(test_fence_before_barrier),
	PACING(test_object_destroyed), PACING(test_subsurface), PACING(test_subsurface_time),
	TEST_END(test_unseen), PACING(test_no_barrier_for_ever), PACING(test_time),
	UNIT(test_all_three), PACING(test_destroyed_while_held), UNIT(test_errors),
	TEST_END(test_reasons), TEST_END(test_limit), PACING(test_ready_is_asked_again))
