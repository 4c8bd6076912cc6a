/* One surface in the gate: each kind of fence, order, releases, and lives that end early. */

#include <errno.h>
#include <unistd.h>

#include "world.h"

static void test_shm_is_not_held(void **state) {
	struct surface *a = surface_create('a');
	struct wl_buffer *buffer = shm_create();
	int64_t before_ns = latch_now_ns();
	surface_commit(a, buffer);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_NONE);
	assert_true(a->update.record.commit_ns >= before_ns &&
		    a->update.record.commit_ns <= latch_now_ns());
	assert_true(a->update.record.signalled_ns == a->update.record.commit_ns);
	assert_true(a->update.record.ready_ns == a->update.record.commit_ns);
	assert_int_equal(a->update.fence_ns, 0);
	assert_null(a->update.release);
	assert_null(a->update.record.held_by);

	/* A commit without a buffer is no update. */
	uint64_t id = a->update.id;
	wl_surface_commit(a->wl);
	world_sync();
	assert_int_equal(a->applied, 2);
	assert_true(a->update.id == id);
	wl_buffer_destroy(buffer);
}

static void test_implicit_signalled_costs_nothing(void **state) {
	struct surface *a = surface_create('a');
	int fence = world_fence();
	kernel_fence_signal(fence, 12345);
	surface_draw(a, fence);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_IMPLICIT);
	assert_int_equal(a->update.fence_ns, 12345);
	assert_true(a->update.record.signalled_ns == a->update.record.commit_ns);
	assert_null(a->update.record.held_by);
}

static void test_implicit_pending_is_held(void **state) {
	struct surface *a = surface_create('a');
	surface_draw(a, -1);
	assert_int_equal(a->applied, 1);

	int fence = world_fence();
	surface_draw(a, fence);
	world_sync();
	assert_int_equal(a->applied, 1);
	assert_int_equal(world_stats().held, 1);
	assert_int_equal(world_stats().watches, 1);

	int64_t signalled_ns = latch_now_ns();
	kernel_fence_signal(fence, signalled_ns);
	world_sync();
	assert_int_equal(a->applied, 2);
	assert_non_null(a->update.record.held_by);
	assert_true(a->update.fence_ns == signalled_ns);
	assert_true(a->update.record.signalled_ns == signalled_ns);
	assert_true(a->update.record.ready_ns >= signalled_ns);
	assert_false(a->update.record.fence_error);
	assert_int_equal(world_stats().held, 0);
	assert_int_equal(world_stats().watches, 0);
}

/* Its fence signals after the commit's time was read, and before the fence is looked at. */
static void test_ready_is_not_before_signalled(void **state) {
	struct surface *a = surface_create('a');
	int fence = world_fence();
	kernel_fence_signal(fence, latch_now_ns() + INT64_C(1000000000));
	surface_draw(a, fence);
	assert_int_equal(a->applied, 1);
	assert_null(a->update.record.held_by);
	assert_true(a->update.record.signalled_ns > a->update.record.commit_ns);
	/* The clock was read again. */
	assert_true(a->update.record.ready_ns > a->update.record.commit_ns);
}

static struct {
	int committed, untaken;
	struct latch_update last;
	enum latch_record_end why;
} told;

static void handle_told_commit(const struct latch_update *update) {
	told.committed++;
	told.last = *update;
}

static void handle_told_untaken(const struct latch_update *update, enum latch_record_end why) {
	told.untaken++;
	told.last = *update;
	told.why = why;
}

