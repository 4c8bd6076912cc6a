/* What is held long: named once, shown to who asks, ended if wanted; and what drivers are told. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "limits/account.h"
#include "world.h"

#define MS INT64_C(1000000)

static void assert_logged(const struct world *world, const char *text) {
	if (strstr(world->log, text) == NULL) {
		fail_msg("'%s' is not in '%s'", text, world->log);
	}
}

static void test_named_once(void **state) {
	struct world world;
	world_init_with(&world, NULL, &(struct latch_gate_options){.hold_warning_ns = 30 * MS});
	struct surface *a = surface_create(&world, 'a'), *b = surface_create(&world, 'b');

	/* In time: nobody is named. */
	int first = kernel_fence_create(), second = kernel_fence_create();
	surface_draw(&world, a, first);
	kernel_fence_signal(first, now_ns());
	world_wait(&world, 50);
	assert_int_equal(world.logged, 0);

	/* The updates behind are not the guilty ones, nor is the surface beside. */
	surface_draw(&world, a, second);
	surface_draw(&world, a, second);
	wl_surface_commit(a->wl);
	surface_draw(&world, b, -1);
	world_wait(&world, 100);
	assert_int_equal(world.logged, 1);
	assert_logged(&world, "implicit");
	assert_logged(&world, "driver \"test\", timeline \"timeline\"");
	char text[64];
	snprintf(text, sizeof(text), "client %d (test-sync-held): ", (int)getpid());
	assert_logged(&world, text);
	snprintf(text, sizeof(text), "wl_surface#%u ", wl_proxy_get_id((struct wl_proxy *)a->wl));
	assert_logged(&world, text);

	/* It has caught up: the next time is another time. */
	kernel_fence_signal(second, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 4);
	int third = kernel_fence_create();
	surface_draw(&world, a, third);
	world_wait(&world, 50);
	assert_int_equal(world.logged, 2);
	close(first);
	close(second);
	close(third);
	world_finish(&world);
}

/* The parent waits too, but not for a fence of its own. */
static void test_subsurface_is_named(void **state) {
	struct world world;
	world_init_with(&world, NULL, &(struct latch_gate_options){.hold_warning_ns = 20 * MS});
	struct surface *parent = surface_create(&world, 'p'), *child = surface_create(&world, 'c');
	struct wl_subsurface *role = surface_make_child(&world, child, parent);
	int never = kernel_fence_create();
	surface_draw(&world, child, never);
	surface_draw(&world, parent, -1);
	assert_int_equal(world_stats(&world).held, 2);
	world_wait(&world, 60);
	assert_int_equal(world.logged, 1);
	char text[64];
	snprintf(text, sizeof(text), "wl_surface#%u ",
		wl_proxy_get_id((struct wl_proxy *)child->wl));
	assert_logged(&world, text);
	wl_proxy_destroy((struct wl_proxy *)role);
	close(never);
	world_finish(&world);
}

struct seen {
	int len;
	struct latch_held held[8];
};

static void note_held(void *data, const struct latch_held *held) {
	struct seen *seen = data;
	assert_true(seen->len < 8);
	seen->held[seen->len++] = *held;
}

