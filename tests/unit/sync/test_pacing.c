/* What waits for a fifo barrier or for a time, alone and together with fences. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits/account.h"
#include "world.h"

#define MS INT64_C(1000000)

static bool is(void *data, struct wlr_surface *surface) {
	return data == NULL || surface == data;
}

static void latch(struct world *world, struct surface *surface) {
	latch_gate_latched(world->gate, is, surface->server);
	world_sync(world);
}

/* So many commits of it have been applied; on a busy machine that takes longer. */
static void wait_for(struct world *world, const struct surface *surface, int applied) {
	int64_t end_ns = now_ns() + 5000 * MS;
	while (surface->applied < applied) {
		assert_true(now_ns() < end_ns);
		world_wait(world, 1);
	}
	assert_int_equal(surface->applied, applied);
}

/* The output shows all surfaces; the test is the output. */
static void world_init_shown(struct world *world) {
	world_init(world);
	world->shown = true;
}

static void fifo_draw(struct world *world, struct surface *surface, struct wp_fifo_v1 *fifo,
	int fence_fd) {
	wp_fifo_v1_set_barrier(fifo);
	wp_fifo_v1_wait_barrier(fifo);
	surface_draw(world, surface, fence_fd);
}

static struct wp_fifo_v1 *get_fifo(struct world *world, struct surface *surface) {
	return wp_fifo_manager_v1_get_fifo(world->fifo, surface->wl);
}

static struct wp_commit_timer_v1 *get_timer(struct world *world, struct surface *surface) {
	return wp_commit_timing_manager_v1_get_timer(world->timing, surface->wl);
}

static void set_time(struct wp_commit_timer_v1 *timer, int64_t ns) {
	uint64_t sec = (uint64_t)ns / 1000000000;
	wp_commit_timer_v1_set_timestamp(
		timer, (uint32_t)(sec >> 32), (uint32_t)sec, (uint32_t)(ns % 1000000000));
}

/* One update for each latch, in order; the first goes at once. */
static void test_one_by_one(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	for (int i = 0; i < 5; i++) {
		fifo_draw(&world, a, fifo, -1);
	}
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(a->applied, i);
		assert_int_equal(a->update.id, i);
		assert_true(a->update.paced_ns > 0 || i == 1);
		latch(&world, a);
	}
	assert_int_equal(world_stats(&world).held, 0);
	/* Nobody has waited for the last barrier; it is lifted all the same. */
	fifo_draw(&world, a, fifo, -1);
	assert_int_equal(a->applied, 6);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

/* An update that does not wait is shown at once, but keeps its place behind one that does. */
static void test_without_wait(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	fifo_draw(&world, a, fifo, -1);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 2);
	fifo_draw(&world, a, fifo, -1);
	surface_draw(&world, a, -1);
	wl_surface_commit(a->wl);
	world_sync(&world);
	assert_int_equal(a->applied, 2);
	latch(&world, a);
	assert_int_equal(a->applied, 5);
	assert_int_equal(a->update.id, 4);
	/* Set by an update in between, and still there: nothing else was latched since. */
	wp_fifo_v1_wait_barrier(fifo);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 5);
	latch(&world, a);
	assert_int_equal(a->applied, 6);
	/* That one has set none. */
	wp_fifo_v1_wait_barrier(fifo);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 7);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

