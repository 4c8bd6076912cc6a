/* SPDX-License-Identifier: MIT */
/* One surface in the gate: each kind of fence, order, releases, and lives that end early. */

#include "world.h"

/* The last update was shown at its commit, when its fence had signalled at this time. */
static void assert_not_held(
	const struct surface *surface, enum latch_sync_kind kind, int64_t fence_ns) {
	const struct latch_frame_record *record = &surface->update.record;
	assert_int_equal(record->sync, kind);
	assert_int_equal(surface->update.fence_ns, fence_ns);
	assert_true(record->signalled_ns == record->commit_ns);
	assert_true(record->ready_ns == record->commit_ns);
	assert_null(record->held_by);
	assert_int_equal(world_stats().watches, 0);
}

static void test_what_is_ready_is_not_held(void **state) {
	struct surface *a = surface_create('a');
	struct wl_buffer *buffer = shm_create();
	int64_t before_ns = latch_now_ns();
	surface_commit(a, buffer);
	assert_int_equal(a->applied, 1);
	assert_not_held(a, LATCH_SYNC_NONE, 0);
	assert_true(a->update.record.commit_ns >= before_ns &&
		    a->update.record.commit_ns <= latch_now_ns());
	assert_false(latch_release_is_owed(&a->update.release));
	wl_buffer_destroy(buffer);

	/* A commit without a buffer is no update. */
	uint64_t id = a->update.id;
	wl_surface_commit(a->wl);
	world_sync();
	assert_int_equal(a->applied, 2);
	assert_true(a->update.id == id);

	int fence = world_fence();
	kernel_fence_signal(fence, 12345);
	surface_draw(a, fence);
	assert_int_equal(a->applied, 3);
	assert_not_held(a, LATCH_SYNC_IMPLICIT, 0);

	/* A fence beside a point counts too; the kind is the point's. */
	struct points points = points_create(a);
	kernel_syncobj_signal(points.fd, 7);
	points_set(&points, 7, 8);
	surface_draw_explicit(a, fence);
	assert_int_equal(a->applied, 4);
	assert_not_held(a, LATCH_SYNC_SYNCOBJ, 12345);
}

