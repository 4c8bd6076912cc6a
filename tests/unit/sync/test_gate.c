/* One surface in the gate: each kind of fence, order, releases, and lives that end early. */

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "limits/account.h"
#include "sync/release.h"
#include "world.h"

static void test_shm_is_not_held(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wl_buffer *buffer = shm_create(&world);
	int64_t before_ns = now_ns();
	wl_surface_attach(a->wl, buffer, 0, 0);
	wl_surface_commit(a->wl);
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.kind, LATCH_SYNC_NONE);
	assert_true(a->update.commit_ns >= before_ns && a->update.commit_ns <= now_ns());
	assert_true(a->update.signalled_ns == a->update.commit_ns);
	assert_true(a->update.ready_ns == a->update.commit_ns);
	assert_int_equal(a->update.fence_ns, 0);
	assert_null(a->update.release);
	assert_false(a->update.held);

	/* A commit without a buffer is no update. */
	uint64_t id = a->update.id;
	wl_surface_commit(a->wl);
	world_sync(&world);
	assert_int_equal(a->applied, 2);
	assert_true(a->update.id == id);
	wl_buffer_destroy(buffer);
	world_finish(&world);
}

static void test_implicit_signalled_costs_nothing(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	int fence = kernel_fence_create();
	kernel_fence_signal(fence, 12345);
	surface_draw(&world, a, fence);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.kind, LATCH_SYNC_IMPLICIT);
	assert_int_equal(a->update.fence_ns, 12345);
	assert_true(a->update.signalled_ns == a->update.commit_ns);
	assert_false(a->update.held);
	close(fence);
	world_finish(&world);
}

static void test_implicit_pending_is_held(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 1);

	int fence = kernel_fence_create();
	surface_draw(&world, a, fence);
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	assert_int_equal(world_stats(&world).held, 1);
	assert_int_equal(world_stats(&world).watches, 1);

	int64_t signalled_ns = now_ns();
	kernel_fence_signal(fence, signalled_ns);
	world_sync(&world);
	assert_int_equal(a->applied, 2);
	assert_true(a->update.held);
	assert_true(a->update.fence_ns == signalled_ns);
	assert_true(a->update.signalled_ns == signalled_ns);
	assert_true(a->update.ready_ns >= signalled_ns);
	assert_false(a->update.fence_error);
	assert_int_equal(world_stats(&world).held, 0);
	assert_int_equal(world_stats(&world).watches, 0);
	close(fence);
	world_finish(&world);
}

/* Its fence signals after the commit's time was read, and before the fence is looked at. */
static void test_ready_is_not_before_signalled(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	int fence = kernel_fence_create();
	kernel_fence_signal(fence, now_ns() + INT64_C(1000000000));
	surface_draw(&world, a, fence);
	assert_int_equal(a->applied, 1);
	assert_false(a->update.held);
	assert_true(a->update.signalled_ns > a->update.commit_ns);
	/* The clock was read again. */
	assert_true(a->update.ready_ns > a->update.commit_ns);
	close(fence);
	world_finish(&world);
}

struct told {
	int committed, untaken;
	struct latch_update last;
	enum latch_record_end why;
};

static void handle_told_commit(struct world *world, const struct latch_update *update) {
	struct told *told = world->data;
	told->committed++;
	told->last = *update;
}

static void handle_told_untaken(
	struct world *world, const struct latch_update *update, enum latch_record_end why) {
	struct told *told = world->data;
	told->untaken++;
	told->last = *update;
	told->why = why;
}