static void test_updates_are_told(void **state) {
	world_init_limited(LATCH_LIMIT_FENCES, 2);
	world.committed = handle_told_commit;
	world.untaken = handle_told_untaken;
	struct surface *a = surface_create('a'), *b = surface_create('b');

	struct wl_buffer *buffer = shm_create();
	surface_commit(a, buffer);
	assert_int_equal(told.committed, 1);
	assert_int_equal(told.last.record.surface_id, 1);
	assert_int_equal(told.last.record.update_id, 1);
	const uint32_t buffer_id = told.last.record.buffer_id;
	assert_int_not_equal(buffer_id, 0);
	assert_int_equal(a->update.record.update_id, 1);
	assert_int_equal(a->update.record.buffer_id, buffer_id);

	/* The same buffer, another update; no buffer, no update; another buffer. */
	wl_surface_attach(a->wl, buffer, 0, 0);
	wl_surface_commit(a->wl);
	wl_surface_commit(a->wl);
	world_sync();
	assert_int_equal(told.committed, 2);
	assert_int_equal(told.last.record.update_id, 2);
	assert_int_equal(told.last.record.buffer_id, buffer_id);
	wl_buffer_destroy(buffer);
	int never = world_fence();
	surface_draw(b, never);
	assert_int_equal(told.committed, 3);
	assert_int_equal(told.last.record.surface_id, 2);
	assert_int_equal(told.last.record.update_id, 1);
	assert_int_not_equal(told.last.record.buffer_id, buffer_id);
	assert_int_equal(told.untaken, 0);

	/* It waits in the gate when its surface goes. */
	surface_destroy(b);
	assert_int_equal(told.untaken, 1);
	assert_int_equal(told.why, LATCH_END_SURFACE_GONE);
	assert_int_equal(told.last.record.surface_id, 2);
	assert_int_equal(told.last.record.update_id, 1);
	assert_int_equal(told.last.record.ready_ns, 0);

	/* One fence more than it may have watched. */
	for (int i = 0; i < 3; i++) {
		surface_draw(a, never);
	}
	assert_true(world_is_refused());
	assert_int_equal(told.committed, 6);
	world_kill_client();
	assert_int_equal(told.untaken, 4);
}

static void test_order_is_kept(void **state) {
	struct surface *a = surface_create('a');
	int first = world_fence(), second = world_fence();
	surface_draw(a, first);
	surface_draw(a, second);
	surface_draw(a, -1);
	world_signal(second);
	assert_int_equal(a->applied, 0);
	world_signal(first);
	assert_int_equal(a->applied, 3);
	assert_int_equal(a->update.id, 3);
	/* Done at its commit, but ready only when those before it were. */
	assert_non_null(a->update.record.held_by);
	assert_true(a->update.record.signalled_ns == a->update.record.commit_ns);
	assert_true(a->update.record.ready_ns > a->update.record.commit_ns);
}

static void test_fence_error_is_told(void **state) {
	struct surface *a = surface_create('a');
	int late = world_fence(), early = world_fence();
	surface_draw(a, late);
	kernel_fence_fail(late, latch_now_ns());
	world_sync();
	assert_int_equal(a->applied, 1);
	assert_true(a->update.record.fence_error);

	kernel_fence_fail(early, 1);
	surface_draw(a, early);
	assert_int_equal(a->applied, 2);
	assert_true(a->update.record.fence_error);

	surface_draw(a, -1);
	assert_false(a->update.record.fence_error);
}

static void test_replayed_job_is_shown(void **state) {
	struct surface *a = surface_create('a');
	int late = world_fence(), early = world_fence();
	kernel_fence_replay(early, 1);
	surface_draw(a, early);
	surface_draw(a, late);
	assert_int_equal(a->applied, 1);
	kernel_fence_replay(late, latch_now_ns());
	world_sync();
	assert_int_equal(a->applied, 2);
	assert_false(a->update.record.fence_error);
}

static void test_unwatchable_is_refused(void **state) {
	struct surface *a = surface_create('a');
	kernel_dmabuf_fail_exports(EIO);
	surface_draw(a, -1);
	assert_int_equal(world_error(NULL), 3); /* implementation */
	assert_int_equal(a->applied, 0);
}