static void test_implicit_pending_is_held(void **state) {
	struct surface *a = surface_create('a');
	int fence = world_fence();
	surface_draw(a, fence);
	assert_int_equal(a->applied, 0);
	assert_int_equal(world_stats().held, 1);
	assert_int_equal(world_stats().watches, 1);

	int64_t signalled_ns = latch_now_ns();
	kernel_fence_signal(fence, signalled_ns);
	world_sync();
	assert_int_equal(a->applied, 1);
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
	surface_draw_explicit(a, fence);
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

/* Of so many updates the last that was told is a surface's n-th. */
static void assert_told(int committed, int untaken, uint32_t surface_id, uint64_t update_id) {
	assert_int_equal(told.committed, committed);
	assert_int_equal(told.untaken, untaken);
	assert_int_equal(told.last.record.surface_id, surface_id);
	assert_int_equal(told.last.record.update_id, update_id);
}

static void test_updates_are_told(void **state) {
	world_init_limited(LATCH_LIMIT_FENCES, 2);
	world.committed = handle_told_commit;
	world.untaken = handle_told_untaken;
	struct surface *a = surface_create('a'), *b = surface_create('b');

	struct wl_buffer *buffer = shm_create();
	surface_commit(a, buffer);
	assert_told(1, 0, 1, 1);
	const uint32_t buffer_id = told.last.record.buffer_id;
	assert_int_not_equal(buffer_id, 0);
	assert_int_equal(a->update.record.update_id, 1);
	assert_int_equal(a->update.record.buffer_id, buffer_id);

	/* The same buffer, another update; no buffer, no update; another buffer. */
	wl_surface_attach(a->wl, buffer, 0, 0);
	wl_surface_commit(a->wl);
	wl_surface_commit(a->wl);
	world_sync();
	assert_told(2, 0, 1, 2);
	assert_int_equal(told.last.record.buffer_id, buffer_id);
	wl_buffer_destroy(buffer);
	int never = world_fence();
	surface_draw(b, never);
	assert_told(3, 0, 2, 1);
	assert_int_not_equal(told.last.record.buffer_id, buffer_id);

	/* It waits in the gate when its surface goes. */
	surface_destroy(b);
	assert_told(3, 1, 2, 1);
	assert_int_equal(told.why, LATCH_END_SURFACE_GONE);
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

/* While its update waits and before its commit; a replayed job's picture is good. */
static void test_fence_error_is_told(void **state) {
	static const struct {
		void (*end)(int fence_fd, int64_t time_ns);
		bool error;
	} rows[] = {{kernel_fence_fail, true}, {kernel_fence_replay, false}};
	for (int i = 0; i < 2; i++) {
		struct surface *a = surface_create('a' + i);
		int late = world_fence(), early = world_fence();
		surface_draw(a, late);
		rows[i].end(late, latch_now_ns());
		world_sync();
		assert_int_equal(a->applied, 1);
		assert_int_equal(a->update.record.fence_error != 0, rows[i].error);

		rows[i].end(early, 1);
		surface_draw_explicit(a, early);
		assert_int_equal(a->applied, 2);
		assert_int_equal(a->update.record.fence_error != 0, rows[i].error);

		surface_draw(a, -1);
		assert_false(a->update.record.fence_error);
	}
}

static void test_unwatchable_is_refused(void **state) {
	for (int want_of_fds = 0; want_of_fds < 2; want_of_fds++) {
		world_init();
		struct surface *a = surface_create('a');
		kernel_dmabuf_fail_exports(want_of_fds ? EMFILE : EIO);
		surface_draw(a, -1);
		assert_int_equal(world_is_refused(), want_of_fds);
		assert_true(want_of_fds || world_error(NULL) == 3); /* implementation */
		assert_int_equal(a->applied, 0);
		world_finish();
	}
}

static void test_sync_file(void **state) {
	struct surface *a = surface_create('a');
	struct zwp_linux_surface_synchronization_v1 *sync = surface_get_explicit(a);
	/* The buffer's own fence never signals; the explicit one is asked instead. */
	int implicit = world_fence(), fence = world_fence();
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, fence);
	surface_draw(a, implicit);
	assert_int_equal(a->applied, 0);
	world_signal(fence);
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_SYNC_FILE);

	/* A fence that was not committed goes with its object. */
	int unused = world_fence();
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

	kernel_syncobj_signal(points.fd, high);
	world_sync();
	assert_int_equal(a->applied, 1);
	assert_int_equal(a->update.record.sync, LATCH_SYNC_SYNCOBJ);
	assert_true(a->update.fence_ns == (int64_t)high);
	assert_true(latch_release_is_owed(&a->update.release));
	assert_true(kernel_syncobj_get(points.fd) == high);

	assert_true(latch_release_with_fence(&a->update.release, -1));
	assert_false(latch_release_with_fence(&a->update.release, -1));
	assert_true(kernel_syncobj_get(points.fd) == high + 1);
}

/* The kernel refuses the fence at the release point: it is released when its owner lets go of it,
 * late, never early. */
static void test_refused_release_fence(void **state) {
	struct surface *a = surface_create('a');
	struct points points = points_create(a);
	kernel_syncobj_fail_imports(ENOMEM);
	kernel_syncobj_signal(points.fd, 1);
	points_set(&points, 1, 3);
	surface_draw(a, -1);
	assert_false(latch_release_with_fence(&a->update.release, world_fence()));
	assert_true(kernel_syncobj_get(points.fd) == 1);
	surface_drop_release(a);
	assert_true(kernel_syncobj_get(points.fd) == 3);
	kernel_syncobj_fail_imports(0);
}

