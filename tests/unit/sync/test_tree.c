/* Subsurfaces in the gate: what is shown together, and in which order. */

#include <string.h>
#include <unistd.h>

#include "world.h"

/* A parent p with a synchronised child c, both with a buffer, applied once. */
static struct surface *parent, *child;
static struct wl_subsurface *subsurface;

static int setup_family(void **state) {
	world_init();
	parent = surface_create('p');
	child = surface_create('c');
	subsurface = surface_make_child(child, parent);
	surface_draw(child, -1);
	surface_draw(parent, -1);
	assert_int_equal(parent->applied, 1);
	assert_int_equal(child->applied, 1);
	memset(world.order, 0, sizeof(world.order));
	return 0;
}

static void destroy_subsurface(void) {
	wl_subsurface_destroy(world_forget(subsurface));
}

static void test_parent_waits_for_child(void **state) {
	int fence = world_fence();
	surface_draw(child, fence);
	surface_draw(parent, -1);
	assert_string_equal(world.order, "");
	world_signal(fence);
	assert_string_equal(world.order, "cp");
	assert_non_null(parent->update.record.held_by);
	assert_true(parent->update.record.signalled_ns == parent->update.record.commit_ns);
}

/* The parent's commit brings no buffer, and waits all the same. */
static void test_parent_without_buffer_waits(void **state) {
	int fence = world_fence();
	surface_draw(child, fence);
	wl_surface_commit(parent->wl);
	world_sync();
	assert_string_equal(world.order, "");
	world_signal(fence);
	assert_string_equal(world.order, "cp");
}

static void test_child_waits_for_parent(void **state) {
	int fence = world_fence();
	surface_draw(child, -1);
	surface_draw(parent, fence);
	assert_string_equal(world.order, "");
	world_signal(fence);
	assert_string_equal(world.order, "cp");
}

/* The child's fence signals before the parent commits at all: nothing is shown until then. */
static void test_child_ready_first(void **state) {
	int fence = world_fence();
	surface_draw(child, fence);
	world_signal(fence);
	assert_string_equal(world.order, "");
	surface_draw(parent, -1);
	assert_string_equal(world.order, "cp");
}

static void test_desynchronised_is_independent(void **state) {
	wl_subsurface_set_desync(subsurface);
	int of_child = world_fence(), of_parent = world_fence();
	surface_draw(child, of_child);
	surface_draw(parent, -1);
	assert_string_equal(world.order, "p");
	surface_draw(parent, of_parent);
	world_signal(of_child);
	assert_string_equal(world.order, "pc");
	surface_draw(child, -1);
	assert_string_equal(world.order, "pcc");
	world_signal(of_parent);
	assert_string_equal(world.order, "pccp");
}

/* What the child commits while its parent is held belongs to the parent's next update, whether
 * its fence is done before, after, or it has none. */
static void next_update_does_not_slip_in(bool with_first) {
	int first = world_fence(), second = world_fence();
	if (with_first) {
		surface_draw(child, -1);
	}
	surface_draw(parent, first);
	surface_draw(child, -1);
	surface_draw(child, second);
	uint64_t newest = child->update.id;
	world_signal(first);
	assert_string_equal(world.order, with_first ? "cp" : "p");
	world_signal(second);
	assert_string_equal(world.order, with_first ? "cp" : "p");
	surface_draw(parent, -1);
	assert_string_equal(world.order, with_first ? "cpccp" : "pccp");
	assert_true(child->update.id > newest);
}

static void test_next_update_does_not_slip_in(void **state) {
	next_update_does_not_slip_in(false);
}

static void test_next_update_behind_another(void **state) {
	next_update_does_not_slip_in(true);
}

/* Two of the parent's updates wait, each with one of the child. */
static void test_two_generations(void **state) {
	int first = world_fence(), second = world_fence();
	surface_draw(child, first);
	surface_draw(parent, -1);
	surface_draw(child, second);
	surface_draw(parent, -1);
	surface_draw(child, -1);
	world_signal(first);
	assert_string_equal(world.order, "cp");
	world_signal(second);
	assert_string_equal(world.order, "cpcp");
	wl_surface_commit(parent->wl);
	world_sync();
	assert_string_equal(world.order, "cpcpcp");
}