static void test_unwatchable_for_want_of_fds(void **state) {
	struct surface *a = surface_create('a');
	kernel_dmabuf_fail_exports(EMFILE);
	surface_draw(a, -1);
	assert_true(world_is_refused());
	assert_int_equal(a->applied, 0);
}

static void test_sync_file(void **state) {
	struct surface *a = surface_create('a');
	struct zwp_linux_surface_synchronization_v1 *sync = surface_get_explicit(a);
	/* The buffer's own fence never signals; the explicit one is asked instead. */
	int implicit = world_fence(), fence = world_fence();
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, fence);
	surface_draw(a, implicit);
	assert_int_equal(a->applied, 0);
	/* The object may go; what was committed stays. */
	zwp_linux_surface_synchronization_v1_destroy(world_forget(sync));
	world_sync();
	world_signal(fence);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_SYNC_FILE);

	/* A fence that was not committed goes with its object. */
	int unused = world_fence();
	sync = surface_get_explicit(a);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, unused);
	zwp_linux_surface_synchronization_v1_destroy(world_forget(sync));
	surface_draw(a, -1);
	assert_int_equal(a->applied, 2);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_IMPLICIT);
}

static void test_syncobj(void **state) {
	struct surface *a = surface_create('a');
	struct points points = points_create(a);
	const uint64_t high = UINT64_C(5) << 32;

	/* A point that nobody has submitted yet, beyond 32 bits. */
	points_set(&points, high, high + 1);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 0);
	kernel_syncobj_signal(points.fd, high - 1);
	world_sync();
	assert_int_equal(a->applied, 0);

	/* Timeline and surface object may go; what was committed stays. */
	points_destroy(&points);
	world_sync();
	kernel_syncobj_signal(points.fd, high);
	world_sync();
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_SYNCOBJ);
	assert_true(a->update.fence_ns == (int64_t)high);
	assert_non_null(a->update.release);
	assert_true(kernel_syncobj_get(points.fd) == high);

	latch_release_with_fence(a->update.release, -1);
	latch_release_with_fence(a->update.release, -1);
	assert_true(kernel_syncobj_get(points.fd) == high + 1);
}

static void test_syncobj_signalled_costs_no_watch(void **state) {
	struct surface *a = surface_create('a');
	struct points points = points_create(a);
	kernel_syncobj_signal(points.fd, 7);
	points_set(&points, 7, 8);
	surface_draw(a, -1);
	assert_int_equal(a->applied, 1);
	assert_null(a->update.record.held_by);
	assert_int_equal(a->update.fence_ns, 7);
}

/* Shown at once; point 2 is its release. */
static void draw_ready(struct surface *surface, struct points *points) {
	kernel_syncobj_signal(points->fd, 1);
	points_set(points, 1, 2);
	surface_draw(surface, -1);
}

static void test_release_with_fence(void **state) {
	struct surface *a = surface_create('a');
	struct points points = points_create(a);
	draw_ready(a, &points);

	int out_fence = world_fence();
	latch_release_with_fence(a->update.release, latch_fence_dup(out_fence));
	assert_true(kernel_syncobj_has_import(points.fd, 2, out_fence));
	surface_drop_release(a);
	/* Not by us as well: the fence does it. */
	assert_true(kernel_syncobj_get(points.fd) == 1);

	/* The kernel refuses the fence: late, never early, and the owner need not wait. */
	points_set(&points, 1, 3);
	surface_draw(a, -1);
	kernel_syncobj_fail_imports(ENOMEM);
	latch_release_with_fence(a->update.release, latch_fence_dup(out_fence));
	surface_drop_release(a);
	world_sync();
	assert_true(kernel_syncobj_get(points.fd) == 1);
	world_signal(out_fence);
	assert_true(kernel_syncobj_get(points.fd) == 3);
	kernel_syncobj_fail_imports(0);
}