static void test_each_held(void **state) {
	struct world world;
	world_init_with(&world, NULL, &(struct latch_gate_options){.hold_warning_ns = 20 * MS});
	struct surface *a = surface_create(&world, 'a');
	int point_fd = kernel_syncobj_create();
	struct wp_linux_drm_syncobj_timeline_v1 *timeline =
		wp_linux_drm_syncobj_manager_v1_import_timeline(world.syncobj, point_fd);
	struct wp_linux_drm_syncobj_surface_v1 *sync =
		wp_linux_drm_syncobj_manager_v1_get_surface(world.syncobj, a->wl);
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync, timeline, 1, 7);
	wp_linux_drm_syncobj_surface_v1_set_release_point(sync, timeline, 1, 8);
	surface_draw(&world, a, -1);
	wl_surface_commit(a->wl);
	world_wait(&world, 40);
	assert_int_equal(world.logged, 1);
	assert_logged(&world, "point 4294967303 of its timeline, without a fence yet");

	struct seen seen = {0};
	latch_gate_for_each_held(world.gate, note_held, &seen);
	assert_int_equal(seen.len, 2);
	assert_ptr_equal(seen.held[0].surface, a->server);
	assert_ptr_equal(seen.held[0].account, world.account);
	assert_int_equal(seen.held[0].kind, LATCH_SYNC_SYNCOBJ);
	assert_int_equal(seen.held[0].by, LATCH_HELD_BY_POINT);
	assert_true(seen.held[0].point == (UINT64_C(1) << 32) + 7);
	assert_int_equal(seen.held[0].fences, 1);
	assert_true(seen.held[0].age_ns >= 40 * MS);
	assert_int_equal(seen.held[1].by, LATCH_HELD_BY_UPDATE);
	assert_int_equal(seen.held[1].update_id, 0);
	assert_int_equal(seen.held[1].fences, 0);

	int fence = kernel_fence_create();
	kernel_syncobj_materialise(point_fd, (UINT64_C(1) << 32) + 7, fence);
	seen = (struct seen){0};
	latch_gate_for_each_held(world.gate, note_held, &seen);
	assert_int_equal(seen.held[0].by, LATCH_HELD_BY_FENCE);
	assert_string_equal(seen.held[0].fence.driver_name, "test");

	kernel_syncobj_signal(point_fd, (UINT64_C(1) << 32) + 7);
	world_sync(&world);
	seen = (struct seen){0};
	latch_gate_for_each_held(world.gate, note_held, &seen);
	assert_int_equal(seen.len, 0);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	wp_linux_drm_syncobj_timeline_v1_destroy(timeline);
	close(fence);
	close(point_fd);
	world_finish(&world);
}

/* A timer that is set for the far end of the timeout must not hide a warning that is due before. */
static void test_timeout(void **state) {
	struct world world;
	world_init_with(&world, NULL,
		&(struct latch_gate_options){
			.hold_warning_ns = 20 * MS, .fence_timeout_ns = 150 * MS});
	struct surface *a = surface_create(&world, 'a'), *b = surface_create(&world, 'b');
	int never = kernel_fence_create();
	surface_draw(&world, a, never);
	world_wait(&world, 40);
	assert_int_equal(world.logged, 1);
	surface_draw(&world, b, never);
	world_wait(&world, 40);
	assert_int_equal(world.logged, 2);
	assert_int_equal(wl_display_get_error(world.client), 0);
	world_wait(&world, 100);
	assert_int_equal(world.logged, 3);
	assert_logged(&world, "is ended: wl_surface#");
	assert_logged(&world, "--fence-timeout");
	const char *interface;
	assert_int_equal(world_error(&world, &interface), 3); /* implementation */
	assert_string_equal(interface, "wl_display");
	/* And not only told so. */
	assert_int_equal(world_stats(&world).surfaces, 0);
	close(never);
	world_finish(&world);
}

/* The output's next vblank is known to be then; 0: after idle nobody knows. */
static void set_vblank(struct world *world, int64_t vblank_ns) {
	latch_deadline_init(&world->deadline, 60 * MS, 0);
	if (vblank_ns != 0) {
		latch_clock_flipped(&world->deadline.vblank, vblank_ns, vblank_ns);
	}
}

static int deadlines(int64_t *deadline_ns) {
	int count;
	*deadline_ns = kernel_deadline(&count);
	return count;
}

