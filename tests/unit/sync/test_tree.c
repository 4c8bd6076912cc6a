/* Subsurfaces in the gate: what is shown together, and in which order. */

#include <string.h>
#include <unistd.h>

#include "world.h"

struct family {
	struct world world;
	struct surface *parent, *child;
	struct wl_subsurface *subsurface;
};

/* A parent p with a synchronised child c, both with a buffer, applied once. */
static void family_init(struct family *family) {
	world_init(&family->world);
	family->parent = surface_create(&family->world, 'p');
	family->child = surface_create(&family->world, 'c');
	family->subsurface = surface_make_child(&family->world, family->child, family->parent);
	surface_draw(&family->world, family->child, -1);
	surface_draw(&family->world, family->parent, -1);
	assert_int_equal(family->parent->applied, 1);
	assert_int_equal(family->child->applied, 1);
	memset(family->world.order, 0, sizeof(family->world.order));
}

static void family_finish(struct family *family) {
	if (family->subsurface != NULL && family->world.client != NULL) {
		wl_subsurface_destroy(family->subsurface);
	}
	world_finish(&family->world);
}

static void signal_and_sync(struct family *family, int fence) {
	kernel_fence_signal(fence, now_ns());
	world_sync(&family->world);
}

static void test_parent_waits_for_child(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.child, fence);
	surface_draw(&f.world, f.parent, -1);
	assert_string_equal(f.world.order, "");
	signal_and_sync(&f, fence);
	assert_string_equal(f.world.order, "cp");
	assert_true(f.parent->update.held);
	assert_true(f.parent->update.signalled_ns == f.parent->update.commit_ns);
	close(fence);
	family_finish(&f);
}

/* The parent's commit brings no buffer, and waits all the same. */
static void test_parent_without_buffer_waits(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.child, fence);
	wl_surface_commit(f.parent->wl);
	world_sync(&f.world);
	assert_string_equal(f.world.order, "");
	signal_and_sync(&f, fence);
	assert_string_equal(f.world.order, "cp");
	close(fence);
	family_finish(&f);
}

static void test_child_waits_for_parent(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.child, -1);
	surface_draw(&f.world, f.parent, fence);
	assert_string_equal(f.world.order, "");
	signal_and_sync(&f, fence);
	assert_string_equal(f.world.order, "cp");
	close(fence);
	family_finish(&f);
}

/* The child's fence signals before the parent commits at all: nothing is shown until then. */
static void test_child_ready_first(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.child, fence);
	signal_and_sync(&f, fence);
	assert_string_equal(f.world.order, "");
	surface_draw(&f.world, f.parent, -1);
	assert_string_equal(f.world.order, "cp");
	close(fence);
	family_finish(&f);
}

static void test_desynchronised_is_independent(void **state) {
	struct family f;
	family_init(&f);
	wl_subsurface_set_desync(f.subsurface);
	int child = kernel_fence_create(), parent = kernel_fence_create();
	surface_draw(&f.world, f.child, child);
	surface_draw(&f.world, f.parent, -1);
	assert_string_equal(f.world.order, "p");
	surface_draw(&f.world, f.parent, parent);
	signal_and_sync(&f, child);
	assert_string_equal(f.world.order, "pc");
	surface_draw(&f.world, f.child, -1);
	assert_string_equal(f.world.order, "pcc");
	signal_and_sync(&f, parent);
	assert_string_equal(f.world.order, "pccp");
	close(child);
	close(parent);
	family_finish(&f);
}

/* What the child commits while its parent is held belongs to the parent's next update, whether
 * its fence is done before, after, or it has none. */
static void test_next_update_does_not_slip_in(void **state) {
	for (int with_first = 0; with_first < 2; with_first++) {
		struct family f;
		family_init(&f);
		int first = kernel_fence_create(), second = kernel_fence_create();
		if (with_first) {
			surface_draw(&f.world, f.child, -1);
		}
		surface_draw(&f.world, f.parent, first);
		surface_draw(&f.world, f.child, -1);
		surface_draw(&f.world, f.child, second);
		uint64_t newest = f.child->update.id;
		signal_and_sync(&f, first);
		assert_string_equal(f.world.order, with_first ? "cp" : "p");
		signal_and_sync(&f, second);
		assert_string_equal(f.world.order, with_first ? "cp" : "p");
		surface_draw(&f.world, f.parent, -1);
		assert_string_equal(f.world.order, with_first ? "cpccp" : "pccp");
		assert_true(f.child->update.id > newest);
		close(first);
		close(second);
		family_finish(&f);
	}
}

/* Two of the parent's updates wait, each with one of the child. */
static void test_two_generations(void **state) {
	struct family f;
	family_init(&f);
	int first = kernel_fence_create(), second = kernel_fence_create();
	surface_draw(&f.world, f.child, first);
	surface_draw(&f.world, f.parent, -1);
	surface_draw(&f.world, f.child, second);
	surface_draw(&f.world, f.parent, -1);
	surface_draw(&f.world, f.child, -1);
	signal_and_sync(&f, first);
	assert_string_equal(f.world.order, "cp");
	signal_and_sync(&f, second);
	assert_string_equal(f.world.order, "cpcp");
	wl_surface_commit(f.parent->wl);
	world_sync(&f.world);
	assert_string_equal(f.world.order, "cpcpcp");
	close(first);
	close(second);
	family_finish(&f);
}

