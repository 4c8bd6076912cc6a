/* wp_tearing_control_v1 over the wire. */

#include <unistd.h>

#include "world.h"

#define ASYNC WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC

static struct wp_tearing_control_v1 *get_control(struct world *world, struct surface *surface) {
	return wp_tearing_control_manager_v1_get_tearing_control(world->tearing, surface->wl);
}

static bool is_async(struct world *world, struct surface *surface) {
	world_sync(world);
	return latch_surface_sync_is_async(surface->server);
}

static void commit(struct surface *surface) {
	wl_surface_commit(surface->wl);
}

/* A hint counts from the commit on, and until the commit after its object's end. */
static void test_hint_comes_and_goes_with_commits(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	assert_false(is_async(&world, a));
	struct wp_tearing_control_v1 *control = get_control(&world, a);
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	assert_false(is_async(&world, a));
	commit(a);
	assert_true(is_async(&world, a));
	commit(a);
	assert_true(is_async(&world, a));
	wp_tearing_control_v1_destroy(control);
	assert_true(is_async(&world, a));
	commit(a);
	assert_false(is_async(&world, a));
	/* The surface may have another one now. */
	control = get_control(&world, a);
	wp_tearing_control_v1_set_presentation_hint(control, 4711);
	commit(a);
	assert_false(is_async(&world, a));
	assert_int_equal(world_error(&world, NULL), -1);
	wp_tearing_control_v1_destroy(control);
	world_finish(&world);
}

/* It belongs to its update: one that waits for a fence brings it late, and one behind it keeps it. */
static void test_hint_waits_with_its_update(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_tearing_control_v1 *control = get_control(&world, a);
	int fence = kernel_fence_create();
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	surface_draw(&world, a, fence);
	surface_draw(&world, a, -1);
	assert_false(is_async(&world, a));
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(a->applied, 2);
	assert_true(is_async(&world, a));
	close(fence);
	wp_tearing_control_v1_destroy(control);
	world_finish(&world);
}

static void test_inert_without_its_surface(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_tearing_control_v1 *control = get_control(&world, a);
	surface_destroy(&world, a);
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	wp_tearing_control_v1_destroy(control);
	assert_int_equal(world_error(&world, NULL), -1);
	world_finish(&world);
}

static void test_one_for_a_surface(void **state) {
	struct world world;
	world_init(&world);
	struct surface *a = surface_create(&world, 'a');
	struct wp_tearing_control_v1 *first = get_control(&world, a), *second = get_control(&world, a);
	const char *interface = NULL;
	assert_int_equal(world_error(&world, &interface),
		WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS);
	assert_string_equal(interface, "wp_tearing_control_manager_v1");
	wl_proxy_destroy((struct wl_proxy *)second);
	wl_proxy_destroy((struct wl_proxy *)first);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hint_comes_and_goes_with_commits),
		cmocka_unit_test(test_hint_waits_with_its_update),
		cmocka_unit_test(test_inert_without_its_surface),
		cmocka_unit_test(test_one_for_a_surface),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