/* The lock that was handed to wlr_subsurface is given up by set_desync. */
static void test_set_desync_after_barrier(void **state) {
	int fence = world_fence();
	surface_draw(parent, fence);
	surface_draw(child, -1);
	world_signal(fence);
	assert_string_equal(world.order, "p");
	wl_subsurface_set_desync(subsurface);
	world_sync();
	assert_string_equal(world.order, "pc");
	surface_draw(child, -1);
	assert_string_equal(world.order, "pcc");
}

/* set_desync while the barrier stands: it ends with the parent's update at the latest. */
static void test_set_desync_before_barrier_ends(void **state) {
	int fence = world_fence();
	surface_draw(parent, fence);
	surface_draw(child, -1);
	wl_subsurface_set_desync(subsurface);
	world_sync();
	world_signal(fence);
	assert_string_equal(world.order, "cp");
}

/* g > p > c, c desynchronised: by its ancestor's mode it is synchronised all the same. */
static void test_nested(void **state) {
	struct surface *g = surface_create('g'), *p = surface_create('p'), *c = surface_create('c');
	surface_make_child(p, g);
	struct wl_subsurface *cp = surface_make_child(c, p);
	wl_subsurface_set_desync(cp);
	int fence = world_fence();
	surface_draw(c, fence);
	surface_draw(p, -1);
	surface_draw(g, -1);
	assert_string_equal(world.order, "");
	world_signal(fence);
	assert_int_equal(c->applied, 1);
	assert_int_equal(p->applied, 1);
	assert_int_equal(g->applied, 1);

	/* The next one of c, while p waits for g: not with this p. */
	surface_draw(p, -1);
	surface_draw(c, -1);
	wl_surface_commit(g->wl);
	world_sync();
	assert_int_equal(p->applied, 2);
	assert_int_equal(c->applied, 1);
	wl_surface_commit(p->wl);
	wl_surface_commit(g->wl);
	world_sync();
	assert_int_equal(c->applied, 2);
}

static void test_child_destroyed_while_parent_waits(void **state) {
	int never = world_fence();
	surface_draw(child, never);
	surface_draw(parent, -1);
	assert_string_equal(world.order, "");
	destroy_subsurface();
	surface_destroy(child);
	assert_string_equal(world.order, "p");
}

static void test_parent_destroyed_while_it_waits(void **state) {
	int never = world_fence();
	surface_draw(parent, never);
	surface_draw(child, -1);
	surface_draw(child, -1);
	surface_destroy(parent);
	/* Without a parent nothing holds the child's updates back. */
	assert_string_equal(world.order, "cc");
	assert_int_equal(world_stats().held, 0);
}

static void test_role_destroyed_behind_barrier(void **state) {
	int fence = world_fence();
	surface_draw(parent, fence);
	surface_draw(child, -1);
	destroy_subsurface();
	world_sync();
	world_signal(fence);
	assert_int_equal(parent->applied, 2);
	assert_int_equal(child->applied, 2);
}

static void test_killed_with_everything_pending(void **state) {
	int fences[3] = {world_fence(), world_fence(), world_fence()};
	surface_draw(child, fences[0]);
	surface_draw(parent, fences[1]);
	surface_draw(child, fences[2]);
	surface_draw(parent, -1);
	surface_draw(child, -1);
	destroy_subsurface();
	world_kill_client();
	for (int i = 0; i < 3; i++) {
		kernel_fence_signal(fences[i], 1);
	}
}

/* A test of the two. */
#define FAMILY(function) cmocka_unit_test_setup_teardown(function, setup_family, teardown)

TEST_MAIN("tree", FAMILY(test_parent_waits_for_child), FAMILY(test_parent_without_buffer_waits),
	FAMILY(test_child_waits_for_parent), FAMILY(test_child_ready_first),
	FAMILY(test_desynchronised_is_independent), FAMILY(test_next_update_does_not_slip_in),
	FAMILY(test_next_update_behind_another), FAMILY(test_two_generations),
	FAMILY(test_set_desync_after_barrier), FAMILY(test_set_desync_before_barrier_ends),
	TEST(test_nested), FAMILY(test_child_destroyed_while_parent_waits),
	FAMILY(test_parent_destroyed_while_it_waits), FAMILY(test_role_destroyed_behind_barrier),
	FAMILY(test_killed_with_everything_pending))