static void test_updates_are_told(void **state) {
	struct told told = {0};
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_FENCES] = 2;
	struct world world;
	world_init_with(&world, &limits, NULL);
	world.committed = handle_told_commit;
	world.untaken = handle_told_untaken;
	world.data = &told;
	struct surface *a = surface_create(&world, 'a'), *b = surface_create(&world, 'b');

	struct wl_buffer *buffer = shm_create(&world);
	wl_surface_attach(a->wl, buffer, 0, 0);
	wl_surface_commit(a->wl);
	world_sync(&world);
	assert_int_equal(told.committed, 1);
	assert_int_equal(told.last.surface_id, 1);
	assert_int_equal(told.last.number, 1);
	const uint32_t buffer_id = told.last.buffer_id;
	assert_int_not_equal(buffer_id, 0);
	assert_int_equal(a->update.number, 1);
	assert_int_equal(a->update.buffer_id, buffer_id);

	/* The same buffer, another update; no buffer, no update; another buffer. */
	wl_surface_attach(a->wl, buffer, 0, 0);
	wl_surface_commit(a->wl);
	wl_surface_commit(a->wl);
	world_sync(&world);
	assert_int_equal(told.committed, 2);
	assert_int_equal(told.last.number, 2);
	assert_int_equal(told.last.buffer_id, buffer_id);
	wl_buffer_destroy(buffer);
	int never = kernel_fence_create();
	surface_draw(&world, b, never);
	assert_int_equal(told.committed, 3);
	assert_int_equal(told.last.surface_id, 2);
	assert_int_equal(told.last.number, 1);
	assert_int_not_equal(told.last.buffer_id, buffer_id);
	assert_int_equal(told.untaken, 0);

	/* It waits in the gate when its surface goes. */
	surface_destroy(&world, b);
	assert_int_equal(told.untaken, 1);
	assert_int_equal(told.why, LATCH_END_SURFACE_GONE);
	assert_int_equal(told.last.surface_id, 2);
	assert_int_equal(told.last.number, 1);
	assert_int_equal(told.last.ready_ns, 0);

	/* One fence more than it may have watched. */
	for (int i = 0; i < 3; i++) {
		surface_draw(&world, a, never);
	}
	assert_true(world_is_refused(&world));
	assert_int_equal(told.committed, 6);
	world_kill_client(&world);
	assert_int_equal(told.untaken, 4);
	close(never);
	world_finish(&world);
}

static void test_order_is_kept(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	int first = kernel_fence_create(), second = kernel_fence_create();
	surface_draw(&world, a, first);
	surface_draw(&world, a, second);
	surface_draw(&world, a, -1);
	kernel_fence_signal(second, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 0);
	kernel_fence_signal(first, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 3);
	assert_int_equal(a->update.id, 3);
	/* Done at its commit, but ready only when those before it were. */
	assert_true(a->update.held);
	assert_true(a->update.signalled_ns == a->update.commit_ns);
	assert_true(a->update.ready_ns > a->update.commit_ns);
	close(first);
	close(second);
	world_finish(&world);
}

