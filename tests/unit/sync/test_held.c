/* SPDX-License-Identifier: MIT */
/* What is held long: named once, shown to who asks, ended if wanted; and what drivers are told. */

#include "../text.h"
#include "world.h"

static void assert_surface_logged(const struct surface *surface) {
	char text[64];
	snprintf(text, sizeof(text), "wl_surface#%u ",
		wl_proxy_get_id((struct wl_proxy *)surface->wl));
	ASSERT_HAS(world.log, text);
}

static void test_named_once(void **state) {
	world_init_options((struct latch_gate_options){.hold_warning_ns = 30 * MS});
	struct surface *a = surface_create('a'), *b = surface_create('b');
	struct surface *parent = surface_create('p'), *child = surface_create('c');
	surface_make_child(child, parent);

	/* In time: nobody is named. */
	int first = world_fence(), second = world_fence();
	surface_draw(a, first);
	kernel_fence_signal(first, latch_now_ns());
	world_wait(50);
	assert_int_equal(world.logged, 0);

	/* The updates behind are not the guilty ones, nor is the surface beside. */
	surface_draw(a, second);
	surface_draw(a, second);
	wl_surface_commit(a->wl);
	surface_draw(b, -1);
	world_wait(100);
	assert_int_equal(world.logged, 1);
	char text[64];
	snprintf(text, sizeof(text), "client %d (test-sync-held): ", (int)getpid());
	ASSERT_HAS(world.log, "implicit", "driver \"test\", timeline \"timeline\"", text);
	assert_surface_logged(a);

	/* It has caught up: the next time is another time. */
	world_signal(second);
	assert_int_equal(a->applied, 4);
	int third = world_fence();
	surface_draw(a, third);
	world_wait(50);
	assert_int_equal(world.logged, 2);

	/* A parent waits too, but not for a fence of its own. */
	surface_draw(child, third);
	surface_draw(parent, -1);
	assert_int_equal(world_stats().held, 3);
	world_wait(50);
	assert_int_equal(world.logged, 3);
	assert_surface_logged(child);
}

static struct {
	int len;
	struct latch_held held[8];
} seen;

static void note_held(void *data, const struct latch_held *held) {
	assert_true(seen.len < 8);
	seen.held[seen.len++] = *held;
}

static void look(void) {
	seen.len = 0;
	latch_gate_for_each_held(world.gate, note_held, NULL);
}

static void test_each_held(void **state) {
	world_init_options((struct latch_gate_options){.hold_warning_ns = 20 * MS});
	struct surface *a = surface_create('a');
	struct points points = points_create(a);
	const uint64_t point = (UINT64_C(1) << 32) + 7;
	points_set(&points, point, point + 1);
	surface_draw(a, -1);
	wl_surface_commit(a->wl);
	world_wait(40);
	assert_int_equal(world.logged, 1);
	ASSERT_HAS(world.log, "point 4294967303 of its timeline, without a fence yet");

	look();
	assert_int_equal(seen.len, 2);
	assert_ptr_equal(seen.held[0].surface, a->server);
	assert_ptr_equal(seen.held[0].account, world.account);
	assert_int_equal(seen.held[0].kind, LATCH_SYNC_SYNCOBJ);
	assert_int_equal(seen.held[0].by, LATCH_HELD_BY_POINT);
	assert_true(seen.held[0].point == point);
	assert_int_equal(seen.held[0].fences, 1);
	assert_true(seen.held[0].age_ns >= 40 * MS);
	assert_int_equal(seen.held[1].by, LATCH_HELD_BY_UPDATE);
	assert_int_equal(seen.held[1].update_id, 0);
	assert_int_equal(seen.held[1].fences, 0);

	int fence = world_fence();
	kernel_syncobj_materialise(points.fd, point, fence);
	look();
	assert_int_equal(seen.held[0].by, LATCH_HELD_BY_FENCE);
	assert_string_equal(seen.held[0].fence.driver_name, "test");

	kernel_syncobj_signal(points.fd, point);
	world_sync();
	look();
	assert_int_equal(seen.len, 0);
}