/* Commits without a buffer count like others: Mesa waits for its frame with one. */
static void test_without_buffer(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	wp_fifo_v1_set_barrier(fifo);
	wl_surface_commit(a->wl);
	wp_fifo_v1_wait_barrier(fifo);
	wl_surface_commit(a->wl);
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	latch(&world, a);
	assert_int_equal(a->applied, 2);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

/* The barrier is that of the update before, which is not even applied yet. */
static void test_barrier_behind_fence(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	int first = kernel_fence_create(), third = kernel_fence_create();
	fifo_draw(&world, a, fifo, first);
	fifo_draw(&world, a, fifo, -1);
	fifo_draw(&world, a, fifo, third);
	latch(&world, a);
	assert_int_equal(a->applied, 0);
	kernel_fence_signal(first, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	latch(&world, a);
	assert_int_equal(a->applied, 2);
	latch(&world, a);
	/* Its barrier has gone, its fence has not. */
	assert_int_equal(a->applied, 2);
	fifo_draw(&world, a, fifo, -1);
	kernel_fence_signal(third, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 3);
	latch(&world, a);
	assert_int_equal(a->applied, 4);
	close(first);
	close(third);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

/* A fence that signals does not let an update past its barrier. */
static void test_fence_before_barrier(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	int fence = kernel_fence_create();
	fifo_draw(&world, a, fifo, -1);
	fifo_draw(&world, a, fifo, fence);
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	latch(&world, a);
	assert_int_equal(a->applied, 2);
	close(fence);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

/* What was set stays set when its object goes. */
static void test_object_destroyed(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	wp_fifo_v1_set_barrier(fifo);
	wp_fifo_v1_destroy(fifo);
	surface_draw(&world, a, -1);
	fifo = get_fifo(&world, a);
	wp_fifo_v1_wait_barrier(fifo);
	wp_fifo_v1_destroy(fifo);
	struct wp_commit_timer_v1 *timer = get_timer(&world, a);
	set_time(timer, now_ns() + 200 * MS);
	wp_commit_timer_v1_destroy(timer);
	surface_draw(&world, a, -1);
	latch(&world, a);
	assert_int_equal(a->applied, 1);
	wait_for(&world, a, 2);
	assert_int_equal(world_error(&world, NULL), -1);
	world_finish(&world);
}

/* Synchronised: the parent's turn counts. Desynchronised: its own. */
static void test_subsurface(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *parent = surface_create(&world, 'p'), *child = surface_create(&world, 'c');
	struct wl_subsurface *role = surface_make_child(&world, child, parent);
	struct wp_fifo_v1 *fifo = get_fifo(&world, child);
	surface_draw(&world, parent, -1);
	for (int i = 1; i <= 3; i++) {
		fifo_draw(&world, child, fifo, -1);
		surface_draw(&world, parent, -1);
		assert_int_equal(child->applied, i);
		assert_int_equal(parent->applied, i + 1);
	}
	wl_subsurface_set_desync(role);
	fifo_draw(&world, child, fifo, -1);
	assert_int_equal(child->applied, 3);
	latch(&world, child);
	assert_int_equal(child->applied, 4);

	/* Held, and then made synchronised: the barrier must be ignored. */
	fifo_draw(&world, child, fifo, -1);
	fifo_draw(&world, child, fifo, -1);
	assert_int_equal(child->applied, 4);
	wl_subsurface_set_sync(role);
	surface_draw(&world, parent, -1);
	assert_int_equal(child->applied, 6);
	assert_int_equal(parent->applied, 5);
	wp_fifo_v1_destroy(fifo);
	wl_subsurface_destroy(role);
	world_finish(&world);
}

/* A parent waits for the time of its child. */
static void test_subsurface_time(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *parent = surface_create(&world, 'p'), *child = surface_create(&world, 'c');
	struct wl_subsurface *role = surface_make_child(&world, child, parent);
	struct wp_commit_timer_v1 *timer = get_timer(&world, child);
	surface_draw(&world, child, -1);
	set_time(timer, now_ns() + 200 * MS);
	surface_draw(&world, child, -1);
	surface_draw(&world, parent, -1);
	assert_int_equal(parent->applied, 0);
	wait_for(&world, parent, 1);
	assert_int_equal(child->update.id, 2);
	wp_commit_timer_v1_destroy(timer);
	wl_subsurface_destroy(role);
	world_finish(&world);
}

/* Hidden: one update in each interval, no more, and nothing to do afterwards. */
static void test_unseen(void **state) {
	struct world world;
	world_init(&world);
	latch_deadline_init(&world.deadline, 20 * MS, 0);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	int64_t start_ns = now_ns();
	for (int i = 0; i < 4; i++) {
		fifo_draw(&world, a, fifo, -1);
	}
	assert_int_equal(a->applied, 1);
	for (int i = 2; i <= 4; i++) {
		while (a->applied < i) {
			assert_true(now_ns() - start_ns < 2000 * MS);
			world_wait(&world, 1);
		}
		assert_true(now_ns() - start_ns >= (i - 1) * 20 * MS);
	}
	/* The barrier that is left is too old to wait for. */
	world_wait(&world, 25);
	fifo_draw(&world, a, fifo, -1);
	assert_int_equal(a->applied, 5);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

/* An output that shows the surface and never latches: a second, and it goes on. */
static void test_no_barrier_for_ever(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	int64_t start_ns = now_ns();
	fifo_draw(&world, a, fifo, -1);
	fifo_draw(&world, a, fifo, -1);
	world_wait(&world, 800);
	assert_true(a->applied == 1 || now_ns() >= start_ns + 1000 * MS);
	wait_for(&world, a, 2);
	assert_true(now_ns() >= start_ns + 1000 * MS);
	wp_fifo_v1_destroy(fifo);
	world_finish(&world);
}

static void test_time(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_commit_timer_v1 *timer = get_timer(&world, a);
	set_time(timer, 0);
	surface_draw(&world, a, -1);
	set_time(timer, now_ns() - MS);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 2);

	int64_t target_ns = now_ns() + 40 * MS;
	set_time(timer, target_ns);
	surface_draw(&world, a, -1);
	/* In order, whatever its own time is. */
	set_time(timer, target_ns - 30 * MS);
	surface_draw(&world, a, -1);
	surface_draw(&world, a, -1);
	world_wait(&world, 30);
	assert_true(a->applied == 2 || now_ns() >= target_ns);
	wait_for(&world, a, 5);
	assert_true(a->update.ready_ns >= target_ns);
	wp_commit_timer_v1_destroy(timer);
	world_finish(&world);
}

/* A time, a barrier and a fence, each of them the last to be met. */
static void test_all_three(void **state) {
	for (int last = 0; last < 3; last++) {
		struct world world;
		world_init_shown(&world);
		struct surface *a = surface_create(&world, 'a');
		struct wp_fifo_v1 *fifo = get_fifo(&world, a);
		struct wp_commit_timer_v1 *timer = get_timer(&world, a);
		int fence = kernel_fence_create();
		fifo_draw(&world, a, fifo, -1);
		set_time(timer, now_ns() + (last == 0 ? 500 : 20) * MS);
		fifo_draw(&world, a, fifo, fence);
		for (int i = 1; i < 3; i++) {
			int now = (last + i) % 3;
			if (now == 0) {
				world_wait(&world, 30);
			} else if (now == 1) {
				latch(&world, a);
			} else {
				kernel_fence_signal(fence, now_ns());
				world_sync(&world);
			}
			assert_int_equal(a->applied, 1);
		}
		if (last == 0) {
			wait_for(&world, a, 2);
		} else if (last == 1) {
			latch(&world, a);
		} else {
			kernel_fence_signal(fence, now_ns());
			world_sync(&world);
		}
		assert_int_equal(a->applied, 2);
		static const enum latch_held_by lasts[] = {
			LATCH_HELD_BY_TIME, LATCH_HELD_BY_BARRIER, LATCH_HELD_BY_FENCE};
		assert_int_equal(a->update.held_last, lasts[last]);
		close(fence);
		wp_fifo_v1_destroy(fifo);
		wp_commit_timer_v1_destroy(timer);
		world_finish(&world);
	}
}

/* Whoever goes in the middle leaves nothing behind; world_finish() looks. */
static void test_destroyed_while_held(void **state) {
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a'), *b = surface_create(&world, 'b');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a), *other = get_fifo(&world, b);
	struct wp_commit_timer_v1 *timer = get_timer(&world, a);
	fifo_draw(&world, a, fifo, -1);
	fifo_draw(&world, b, other, -1);
	set_time(timer, now_ns() + 10 * MS);
	fifo_draw(&world, a, fifo, -1);
	fifo_draw(&world, b, other, -1);
	surface_destroy(&world, a);
	/* All that there are. */
	latch_gate_latched(world.gate, is, NULL);
	assert_int_equal(b->applied, 2);
	world_wait(&world, 20);
	assert_int_equal(world_error(&world, NULL), -1);
	wp_fifo_v1_destroy(fifo);
	wp_commit_timer_v1_destroy(timer);
	fifo_draw(&world, b, other, -1);
	wl_proxy_destroy((struct wl_proxy *)other);
	world_kill_client(&world);
	world_finish(&world);
}

static void test_errors(void **state) {
	for (int i = 0; i < 9; i++) {
		struct world world;
		world_init_shown(&world);
		struct surface *a = surface_create(&world, 'a');
		struct wp_fifo_v1 *fifo = get_fifo(&world, a), *second = NULL;
		struct wp_commit_timer_v1 *timer = get_timer(&world, a), *again = NULL;
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
			second = get_fifo(&world, a);
			break;
		case 1:
			surface_destroy(&world, a);
			wp_fifo_v1_set_barrier(fifo);
			break;
		case 2:
			surface_destroy(&world, a);
			wp_fifo_v1_wait_barrier(fifo);
			break;
		case 3:
			again = get_timer(&world, a);
			break;
		case 4:
			wp_commit_timer_v1_set_timestamp(timer, 0, 0, 1000000000);
			break;
		case 5:
			set_time(timer, 1);
			set_time(timer, 2);
			break;
		case 6:
			surface_destroy(&world, a);
			set_time(timer, 1);
			break;
		case 7:
			/* Each after the one before has gone, or with another commit: no error. */
			wp_fifo_v1_destroy(fifo);
			fifo = get_fifo(&world, a);
			wp_fifo_v1_set_barrier(fifo);
			wp_fifo_v1_set_barrier(fifo);
			wp_commit_timer_v1_destroy(timer);
			timer = get_timer(&world, a);
			set_time(timer, 1);
			wl_surface_commit(a->wl);
			set_time(timer, 2);
			break;
		case 8:
			/* Beyond what int64_t can say: held, not an error. */
			wp_commit_timer_v1_set_timestamp(
				timer, UINT32_MAX, UINT32_MAX, 999999999);
			surface_draw(&world, a, -1);
			world_sync(&world);
			assert_int_equal(a->applied, 0);
			break;
		}
		const char *interface = NULL;
		assert_int_equal(world_error(&world, &interface), expected[i].code);
		if (expected[i].interface != NULL) {
			assert_string_equal(interface, expected[i].interface);
		}
		struct wl_proxy *proxies[] = {(struct wl_proxy *)fifo, (struct wl_proxy *)second,
			(struct wl_proxy *)timer, (struct wl_proxy *)again};
		for (size_t j = 0; j < sizeof(proxies) / sizeof(proxies[0]); j++) {
			if (proxies[j] != NULL) {
				wl_proxy_destroy(proxies[j]);
			}
		}
		world_finish(&world);
	}
}

struct reasons {
	int len;
	enum latch_held_by by[8];
	int64_t target_ns;
};

static void note_reason(void *data, const struct latch_held *held) {
	struct reasons *reasons = data;
	assert_true(reasons->len < 8);
	reasons->by[reasons->len++] = held->by;
	reasons->target_ns = held->target_ns != 0 ? held->target_ns : reasons->target_ns;
}

/* Each is named; and nobody is blamed for a fence, or ended for one, that has signalled. */
static void test_reasons(void **state) {
	struct world world;
	world_init_with(&world, NULL,
		&(struct latch_gate_options){
			.hold_warning_ns = 20 * MS,
			.fence_timeout_ns = 30 * MS,
		});
	world.shown = true;
	struct surface *a = surface_create(&world, 'a'), *b = surface_create(&world, 'b');
	struct wp_fifo_v1 *fifo = get_fifo(&world, a);
	struct wp_commit_timer_v1 *timer = get_timer(&world, b);
	int fence = kernel_fence_create();
	fifo_draw(&world, a, fifo, -1);
	fifo_draw(&world, a, fifo, fence);
	surface_draw(&world, a, -1);
	int64_t target_ns = now_ns() + 10000 * MS;
	set_time(timer, target_ns);
	surface_draw(&world, b, -1);

	struct reasons reasons = {0};
	latch_gate_for_each_held(world.gate, note_reason, &reasons);
	assert_int_equal(reasons.len, 3);
	bool b_first = reasons.by[0] == LATCH_HELD_BY_TIME;
	assert_int_equal(reasons.by[b_first ? 0 : 2], LATCH_HELD_BY_TIME);
	assert_int_equal(reasons.target_ns, target_ns);
	const enum latch_held_by *of_a = &reasons.by[b_first ? 1 : 0];
	assert_int_equal(of_a[0], LATCH_HELD_BY_FENCE);
	assert_int_equal(of_a[1], LATCH_HELD_BY_UPDATE);
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	reasons.len = 0;
	latch_gate_for_each_held(world.gate, note_reason, &reasons);
	assert_int_equal(of_a[0], LATCH_HELD_BY_BARRIER);

	world_wait(&world, 80);
	assert_int_equal(world.logged, 0);
	assert_int_equal(world_error(&world, NULL), -1);
	for (int by = 0; by < LATCH_HELD_BY_COUNT; by++) {
		assert_non_null(latch_held_by_name((enum latch_held_by)by));
	}
	close(fence);
	wp_fifo_v1_destroy(fifo);
	wp_commit_timer_v1_destroy(timer);
	world_finish(&world);
}

/* Updates that wait for a time are bounded like those that wait for a fence. */
static void test_limit(void **state) {
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_UPDATES] = 10;
	struct world world;
	world_init_with(&world, &limits, NULL);
	struct surface *a = surface_create(&world, 'a');
	struct wp_commit_timer_v1 *timer = get_timer(&world, a);
	for (int i = 0; i < 10; i++) {
		set_time(timer, now_ns() + 10000 * MS);
		wl_surface_commit(a->wl);
	}
	assert_false(world_is_refused(&world));
	set_time(timer, now_ns() + 10000 * MS);
	wl_surface_commit(a->wl);
	assert_true(world_is_refused(&world));
	wl_proxy_destroy((struct wl_proxy *)timer);
	world_finish(&world);
}

/* The clock is read at the commit, and again when the time has come: it may know better. */
static void test_ready_is_asked_again(void **state) {
	const int64_t period_ns = 200 * MS;
	struct world world;
	world_init_shown(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_commit_timer_v1 *timer = get_timer(&world, a);
	const int64_t now = now_ns(), target_ns = now + 300 * MS;
	latch_deadline_init(&world.deadline, period_ns, 0);
	latch_clock_flipped(&world.deadline.vblank, now, now);
	set_time(timer, target_ns);
	surface_draw(&world, a, -1);
	/* Right after the vblank before, which is 40 ms later than it was. */
	int64_t before_ns = latch_clock_ready(&world.deadline.vblank, target_ns, now);
	world.deadline.vblank.phase_ns += 40 * MS;
	int64_t ready_ns = latch_clock_ready(&world.deadline.vblank, target_ns, now);
	assert_int_equal(ready_ns, before_ns + 40 * MS);
	wait_for(&world, a, 1);
	assert_true(a->update.ready_ns >= ready_ns && ready_ns < target_ns);
	wp_commit_timer_v1_destroy(timer);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_by_one),
		cmocka_unit_test(test_without_wait),
		cmocka_unit_test(test_without_buffer),
		cmocka_unit_test(test_barrier_behind_fence),
		cmocka_unit_test(test_fence_before_barrier),
		cmocka_unit_test(test_object_destroyed),
		cmocka_unit_test(test_subsurface),
		cmocka_unit_test(test_subsurface_time),
		cmocka_unit_test(test_unseen),
		cmocka_unit_test(test_no_barrier_for_ever),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_all_three),
		cmocka_unit_test(test_destroyed_while_held),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_ready_is_asked_again),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