static void test_fence_error_is_told(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	int late = kernel_fence_create(), early = kernel_fence_create();
	surface_draw(&world, a, late);
	kernel_fence_fail(late, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	assert_true(a->update.fence_error);

	kernel_fence_fail(early, 1);
	surface_draw(&world, a, early);
	assert_int_equal(a->applied, 2);
	assert_true(a->update.fence_error);

	surface_draw(&world, a, -1);
	assert_false(a->update.fence_error);
	close(late);
	close(early);
	world_finish(&world);
}

static void test_replayed_job_is_shown(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	int late = kernel_fence_create(), early = kernel_fence_create();
	kernel_fence_replay(early, 1);
	surface_draw(&world, a, early);
	surface_draw(&world, a, late);
	assert_int_equal(a->applied, 1);
	kernel_fence_replay(late, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 2);
	assert_false(a->update.fence_error);
	close(late);
	close(early);
	world_finish(&world);
}

static void test_unwatchable_is_refused(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	kernel_dmabuf_fail_exports(EIO);
	surface_draw(&world, a, -1);
	const char *interface;
	assert_int_equal(world_error(&world, &interface), 3); /* implementation */
	assert_int_equal(a->applied, 0);
	world_finish(&world);

	world_init(&world);
	a = surface_create(&world, 'a');
	kernel_dmabuf_fail_exports(EMFILE);
	surface_draw(&world, a, -1);
	assert_true(world_is_refused(&world));
	assert_int_equal(a->applied, 0);
	world_finish(&world);
}

static void test_sync_file(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct zwp_linux_surface_synchronization_v1 *sync =
		zwp_linux_explicit_synchronization_v1_get_synchronization(world.explicit, a->wl);
	/* The buffer's own fence never signals; the explicit one is asked instead. */
	int implicit = kernel_fence_create(), fence = kernel_fence_create();
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, fence);
	surface_draw(&world, a, implicit);
	assert_int_equal(a->applied, 0);
	/* The object may go; what was committed stays. */
	zwp_linux_surface_synchronization_v1_destroy(sync);
	world_sync(&world);
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.kind, LATCH_SYNC_SYNC_FILE);

	/* A fence that was not committed goes with its object. */
	int unused = kernel_fence_create();
	sync = zwp_linux_explicit_synchronization_v1_get_synchronization(world.explicit, a->wl);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, unused);
	zwp_linux_surface_synchronization_v1_destroy(sync);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 2);
	assert_int_equal(a->update.kind, LATCH_SYNC_IMPLICIT);
	close(implicit);
	close(fence);
	close(unused);
	world_finish(&world);
}

struct point {
	struct world *world;
	int fd;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
	struct wp_linux_drm_syncobj_surface_v1 *surface;
};

static struct point point_init(struct world *world, struct surface *surface) {
	struct point point = {.world = world, .fd = kernel_syncobj_create()};
	point.timeline = wp_linux_drm_syncobj_manager_v1_import_timeline(world->syncobj, point.fd);
	point.surface = wp_linux_drm_syncobj_manager_v1_get_surface(world->syncobj, surface->wl);
	return point;
}

static void point_set(struct point *point, uint64_t acquire, uint64_t release) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(
		point->surface, point->timeline, (uint32_t)(acquire >> 32), (uint32_t)acquire);
	wp_linux_drm_syncobj_surface_v1_set_release_point(
		point->surface, point->timeline, (uint32_t)(release >> 32), (uint32_t)release);
}

static void point_finish(struct point *point) {
	if (point->surface != NULL) {
		wp_linux_drm_syncobj_surface_v1_destroy(point->surface);
	}
	if (point->timeline != NULL) {
		wp_linux_drm_syncobj_timeline_v1_destroy(point->timeline);
	}
	close(point->fd);
}

static void test_syncobj(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct point point = point_init(&world, a);
	const uint64_t high = UINT64_C(5) << 32;

	/* A point that nobody has submitted yet, beyond 32 bits. */
	point_set(&point, high, high + 1);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 0);
	kernel_syncobj_signal(point.fd, high - 1);
	world_sync(&world);
	assert_int_equal(a->applied, 0);

	/* Timeline and surface object may go; what was committed stays. */
	wp_linux_drm_syncobj_timeline_v1_destroy(point.timeline);
	wp_linux_drm_syncobj_surface_v1_destroy(point.surface);
	point.timeline = NULL;
	point.surface = NULL;
	world_sync(&world);
	kernel_syncobj_signal(point.fd, high);
	world_sync(&world);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.kind, LATCH_SYNC_SYNCOBJ);
	assert_true(a->update.fence_ns == (int64_t)high);
	assert_non_null(a->update.release);
	assert_true(kernel_syncobj_get(point.fd) == high);

	latch_release_with_fence(a->update.release, -1);
	latch_release_with_fence(a->update.release, -1);
	assert_true(kernel_syncobj_get(point.fd) == high + 1);
	point_finish(&point);
	world_finish(&world);
}

static void test_syncobj_signalled_costs_no_watch(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct point point = point_init(&world, a);
	kernel_syncobj_signal(point.fd, 7);
	point_set(&point, 7, 8);
	surface_draw(&world, a, -1);
	assert_int_equal(a->applied, 1);
	assert_false(a->update.held);
	assert_int_equal(a->update.fence_ns, 7);
	point_finish(&point);
	world_finish(&world);
}