/* A timer that is set for the far end of the timeout must not hide a warning that is due before. */
static void test_timeout(void **state) {
	world_init_options((struct latch_gate_options){
		.hold_warning_ns = 20 * MS, .fence_timeout_ns = 150 * MS});
	struct surface *a = surface_create('a'), *b = surface_create('b');
	int never = world_fence();
	surface_draw(a, never);
	world_wait(40);
	assert_int_equal(world.logged, 1);
	surface_draw(b, never);
	world_wait(40);
	assert_int_equal(world.logged, 2);
	assert_int_equal(wl_display_get_error(world.client), 0);
	world_wait(100);
	assert_int_equal(world.logged, 3);
	ASSERT_HAS(world.log, "is ended: wl_surface#", "--fence-timeout");
	const char *interface;
	assert_int_equal(world_error(&interface), 3); /* implementation */
	assert_string_equal(interface, "wl_display");
	/* And not only told so. */
	assert_int_equal(world_stats().surfaces, 0);
}

/* The output's next vblank is known. Returns when it is. */
static int64_t set_vblank(void) {
	int64_t vblank_ns = latch_now_ns() + 10000 * MS;
	latch_deadline_init(&world.deadline, 60 * MS, 0);
	latch_clock_flipped(&world.deadline.vblank, vblank_ns, vblank_ns);
	return vblank_ns;
}

/* So many deadlines have been set on fences, the last one to this. */
static void assert_deadlines(int expected, int64_t last_ns) {
	int count;
	int64_t deadline_ns = kernel_deadline(&count);
	assert_int_equal(count, expected);
	assert_true(count == 0 || deadline_ns == last_ns);
}

static void test_deadlines(void **state) {
	int64_t vblank_ns = set_vblank();
	struct surface *a = surface_create('a');

	/* Nothing to hurry. */
	surface_draw(a, -1);
	assert_deadlines(0, 0);
	int fence = world_fence();
	surface_draw(a, fence);
	assert_deadlines(1, vblank_ns);
	/* After idle nobody knows. */
	latch_deadline_init(&world.deadline, 60 * MS, 0);
	surface_draw(a, fence);
	assert_deadlines(1, vblank_ns);
	vblank_ns = set_vblank();

	/* A point with a fence, one without. */
	struct points points = points_create(a);
	kernel_syncobj_materialise(points.fd, 1, fence);
	for (uint32_t i = 1; i <= 2; i++) {
		points_set(&points, i, 10);
		surface_draw(a, -1);
		assert_deadlines(2, vblank_ns);
	}
	points_destroy(&points);

	/* It gets one later, and is told then; once. */
	points = points_create(a);
	for (uint32_t i = 1; i <= 2; i++) {
		points_set(&points, i, 10);
		surface_draw(a, -1);
	}
	assert_deadlines(2, vblank_ns);
	vblank_ns = set_vblank();
	kernel_syncobj_materialise(points.fd, 1, fence);
	world_sync();
	assert_deadlines(3, vblank_ns);
	world_sync();
	kernel_syncobj_signal(points.fd, 1);
	/* Without a fence before: both at once, in either order. */
	kernel_syncobj_signal(points.fd, 2);
	world_sync();
	assert_int_equal(world_stats().watches, 4);
	points_destroy(&points);
	int before;
	vblank_ns = kernel_deadline(&before);

	/* One that is refused does no harm. */
	kernel_fail_deadlines(ENOMEM);
	surface_draw(a, fence);
	assert_deadlines(before + 1, vblank_ns);
	assert_int_equal(world.logged, 0);
}

static void test_error_is_named(void **state) {
	struct surface *a = surface_create('a');
	int fence = world_fence();
	surface_draw(a, fence);
	kernel_fence_fail(fence, latch_now_ns());
	world_sync();
	assert_int_equal(a->update.record.fence_error, -EIO);
	ASSERT_HAS(world.log, "(implicit; driver \"test\", timeline \"timeline\")", strerror(EIO));
	/* Counted each time, named once. */
	surface_draw_explicit(a, fence);
	assert_int_equal(a->applied, 2);
	assert_int_equal(a->update.record.fence_error, -EIO);
	assert_int_equal(world.logged, 1);
}

TEST_MAIN("held", TEST_END(test_named_once), TEST_END(test_each_held), TEST_END(test_timeout),
	TEST_SHOWN(test_deadlines), TEST(test_error_is_named))