static void test_late_release_outlives_the_gate(void **state) {
	struct surface *a = surface_create('a');
	struct points points = points_create(a);
	draw_ready(a, &points);
	int out_fence = world_fence();
	kernel_syncobj_fail_imports(ENOMEM);
	latch_release_with_fence(a->update.release, latch_fence_dup(out_fence));
	kernel_syncobj_fail_imports(0);
}

static void test_buffer_release(void **state) {
	struct surface *a = surface_create('a');
	struct zwp_linux_surface_synchronization_v1 *sync = surface_get_explicit(a);
	struct spoken now = {0}, fenced = {0}, held = {0}, unused = {0};

	get_release(sync, &now);
	surface_draw(a, -1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_IMPLICIT);
	latch_release_with_fence(a->update.release, -1);
	world_sync();
	assert_int_equal(now.immediate, 1);

	get_release(sync, &fenced);
	surface_draw(a, -1);
	int out_fence = world_fence();
	latch_release_with_fence(a->update.release, latch_fence_dup(out_fence));
	world_sync();
	assert_int_equal(fenced.fenced, 1);
	assert_int_equal(fenced.immediate, 0);
	kernel_fence_signal(out_fence, 1);
	uint64_t value;
	assert_int_equal(read(fenced.fence_fd, &value, sizeof(value)), sizeof(value));

	/* Held when the surface goes away: free at once. */
	int never = world_fence();
	get_release(sync, &held);
	surface_draw(a, never);
	assert_int_equal(world_stats().held, 1);
	get_release(sync, &unused);
	surface_destroy(a);
	assert_int_equal(held.immediate, 1);
	assert_int_equal(unused.immediate, 1);
}

/* The client is gone, its release point is still signalled: others may share the timeline. */
static void test_killed_client(void **state) {
	struct surface *a = surface_create('a'), *b = surface_create('b');
	struct points points = points_create(a);
	struct zwp_linux_surface_synchronization_v1 *sync = surface_get_explicit(b);
	struct spoken spoken;
	get_release(sync, &spoken);
	int never = world_fence();

	kernel_syncobj_signal(points.fd, 1);
	points_set(&points, 1, 2);
	surface_draw(a, -1); /* shown, release is ours */
	points_set(&points, 10, 11);
	surface_draw(a, -1); /* held */
	surface_draw(b, never);
	assert_int_equal(a->applied, 1);
	assert_int_equal(world_stats().held, 2);

	world_kill_client();
	assert_int_equal(world_stats().held, 0);
	assert_int_equal(world_stats().watches, 0);
	assert_true(kernel_syncobj_get(points.fd) == 11);
	assert_int_equal(world_stats().releases, 1);
}

/* A client that piles up commits behind one fence. */
static void test_flood(void **state) {
	world_init_limited(LATCH_LIMIT_UPDATES, 20001);
	struct surface *a = surface_create('a');
	int fence = world_fence();
	surface_draw(a, fence);
	for (int i = 0; i < 20000; i++) {
		wl_surface_commit(a->wl);
		if (i % 100 == 0) {
			world_sync();
		}
	}
	world_sync();
	assert_int_equal(world_stats().held, 20001);
	world_signal(fence);
	assert_int_equal(a->applied, 20001);
}

TEST_MAIN("gate", TEST(test_shm_is_not_held), TEST(test_implicit_signalled_costs_nothing),
	TEST(test_implicit_pending_is_held), TEST(test_ready_is_not_before_signalled),
	TEST_END(test_updates_are_told), TEST(test_order_is_kept), TEST(test_fence_error_is_told),
	TEST(test_replayed_job_is_shown), TEST(test_unwatchable_is_refused),
	TEST(test_unwatchable_for_want_of_fds), TEST(test_sync_file), TEST(test_syncobj),
	TEST(test_syncobj_signalled_costs_no_watch), TEST(test_release_with_fence),
	TEST(test_late_release_outlives_the_gate), TEST(test_buffer_release),
	TEST(test_killed_client), TEST_END(test_flood))