static void test_release_with_fence(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct point point = point_init(&world, a);
	kernel_syncobj_signal(point.fd, 1);
	point_set(&point, 1, 2);
	surface_draw(&world, a, -1);

	int out_fence = kernel_fence_create();
	latch_release_with_fence(a->update.release, fcntl(out_fence, F_DUPFD_CLOEXEC, 0));
	assert_true(kernel_syncobj_has_import(point.fd, 2, out_fence));
	latch_release_destroy(a->update.release);
	a->update.release = NULL;
	/* Not by us as well: the fence does it. */
	assert_true(kernel_syncobj_get(point.fd) == 1);

	/* The kernel refuses the fence: late, never early, and the owner need not wait. */
	point_set(&point, 1, 3);
	surface_draw(&world, a, -1);
	kernel_syncobj_fail_imports(ENOMEM);
	latch_release_with_fence(a->update.release, fcntl(out_fence, F_DUPFD_CLOEXEC, 0));
	latch_release_destroy(a->update.release);
	a->update.release = NULL;
	world_sync(&world);
	assert_true(kernel_syncobj_get(point.fd) == 1);
	kernel_fence_signal(out_fence, now_ns());
	world_sync(&world);
	assert_true(kernel_syncobj_get(point.fd) == 3);
	kernel_syncobj_fail_imports(0);

	close(out_fence);
	point_finish(&point);
	world_finish(&world);
}

static void test_late_release_outlives_the_gate(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct point point = point_init(&world, a);
	kernel_syncobj_signal(point.fd, 1);
	point_set(&point, 1, 2);
	surface_draw(&world, a, -1);
	int out_fence = kernel_fence_create();
	kernel_syncobj_fail_imports(ENOMEM);
	latch_release_with_fence(a->update.release, fcntl(out_fence, F_DUPFD_CLOEXEC, 0));
	kernel_syncobj_fail_imports(0);
	close(out_fence);
	point_finish(&point);
	world_finish(&world);
}

struct events {
	int immediate;
	int fenced;
	int fence_fd;
};

static void handle_fenced(
	void *data, struct zwp_linux_buffer_release_v1 *release, int32_t fence_fd) {
	struct events *events = data;
	events->fenced++;
	events->fence_fd = fence_fd;
	zwp_linux_buffer_release_v1_destroy(release);
}

static void handle_immediate(void *data, struct zwp_linux_buffer_release_v1 *release) {
	struct events *events = data;
	events->immediate++;
	zwp_linux_buffer_release_v1_destroy(release);
}

static const struct zwp_linux_buffer_release_v1_listener release_listener = {
	.fenced_release = handle_fenced,
	.immediate_release = handle_immediate,
};

static void get_release(struct zwp_linux_surface_synchronization_v1 *sync, struct events *events) {
	zwp_linux_buffer_release_v1_add_listener(
		zwp_linux_surface_synchronization_v1_get_release(sync), &release_listener, events);
}

