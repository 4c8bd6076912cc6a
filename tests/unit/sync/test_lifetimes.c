/* SPDX-License-Identifier: MIT */
/*
 * The objects of one content update go in every order: before its fence, at any moment between,
 * and after it. In none of them is the buffer given back twice, never, or too early.
 *
 * What has to hold: the update is applied when its fence has signalled, unless its surface went
 * before; the release speaks when the surface goes with the update still waiting, else when the
 * owner of the content lets go. world_finish() sees that no fd, handle or release is left.
 */

#include "world.h"

/* Points that lose their value when any of their bits is lost. */
#define ACQUIRE UINT64_C(0x8000000180000001)
#define RELEASE UINT64_C(0x8000000180000003)

enum object {
	BUFFER,
	SURFACE,
	SYNC,	  /* the surface's object of the protocol */
	TIMELINE, /* linux-drm-syncobj */
	GLOBAL,	  /* the other protocol has no timelines: its manager */
};

/* By linux-drm-syncobj-v1, else by zwp_linux_explicit_synchronization_v1. */
static bool by_points;

static struct {
	struct surface *surface;
	struct wl_buffer *buffer;
	struct points points;
	int fence_fd;
	struct zwp_linux_surface_synchronization_v1 *sync;
	struct spoken release;
} scene;

static void scene_init(void) {
	memset(&scene, 0, sizeof(scene));
	world_init();
	scene.surface = surface_create('a');
	scene.buffer = dmabuf_create(-1);
	if (by_points) {
		scene.points = points_create(scene.surface);
		points_set(&scene.points, ACQUIRE, RELEASE);
	} else {
		scene.fence_fd = world_fence();
		scene.sync = surface_get_explicit(scene.surface);
		zwp_linux_surface_synchronization_v1_set_acquire_fence(scene.sync, scene.fence_fd);
		get_release(scene.sync, &scene.release);
	}
	surface_commit(scene.surface, scene.buffer);
	assert_int_equal(scene.surface->applied, 0);
}

static void drop(enum object object) {
	switch (object) {
	case BUFFER:
		wl_buffer_destroy(scene.buffer);
		break;
	case SURFACE:
		surface_destroy(scene.surface);
		break;
	case SYNC:
		if (by_points) {
			wp_linux_drm_syncobj_surface_v1_destroy(world_forget(scene.points.surface));
		} else {
			zwp_linux_surface_synchronization_v1_destroy(world_forget(scene.sync));
		}
		break;
	case TIMELINE:
		wp_linux_drm_syncobj_timeline_v1_destroy(world_forget(scene.points.timeline));
		break;
	case GLOBAL:
		zwp_linux_explicit_synchronization_v1_destroy(world_forget(world.explicit));
		break;
	}
	world_sync();
	assert_int_equal(world_error(NULL), -1);
}

static void signal_fence(void) {
	if (by_points) {
		kernel_syncobj_signal(scene.points.fd, ACQUIRE);
	} else {
		kernel_fence_signal(scene.fence_fd, latch_now_ns());
	}
	world_sync();
}

static bool is_released(void) {
	return by_points ? kernel_syncobj_get(scene.points.fd) == RELEASE
			 : scene.release.immediate > 0;
}

/* @param applied whether the surface lived to see the fence */
static void check(bool surface_is_there, bool applied) {
	assert_int_equal(scene.surface->applied, applied);
	/* Ours from then on; with the surface otherwise. */
	assert_int_equal(is_released(), !applied && !surface_is_there);
	assert_true(scene.release.immediate <= 1);
}

static void scene_finish(bool applied) {
	if (applied) {
		assert_true(latch_release_is_owed(&scene.surface->update.release));
		surface_drop_release(scene.surface);
	}
	world_sync();
	assert_true(is_released());
	assert_int_equal(scene.release.immediate, !by_points);
	assert_int_equal(scene.release.fenced, 0);
	world_finish();
}

/* The objects go in this order; the fence signals before each of them in turn, and after all. */
static void run_order(const int *order, int len) {
	for (int fence_at = 0; fence_at <= len; fence_at++) {
		bool surface_is_there = true, applied = false;
		scene_init();
		for (int i = 0; i <= len; i++) {
			if (i == fence_at) {
				signal_fence();
				applied = surface_is_there;
				check(surface_is_there, applied);
			}
			if (i < len) {
				drop((enum object)order[i]);
				surface_is_there = surface_is_there && order[i] != SURFACE;
				check(surface_is_there, applied);
			}
		}
		scene_finish(applied);
	}
}

static void test_every_order(void **state) {
	for (int i = 0; i < 2; i++) {
		by_points = i == 0;
		int objects[] = {BUFFER, SURFACE, SYNC, by_points ? TIMELINE : GLOBAL};
		assert_int_equal(test_each_order(objects, 4, 0, run_order), 24);
	}
}

/* A timeline is nobody's own: each surface waits for its point of it, and a surface that goes
 * takes nothing from the others. */
static void test_surfaces_on_one_timeline(void **state) {
	enum { SURFACES = 4 };
	struct surface *surfaces[SURFACES];
	int acquire_fd = world_syncobj(), release_fds[SURFACES];
	struct wp_linux_drm_syncobj_timeline_v1 *acquire = timeline_import(acquire_fd);
	for (uint32_t i = 0; i < SURFACES; i++) {
		surfaces[i] = surface_create((char)('a' + i));
		release_fds[i] = world_syncobj();
		struct wp_linux_drm_syncobj_timeline_v1 *release = timeline_import(release_fds[i]);
		struct wp_linux_drm_syncobj_surface_v1 *sync = surface_get_syncobj(surfaces[i]);
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(sync, acquire, 0, 10 * (i + 1));
		wp_linux_drm_syncobj_surface_v1_set_release_point(sync, release, 0, 1);
		wp_linux_drm_syncobj_timeline_v1_destroy(world_forget(release));
		surface_draw(surfaces[i], -1);
	}
	wp_linux_drm_syncobj_timeline_v1_destroy(world_forget(acquire));
	world_sync();
	assert_int_equal(world_stats().held, SURFACES);

	surface_destroy(surfaces[1]);
	assert_true(kernel_syncobj_get(release_fds[1]) == 1);
	assert_int_equal(world_stats().held, SURFACES - 1);

	kernel_syncobj_signal(acquire_fd, 30);
	world_sync();
	assert_string_equal(world.order, "ac");
	assert_int_equal(surfaces[3]->applied, 0);
	kernel_syncobj_signal(acquire_fd, 40);
	world_sync();
	assert_string_equal(world.order, "acd");
	for (int i = 0; i < SURFACES; i++) {
		assert_int_equal(kernel_syncobj_get(release_fds[i]), i == 1);
		surface_drop_release(surfaces[i]);
		assert_int_equal(kernel_syncobj_get(release_fds[i]), 1);
	}
}

TEST_MAIN("lifetimes", UNIT(test_every_order), TEST(test_surfaces_on_one_timeline))
