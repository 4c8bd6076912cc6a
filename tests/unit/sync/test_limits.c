/* SPDX-License-Identifier: MIT */
/* One client at each of its limits in the gate: refused with words, and gone; nobody else is. */

#include "../text.h"
#include "../wire.h"
#include "world.h"

static uint64_t used(enum latch_limit limit) {
	return latch_account_get(world.account, limit);
}

static void assert_refused(const char *option) {
	assert_true(world_is_refused());
	assert_int_equal(world.logged, 1);
	ASSERT_HAS(world.log, option, " is ended: at most ");
	assert_int_equal(world_stats().surfaces, 0);
	assert_int_equal(world_stats().watches, 0);
}

static void test_updates(void **state) {
	world_init_limited(LATCH_LIMIT_UPDATES, 3);
	struct surface *a = surface_create('a');
	/* Shown ones do not count, however many. */
	for (int i = 0; i < 10; i++) {
		surface_draw(a, -1);
		wl_surface_commit(a->wl);
	}
	world_sync();
	assert_int_equal(used(LATCH_LIMIT_UPDATES), 0);

	int fence = world_fence();
	surface_draw(a, fence);
	surface_draw(a, fence);
	wl_surface_commit(a->wl);
	assert_false(world_is_refused());
	assert_int_equal(used(LATCH_LIMIT_UPDATES), 3);
	world_signal(fence);
	assert_int_equal(used(LATCH_LIMIT_UPDATES), 0);

	int never = world_fence();
	surface_draw(a, never);
	wl_surface_commit(a->wl);
	wl_surface_commit(a->wl);
	assert_false(world_is_refused());
	wl_surface_commit(a->wl);
	assert_refused("--limits updates=N");
}

/* wlroots keeps what a synchronised subsurface commits until its parent does: no fence is needed
 * to pile it up, nor a buffer. */
static void test_cached_updates(void **state) {
	world_init_limited(LATCH_LIMIT_UPDATES, 20);
	struct surface *parent = surface_create('p'), *child = surface_create('c');
	surface_make_child(child, parent);
	for (int i = 0; i < 15; i++) {
		wl_surface_commit(child->wl);
	}
	world_sync();
	wl_surface_commit(parent->wl);
	world_sync();
	assert_int_equal(child->applied, 15);
	assert_int_equal(used(LATCH_LIMIT_UPDATES), 0);

	/* Applied is applied, also where nobody takes the update. */
	struct wl_surface *untaken = wl_compositor_create_surface(world.compositor);
	struct wl_subsurface *untaken_role =
		wl_subcompositor_get_subsurface(world.subcompositor, untaken, parent->wl);
	for (int i = 0; i < 5; i++) {
		wl_surface_commit(untaken);
	}
	world_sync();
	assert_true(used(LATCH_LIMIT_UPDATES) >= 4);
	wl_surface_commit(parent->wl);
	world_sync();
	assert_int_equal(used(LATCH_LIMIT_UPDATES), 0);
	wl_subsurface_destroy(untaken_role);
	wl_surface_destroy(untaken);

	for (int i = 0; i < 22; i++) {
		wl_surface_commit(child->wl);
	}
	assert_refused("--limits updates=N");
}

/* It gets what it asks for. */
static bool is_served(struct wl_display *other) {
	struct wl_compositor *compositor = NULL;
	wire_bind(world.server_display, other,
		(struct wire_global[]){{&wl_compositor_interface, 1, &compositor, 0}, {0}});
	bool served = compositor != NULL;
	if (served) {
		wl_compositor_destroy(compositor);
	}
	return served;
}

/* Somebody else is served before, at and after the end. */
static void test_fences(void **state) {
	world_init_limited(LATCH_LIMIT_FENCES, 2);
	struct wl_display *other;
	assert_non_null(wire_connect(world.server_display, &other));
	struct surface *a = surface_create('a');
	int fence = world_fence(), never = world_fence();
	surface_draw(a, fence);
	surface_draw(a, never);
	assert_int_equal(used(LATCH_LIMIT_FENCES), 2);
	assert_true(is_served(other));
	world_signal(fence);
	assert_int_equal(used(LATCH_LIMIT_FENCES), 1);
	/* A signalled one is not watched. */
	surface_draw(a, fence);
	surface_draw(a, never);
	assert_false(world_is_refused());
	surface_draw(a, never);
	assert_refused("--limits fences=N");
	assert_true(is_served(other));
	wl_display_disconnect(other);
}

/* Fences that are set and never committed, each on a surface of its own. */
static void test_uncommitted_fds(void **state) {
	world_init_limited(LATCH_LIMIT_FDS, 2);
	int fence = world_fence();
	struct zwp_linux_surface_synchronization_v1 *sync[4];
	for (int i = 0; i < 4; i++) {
		sync[i] = surface_get_explicit(surface_create((char)('a' + i)));
	}
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[0], fence);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[1], fence);
	world_sync();
	assert_int_equal(used(LATCH_LIMIT_FDS), 2);
	zwp_linux_surface_synchronization_v1_destroy(world_forget(sync[0]));
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[2], fence);
	assert_false(world_is_refused());
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[3], fence);
	assert_refused("--limits fds=N");
}

TEST_MAIN("limits", TEST_END(test_updates), TEST_END(test_cached_updates), TEST_END(test_fences),
	TEST_END(test_uncommitted_fds))