static void test_buffer_release(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct zwp_linux_surface_synchronization_v1 *sync =
		zwp_linux_explicit_synchronization_v1_get_synchronization(world.explicit, a->wl);
	struct events now = {0}, fenced = {0}, held = {0}, unused = {0};

	get_release(sync, &now);
	surface_draw(&world, a, -1);
	assert_int_equal(a->update.kind, LATCH_SYNC_IMPLICIT);
	latch_release_with_fence(a->update.release, -1);
	world_sync(&world);
	assert_int_equal(now.immediate, 1);

	get_release(sync, &fenced);
	surface_draw(&world, a, -1);
	int out_fence = kernel_fence_create();
	latch_release_with_fence(a->update.release, fcntl(out_fence, F_DUPFD_CLOEXEC, 0));
	world_sync(&world);
	assert_int_equal(fenced.fenced, 1);
	assert_int_equal(fenced.immediate, 0);
	kernel_fence_signal(out_fence, 1);
	uint64_t value;
	assert_int_equal(read(fenced.fence_fd, &value, sizeof(value)), sizeof(value));
	close(fenced.fence_fd);
	close(out_fence);

	/* Held when the surface goes away: free at once. */
	int never = kernel_fence_create();
	get_release(sync, &held);
	surface_draw(&world, a, never);
	assert_int_equal(world_stats(&world).held, 1);
	get_release(sync, &unused);
	surface_destroy(&world, a);
	assert_int_equal(held.immediate, 1);
	assert_int_equal(unused.immediate, 1);
	zwp_linux_surface_synchronization_v1_destroy(sync);
	close(never);
	world_finish(&world);
}

/* The client is gone, its release point is still signalled: others may share the timeline. */
static void test_killed_client(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a'), *b = surface_create(&world, 'b');
	struct point point = point_init(&world, a);
	struct zwp_linux_surface_synchronization_v1 *sync =
		zwp_linux_explicit_synchronization_v1_get_synchronization(world.explicit, b->wl);
	struct zwp_linux_buffer_release_v1 *release =
		zwp_linux_surface_synchronization_v1_get_release(sync);
	int never = kernel_fence_create();

	kernel_syncobj_signal(point.fd, 1);
	point_set(&point, 1, 2);
	surface_draw(&world, a, -1); /* shown, release is ours */
	point_set(&point, 10, 11);
	surface_draw(&world, a, -1); /* held */
	surface_draw(&world, b, never);
	assert_int_equal(a->applied, 1);
	assert_int_equal(world_stats(&world).held, 2);

	zwp_linux_buffer_release_v1_destroy(release);
	zwp_linux_surface_synchronization_v1_destroy(sync);
	wp_linux_drm_syncobj_surface_v1_destroy(point.surface);
	wp_linux_drm_syncobj_timeline_v1_destroy(point.timeline);
	world_kill_client(&world);
	assert_int_equal(world_stats(&world).held, 0);
	assert_int_equal(world_stats(&world).watches, 0);
	assert_true(kernel_syncobj_get(point.fd) == 11);
	assert_int_equal(world_stats(&world).releases, 1);
	close(never);
	close(point.fd);
	world_finish(&world);
}

/* A client that piles up commits behind one fence. */
static void test_flood(void **state) {
	struct world world;
	struct latch_limits limits = latch_limits_default();
	limits.max[LATCH_LIMIT_UPDATES] = 20001;
	world_init_with(&world, &limits, NULL);
	struct surface *a = surface_create(&world, 'a');
	int fence = kernel_fence_create();
	surface_draw(&world, a, fence);
	for (int i = 0; i < 20000; i++) {
		wl_surface_commit(a->wl);
		if (i % 100 == 0) {
			world_sync(&world);
		}
	}
	world_sync(&world);
	assert_int_equal(world_stats(&world).held, 20001);
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 20001);
	close(fence);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shm_is_not_held),
		cmocka_unit_test(test_implicit_signalled_costs_nothing),
		cmocka_unit_test(test_implicit_pending_is_held),
		cmocka_unit_test(test_ready_is_not_before_signalled),
		cmocka_unit_test(test_updates_are_told),
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_fence_error_is_told),
		cmocka_unit_test(test_replayed_job_is_shown),
		cmocka_unit_test(test_unwatchable_is_refused),
		cmocka_unit_test(test_sync_file),
		cmocka_unit_test(test_syncobj),
		cmocka_unit_test(test_syncobj_signalled_costs_no_watch),
		cmocka_unit_test(test_release_with_fence),
		cmocka_unit_test(test_late_release_outlives_the_gate),
		cmocka_unit_test(test_buffer_release),
		cmocka_unit_test(test_killed_client),
		cmocka_unit_test(test_flood),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