/* The lock that was handed to wlr_subsurface is given up by set_desync. */
static void test_set_desync_after_barrier(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.parent, fence);
	surface_draw(&f.world, f.child, -1);
	signal_and_sync(&f, fence);
	assert_string_equal(f.world.order, "p");
	wl_subsurface_set_desync(f.subsurface);
	world_sync(&f.world);
	assert_string_equal(f.world.order, "pc");
	surface_draw(&f.world, f.child, -1);
	assert_string_equal(f.world.order, "pcc");
	close(fence);
	family_finish(&f);
}

/* set_desync while the barrier stands: it ends with the parent's update at the latest. */
static void test_set_desync_before_barrier_ends(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.parent, fence);
	surface_draw(&f.world, f.child, -1);
	wl_subsurface_set_desync(f.subsurface);
	world_sync(&f.world);
	signal_and_sync(&f, fence);
	assert_string_equal(f.world.order, "cp");
	close(fence);
	family_finish(&f);
}

/* g > p > c, c desynchronised: by its ancestor's mode it is synchronised all the same. */
static void test_nested(void **state) {
	struct world world;
	world_init(&world);
	struct surface *g = surface_create(&world, 'g'), *p = surface_create(&world, 'p'),
		       *c = surface_create(&world, 'c');
	struct wl_subsurface *pg = surface_make_child(&world, p, g);
	struct wl_subsurface *cp = surface_make_child(&world, c, p);
	wl_subsurface_set_desync(cp);
	int fence = kernel_fence_create();
	surface_draw(&world, c, fence);
	surface_draw(&world, p, -1);
	surface_draw(&world, g, -1);
	assert_string_equal(world.order, "");
	kernel_fence_signal(fence, now_ns());
	world_sync(&world);
	assert_int_equal(c->applied, 1);
	assert_int_equal(p->applied, 1);
	assert_int_equal(g->applied, 1);

	/* The next one of c, while p waits for g: not with this p. */
	surface_draw(&world, p, -1);
	surface_draw(&world, c, -1);
	wl_surface_commit(g->wl);
	world_sync(&world);
	assert_int_equal(p->applied, 2);
	assert_int_equal(c->applied, 1);
	wl_surface_commit(p->wl);
	wl_surface_commit(g->wl);
	world_sync(&world);
	assert_int_equal(c->applied, 2);
	wl_subsurface_destroy(cp);
	wl_subsurface_destroy(pg);
	close(fence);
	world_finish(&world);
}

static void test_child_destroyed_while_parent_waits(void **state) {
	struct family f;
	family_init(&f);
	int never = kernel_fence_create();
	surface_draw(&f.world, f.child, never);
	surface_draw(&f.world, f.parent, -1);
	assert_string_equal(f.world.order, "");
	wl_subsurface_destroy(f.subsurface);
	f.subsurface = NULL;
	surface_destroy(&f.world, f.child);
	assert_string_equal(f.world.order, "p");
	close(never);
	family_finish(&f);
}

static void test_parent_destroyed_while_it_waits(void **state) {
	struct family f;
	family_init(&f);
	int never = kernel_fence_create();
	surface_draw(&f.world, f.parent, never);
	surface_draw(&f.world, f.child, -1);
	surface_draw(&f.world, f.child, -1);
	surface_destroy(&f.world, f.parent);
	/* Without a parent nothing holds the child's updates back. */
	assert_string_equal(f.world.order, "cc");
	assert_int_equal(world_stats(&f.world).held, 0);
	close(never);
	family_finish(&f);
}

static void test_role_destroyed_behind_barrier(void **state) {
	struct family f;
	family_init(&f);
	int fence = kernel_fence_create();
	surface_draw(&f.world, f.parent, fence);
	surface_draw(&f.world, f.child, -1);
	wl_subsurface_destroy(f.subsurface);
	f.subsurface = NULL;
	world_sync(&f.world);
	signal_and_sync(&f, fence);
	assert_int_equal(f.parent->applied, 2);
	assert_int_equal(f.child->applied, 2);
	close(fence);
	family_finish(&f);
}

static void test_killed_with_everything_pending(void **state) {
	struct family f;
	family_init(&f);
	int fences[3] = {kernel_fence_create(), kernel_fence_create(), kernel_fence_create()};
	surface_draw(&f.world, f.child, fences[0]);
	surface_draw(&f.world, f.parent, fences[1]);
	surface_draw(&f.world, f.child, fences[2]);
	surface_draw(&f.world, f.parent, -1);
	surface_draw(&f.world, f.child, -1);
	wl_subsurface_destroy(f.subsurface);
	f.subsurface = NULL;
	world_kill_client(&f.world);
	for (int i = 0; i < 3; i++) {
		kernel_fence_signal(fences[i], 1);
		close(fences[i]);
	}
	family_finish(&f);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parent_waits_for_child),
		cmocka_unit_test(test_parent_without_buffer_waits),
		cmocka_unit_test(test_child_waits_for_parent),
		cmocka_unit_test(test_child_ready_first),
		cmocka_unit_test(test_desynchronised_is_independent),
		cmocka_unit_test(test_next_update_does_not_slip_in),
		cmocka_unit_test(test_two_generations),
		cmocka_unit_test(test_set_desync_after_barrier),
		cmocka_unit_test(test_set_desync_before_barrier_ends),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_child_destroyed_while_parent_waits),
		cmocka_unit_test(test_parent_destroyed_while_it_waits),
		cmocka_unit_test(test_role_destroyed_behind_barrier),
		cmocka_unit_test(test_killed_with_everything_pending),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
