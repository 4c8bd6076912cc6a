/* wp_tearing_control_v1 over the wire. */

#include "world.h"

#define ASYNC WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC

static struct wp_tearing_control_v1 *get_control(struct surface *surface) {
	return world_keep(
		wp_tearing_control_manager_v1_get_tearing_control(world.tearing, surface->wl));
}

static bool is_async(struct surface *surface) {
	world_sync();
	return latch_surface_sync_is_async(surface->server);
}

static void commit(struct surface *surface) {
	wl_surface_commit(surface->wl);
}

/* A hint counts from the commit on, and until the commit after its object's end. */
static void test_hint_comes_and_goes_with_commits(void **state) {
	struct surface *a = surface_create('a');
	assert_false(is_async(a));
	struct wp_tearing_control_v1 *control = get_control(a);
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	assert_false(is_async(a));
	commit(a);
	assert_true(is_async(a));
	commit(a);
	assert_true(is_async(a));
	wp_tearing_control_v1_destroy(world_forget(control));
	assert_true(is_async(a));
	commit(a);
	assert_false(is_async(a));
	/* The surface may have another one now. */
	control = get_control(a);
	wp_tearing_control_v1_set_presentation_hint(control, 4711);
	commit(a);
	assert_false(is_async(a));
	assert_int_equal(world_error(NULL), -1);
}

/* It belongs to its update: one that waits for a fence brings it late, and one behind it keeps it. */
static void test_hint_waits_with_its_update(void **state) {
	struct surface *a = surface_create('a');
	struct wp_tearing_control_v1 *control = get_control(a);
	int fence = world_fence();
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	surface_draw(a, fence);
	surface_draw(a, -1);
	assert_false(is_async(a));
	world_signal(fence);
	assert_int_equal(a->applied, 2);
	assert_true(is_async(a));
}

static void test_inert_without_its_surface(void **state) {
	struct surface *a = surface_create('a');
	struct wp_tearing_control_v1 *control = get_control(a);
	surface_destroy(a);
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	wp_tearing_control_v1_destroy(world_forget(control));
	assert_int_equal(world_error(NULL), -1);
}

static void test_one_for_a_surface(void **state) {
	struct surface *a = surface_create('a');
	get_control(a);
	get_control(a);
	const char *interface = NULL;
	assert_int_equal(world_error(&interface),
		WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS);
	assert_string_equal(interface, "wp_tearing_control_manager_v1");
}

TEST_MAIN("tearing", TEST(test_hint_comes_and_goes_with_commits),
	TEST(test_hint_waits_with_its_update), TEST(test_inert_without_its_surface),
	TEST(test_one_for_a_surface))
