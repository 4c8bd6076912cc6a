/* One client at each of its limits in the gate: refused with words, and gone; nobody else is. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../wire.h"
#include "limits/account.h"
#include "world.h"

static struct latch_limits limit_to(enum latch_limit limit, uint64_t max) {
	struct latch_limits limits = latch_limits_default();
	limits.max[limit] = max;
	return limits;
}

static uint64_t used(const struct world *world, enum latch_limit limit) {
	return latch_account_get(world->account, limit);
}

static void assert_refused(struct world *world, const char *option) {
	assert_true(world_is_refused(world));
	assert_int_equal(world->logged, 1);
	if (strstr(world->log, option) == NULL ||
		strstr(world->log, " is ended: at most ") == NULL) {
		fail_msg("'%s' is not what is said", world->log);
	}
	assert_int_equal(world_stats(world).surfaces, 0);
	assert_int_equal(world_stats(world).watches, 0);
}

static void test_updates(void **state) {
	struct world world;
	struct latch_limits limits = limit_to(LATCH_LIMIT_UPDATES, 3);
	world_init_with(&world, &limits, NULL);
	struct surface *a = surface_create(&world, 'a');
	/* Shown ones do not count, however many. */
	for (int i = 0; i < 10; i++) {
		surface_draw(&world, a, -1);
		wl_surface_commit(a->wl);
	}
	world_sync(&world);
	assert_int_equal(used(&world, LATCH_LIMIT_UPDATES), 0);

	int fence = kernel_fence_create();
	surface_draw(&world, a, fence);
	surface_draw(&world, a, fence);
	wl_surface_commit(a->wl);
	assert_false(world_is_refused(&world));
	assert_int_equal(used(&world, LATCH_LIMIT_UPDATES), 3);
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(used(&world, LATCH_LIMIT_UPDATES), 0);

	int never = kernel_fence_create();
	surface_draw(&world, a, never);
	wl_surface_commit(a->wl);
	wl_surface_commit(a->wl);
	assert_false(world_is_refused(&world));
	wl_surface_commit(a->wl);
	assert_refused(&world, "--limits updates=N");
	close(fence);
	close(never);
	world_finish(&world);
}

/* wlroots keeps what a synchronised subsurface commits until its parent does: no fence is needed
 * to pile it up, nor a buffer. */
static void test_cached_updates(void **state) {
	struct world world;
	struct latch_limits limits = limit_to(LATCH_LIMIT_UPDATES, 20);
	world_init_with(&world, &limits, NULL);
	struct surface *parent = surface_create(&world, 'p'), *child = surface_create(&world, 'c');
	struct wl_subsurface *role = surface_make_child(&world, child, parent);
	for (int i = 0; i < 15; i++) {
		wl_surface_commit(child->wl);
	}
	world_sync(&world);
	wl_surface_commit(parent->wl);
	world_sync(&world);
	assert_int_equal(child->applied, 15);
	assert_int_equal(used(&world, LATCH_LIMIT_UPDATES), 0);

	/* Applied is applied, also where nobody takes the update. */
	struct wl_surface *untaken = wl_compositor_create_surface(world.compositor);
	struct wl_subsurface *untaken_role = wl_subcompositor_get_subsurface(
		world.subcompositor, untaken, parent->wl);
	for (int i = 0; i < 5; i++) {
		wl_surface_commit(untaken);
	}
	world_sync(&world);
	assert_true(used(&world, LATCH_LIMIT_UPDATES) >= 4);
	wl_surface_commit(parent->wl);
	world_sync(&world);
	assert_int_equal(used(&world, LATCH_LIMIT_UPDATES), 0);
	wl_subsurface_destroy(untaken_role);
	wl_surface_destroy(untaken);

	for (int i = 0; i < 22; i++) {
		wl_surface_commit(child->wl);
	}
	assert_refused(&world, "--limits updates=N");
	wl_proxy_destroy((struct wl_proxy *)role);
	world_finish(&world);
}

static void test_fences(void **state) {
	struct world world;
	struct latch_limits limits = limit_to(LATCH_LIMIT_FENCES, 2);
	world_init_with(&world, &limits, NULL);
	struct surface *a = surface_create(&world, 'a');
	int fence = kernel_fence_create(), never = kernel_fence_create();
	surface_draw(&world, a, fence);
	surface_draw(&world, a, never);
	assert_int_equal(used(&world, LATCH_LIMIT_FENCES), 2);
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(used(&world, LATCH_LIMIT_FENCES), 1);
	/* A signalled one is not watched. */
	surface_draw(&world, a, fence);
	surface_draw(&world, a, never);
	assert_false(world_is_refused(&world));
	surface_draw(&world, a, never);
	assert_refused(&world, "--limits fences=N");
	close(fence);
	close(never);
	world_finish(&world);
}

/* Fences that are set and never committed, each on a surface of its own. */
static void test_uncommitted_fds(void **state) {
	struct world world;
	struct latch_limits limits = limit_to(LATCH_LIMIT_FDS, 2);
	world_init_with(&world, &limits, NULL);
	int fence = kernel_fence_create();
	struct zwp_linux_surface_synchronization_v1 *sync[4];
	for (int i = 0; i < 4; i++) {
		struct surface *surface = surface_create(&world, (char)('a' + i));
		sync[i] = zwp_linux_explicit_synchronization_v1_get_synchronization(
			world.explicit, surface->wl);
	}
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[0], fence);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[1], fence);
	world_sync(&world);
	assert_int_equal(used(&world, LATCH_LIMIT_FDS), 2);
	zwp_linux_surface_synchronization_v1_destroy(sync[0]);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[2], fence);
	assert_false(world_is_refused(&world));
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync[3], fence);
	assert_refused(&world, "--limits fds=N");
	for (int i = 1; i < 4; i++) {
		wl_proxy_destroy((struct wl_proxy *)sync[i]);
	}
	close(fence);
	world_finish(&world);
}

struct other {
	struct world *world;
	struct wl_client *server;
	struct wl_display *display;
};

static void other_init(struct other *other, struct world *world) {
	*other = (struct other){.world = world};
	other->server = wire_connect(world_server_display(world), &other->display);
	assert_non_null(other->server);
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t serial) {
	*(bool *)data = true;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {.done = handle_done};

static bool other_is_answered(struct other *other) {
	bool done = false;
	wl_callback_add_listener(wl_display_sync(other->display), &callback_listener, &done);
	wl_display_flush(other->display);
	world_sync(other->world);
	wire_read(other->display);
	return done && wl_display_get_error(other->display) == 0;
}

/* Somebody else is served before, at and after the end. */
static void test_others_go_on(void **state) {
	struct world world;
	struct latch_limits limits = limit_to(LATCH_LIMIT_FENCES, 4);
	world_init_with(&world, &limits, NULL);
	struct other other;
	other_init(&other, &world);
	struct surface *a = surface_create(&world, 'a');
	int never = kernel_fence_create();
	for (int i = 0; i < 4; i++) {
		surface_draw(&world, a, never);
		assert_true(other_is_answered(&other));
	}
	surface_draw(&world, a, never);
	assert_refused(&world, "--limits fences=N");
	assert_true(other_is_answered(&other));
	wl_display_disconnect(other.display);
	close(never);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_cached_updates),
		cmocka_unit_test(test_fences),
		cmocka_unit_test(test_uncommitted_fds),
		cmocka_unit_test(test_others_go_on),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