static void test_deadlines(void **state) {
	struct world world;
	int64_t last_ns;
	world_init(&world);
	world.shown = true;
	int64_t vblank_ns = now_ns() + 10000 * MS;
	set_vblank(&world, vblank_ns);
	struct surface *a = surface_create(&world, 'a');

	/* Nothing to hurry. */
	surface_draw(&world, a, -1);
	assert_int_equal(deadlines(&last_ns), 0);
	int fence = kernel_fence_create();
	surface_draw(&world, a, fence);
	assert_int_equal(deadlines(&last_ns), 1);
	assert_int_equal(last_ns, vblank_ns);
	/* After idle nobody knows. */
	set_vblank(&world, 0);
	surface_draw(&world, a, fence);
	assert_int_equal(deadlines(&last_ns), 1);
	vblank_ns = now_ns() + 10000 * MS;
	set_vblank(&world, vblank_ns);

	/* A point with a fence, one without. */
	int point_fd = kernel_syncobj_create();
	kernel_syncobj_materialise(point_fd, 1, fence);
	struct wp_linux_drm_syncobj_timeline_v1 *timeline =
		wp_linux_drm_syncobj_manager_v1_import_timeline(world.syncobj, point_fd);
	struct wp_linux_drm_syncobj_surface_v1 *sync =
		wp_linux_drm_syncobj_manager_v1_get_surface(world.syncobj, a->wl);
	for (uint32_t i = 1; i <= 2; i++) {
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync, timeline, 0, i);
		wp_linux_drm_syncobj_surface_v1_set_release_point(sync, timeline, 0, 10);
		surface_draw(&world, a, -1);
		assert_int_equal(deadlines(&last_ns), 2);
		assert_int_equal(last_ns, vblank_ns);
	}
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	wp_linux_drm_syncobj_timeline_v1_destroy(timeline);

	/* It gets one later, and is told then; once. */
	int late_fd = kernel_syncobj_create();
	timeline = wp_linux_drm_syncobj_manager_v1_import_timeline(world.syncobj, late_fd);
	sync = wp_linux_drm_syncobj_manager_v1_get_surface(world.syncobj, a->wl);
	for (uint32_t i = 1; i <= 2; i++) {
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync, timeline, 0, i);
		wp_linux_drm_syncobj_surface_v1_set_release_point(sync, timeline, 0, 10);
		surface_draw(&world, a, -1);
	}
	assert_int_equal(deadlines(&last_ns), 2);
	vblank_ns = now_ns() + 10000 * MS;
	set_vblank(&world, vblank_ns);
	kernel_syncobj_materialise(late_fd, 1, fence);
	world_sync(&world);
	assert_int_equal(deadlines(&last_ns), 3);
	assert_int_equal(last_ns, vblank_ns);
	world_sync(&world);
	kernel_syncobj_signal(late_fd, 1);
	/* Without a fence before: both at once, in either order. */
	kernel_syncobj_signal(late_fd, 2);
	world_sync(&world);
	assert_int_equal(world_stats(&world).watches, 4);
	wp_linux_drm_syncobj_surface_v1_destroy(sync);
	wp_linux_drm_syncobj_timeline_v1_destroy(timeline);
	int before = deadlines(&last_ns);

	/* The kernel knows no deadlines: asked once. A lack of memory may pass. */
	kernel_fail_deadlines(ENOMEM);
	surface_draw(&world, a, fence);
	kernel_fail_deadlines(ENOTTY);
	surface_draw(&world, a, fence);
	surface_draw(&world, a, fence);
	assert_int_equal(deadlines(&last_ns), before + 2);
	assert_int_equal(world.logged, 0);
	close(late_fd);
	close(fence);
	close(point_fd);
	world_finish(&world);
}

static void test_error_is_named(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	int fence = kernel_fence_create();
	surface_draw(&world, a, fence);
	kernel_fence_fail(fence, now_ns());
	world_sync(&world);
	assert_int_equal(a->update.fence_error, -EIO);
	assert_logged(&world, "(implicit; driver \"test\", timeline \"timeline\")");
	assert_logged(&world, strerror(EIO));
	/* Counted each time, named once. */
	surface_draw(&world, a, fence);
	assert_int_equal(a->applied, 2);
	assert_int_equal(a->update.fence_error, -EIO);
	assert_int_equal(world.logged, 1);
	close(fence);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_named_once),
		cmocka_unit_test(test_subsurface_is_named),
		cmocka_unit_test(test_each_held),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_error_is_named),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