/* The fence that is told is the out-fence; and what was asked for without a commit is answered. */
static void test_buffer_release(void **state) {
	struct surface *a = surface_create('a');
	struct zwp_linux_surface_synchronization_v1 *sync = surface_get_explicit(a);
	struct spoken fenced = {0}, unused = {0};
	int out_fence = world_fence();
	get_release(sync, &fenced);
	surface_draw(a, -1);
	latch_release_with_fence(&a->update.release, latch_fence_dup(out_fence));
	world_sync();
	assert_int_equal(fenced.fenced, 1);
	kernel_fence_signal(out_fence, 1);
	uint64_t value;
	assert_int_equal(read(fenced.fence_fd, &value, sizeof(value)), sizeof(value));

	get_release(sync, &unused);
	surface_destroy(a);
	assert_int_equal(unused.immediate, 1);
}

static bool is_async(const struct surface *surface) {
	world_sync();
	return latch_surface_sync_is_async(surface->server);
}

/* A hint counts from its commit on, which may wait, and until the commit after its object's end. */
static void test_tearing_hint(void **state) {
	const uint32_t async = WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC;
	struct surface *a = surface_create('a');
	struct wp_tearing_control_v1 *control = surface_get_tearing(a);
	int fence = world_fence();
	wp_tearing_control_v1_set_presentation_hint(control, async);
	assert_false(is_async(a));
	surface_draw(a, fence);
	surface_draw(a, -1);
	assert_false(is_async(a));
	world_signal(fence);
	assert_int_equal(a->applied, 2);
	assert_true(is_async(a));
	wp_tearing_control_v1_destroy(world_forget(control));
	assert_true(is_async(a));
	wl_surface_commit(a->wl);
	assert_false(is_async(a));
	/* The surface may have another one now. */
	const uint32_t hints[] = {async, 4711};
	control = surface_get_tearing(a);
	for (int i = 0; i < 2; i++) {
		wp_tearing_control_v1_set_presentation_hint(control, hints[i]);
		wl_surface_commit(a->wl);
		assert_int_equal(is_async(a), hints[i] == async);
	}
	assert_int_equal(world_error(NULL), -1);
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

static void handle_done(void *data, struct wl_callback *callback, uint32_t time_ms) {
	*(uint32_t *)data = time_ms;
	wl_callback_destroy(callback);
}

/* The client hears though its update is held: of the oldest one that waits for a fence, once. */
static void test_callbacks_of_held(void **state) {
	static const struct wl_callback_listener listener = {.done = handle_done};
	struct surface *a = surface_create('a');
	const int fences[] = {world_fence(), world_fence()};
	uint32_t heard_ms[LEN(fences)] = {0};
	assert_false(latch_surface_sync_send_held_callbacks(&a->sync, 5 * MS));
	for (size_t i = 0; i < LEN(fences); i++) {
		wl_callback_add_listener(wl_surface_frame(a->wl), &listener, &heard_ms[i]);
		surface_draw(a, fences[i]);
	}
	for (size_t i = 0; i < LEN(fences); i++) {
		assert_true(latch_surface_sync_send_held_callbacks(&a->sync, 5 * MS));
		assert_false(latch_surface_sync_send_held_callbacks(&a->sync, 6 * MS));
		world_sync();
		assert_int_equal(heard_ms[i], 5);
		assert_int_equal(heard_ms[1], i == 0 ? 0 : 5);
		world_signal(fences[i]);
		assert_int_equal(a->applied, i + 1);
	}
	assert_false(latch_surface_sync_send_held_callbacks(&a->sync, 7 * MS));
}

TEST_MAIN("gate", TEST(test_callbacks_of_held), TEST(test_what_is_ready_is_not_held), TEST(test_implicit_pending_is_held),
	TEST(test_ready_is_not_before_signalled), TEST_END(test_updates_are_told),
	TEST(test_order_is_kept), TEST(test_fence_error_is_told), UNIT(test_unwatchable_is_refused),
	TEST(test_sync_file), TEST(test_syncobj), TEST(test_refused_release_fence),
	TEST(test_buffer_release), TEST(test_tearing_hint), TEST_END(test_flood))
