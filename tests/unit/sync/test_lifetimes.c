/*
 * The objects of one content update go in every order: before its fence, at any moment between,
 * and after it. In none of them is the buffer given back twice, never, or too early.
 *
 * What has to hold: the update is applied when its fence has signalled, unless its surface went
 * before; the release speaks when the surface goes with the update still waiting, else when the
 * owner of the content lets go. world_finish() sees that no fd, handle or release is left.
 */
#include <unistd.h>

#include "sync/release.h"
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

struct scene {
	struct world world;
	bool points;
	struct surface *surface;
	struct wl_buffer *buffer;
	int fence_fd;
	/* linux-drm-syncobj-v1 */
	int syncobj_fd;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
	struct wp_linux_drm_syncobj_surface_v1 *points_of;
	/* zwp_linux_explicit_synchronization_v1 */
	struct zwp_linux_surface_synchronization_v1 *sync;
	struct zwp_linux_buffer_release_v1 *release;
	int released;
};

static void handle_fenced(void *data, struct zwp_linux_buffer_release_v1 *release, int32_t fd) {
	fail();
}

static void handle_immediate(void *data, struct zwp_linux_buffer_release_v1 *release) {
	((struct scene *)data)->released++;
}

static const struct zwp_linux_buffer_release_v1_listener release_listener = {
	.fenced_release = handle_fenced,
	.immediate_release = handle_immediate,
};

static void scene_init(struct scene *scene, bool points) {
	*scene = (struct scene){.points = points, .syncobj_fd = -1};
	struct world *world = &scene->world;
	world_init(world);
	scene->surface = surface_create(world, 'a');
	int fd = kernel_dmabuf_create(-1);
	scene->buffer = dmabuf_create(world, fd);
	close(fd);
	scene->fence_fd = kernel_fence_create();
	wl_surface_attach(scene->surface->wl, scene->buffer, 0, 0);
	if (points) {
		scene->syncobj_fd = kernel_syncobj_create();
		scene->timeline = wp_linux_drm_syncobj_manager_v1_import_timeline(
			world->syncobj, scene->syncobj_fd);
		scene->points_of = wp_linux_drm_syncobj_manager_v1_get_surface(
			world->syncobj, scene->surface->wl);
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(scene->points_of, scene->timeline,
			(uint32_t)(ACQUIRE >> 32), (uint32_t)ACQUIRE);
		wp_linux_drm_syncobj_surface_v1_set_release_point(scene->points_of, scene->timeline,
			(uint32_t)(RELEASE >> 32), (uint32_t)RELEASE);
	} else {
		scene->sync = zwp_linux_explicit_synchronization_v1_get_synchronization(
			world->explicit, scene->surface->wl);
		zwp_linux_surface_synchronization_v1_set_acquire_fence(
			scene->sync, scene->fence_fd);
		scene->release = zwp_linux_surface_synchronization_v1_get_release(scene->sync);
		zwp_linux_buffer_release_v1_add_listener(scene->release, &release_listener, scene);
	}
	wl_surface_commit(scene->surface->wl);
	world_sync(world);
	assert_int_equal(scene->surface->applied, 0);
}

static void drop(struct scene *scene, enum object object) {
	switch (object) {
	case BUFFER:
		wl_buffer_destroy(scene->buffer);
		scene->buffer = NULL;
		break;
	case SURFACE:
		surface_destroy(&scene->world, scene->surface);
		break;
	case SYNC:
		if (scene->points) {
			wp_linux_drm_syncobj_surface_v1_destroy(scene->points_of);
		} else {
			zwp_linux_surface_synchronization_v1_destroy(scene->sync);
		}
		break;
	case TIMELINE:
		wp_linux_drm_syncobj_timeline_v1_destroy(scene->timeline);
		break;
	case GLOBAL:
		zwp_linux_explicit_synchronization_v1_destroy(scene->world.explicit);
		scene->world.explicit = NULL;
		break;
	}
	world_sync(&scene->world);
	assert_int_equal(world_error(&scene->world, NULL), -1);
}

static void signal_fence(struct scene *scene) {
	if (scene->points) {
		kernel_syncobj_signal(scene->syncobj_fd, ACQUIRE);
	} else {
		kernel_fence_signal(scene->fence_fd, now_ns());
	}
	world_sync(&scene->world);
}

static bool is_released(const struct scene *scene) {
	return scene->points ? kernel_syncobj_get(scene->syncobj_fd) == RELEASE
			     : scene->released > 0;
}

/* @param applied whether the surface lived to see the fence */
static void check(const struct scene *scene, bool surface_is_there, bool applied) {
	assert_int_equal(scene->surface->applied, applied);
	/* Ours from then on; with the surface otherwise. */
	assert_int_equal(is_released(scene), !applied && !surface_is_there);
	assert_true(scene->released <= 1);
}

static void scene_finish(struct scene *scene, bool applied) {
	if (applied) {
		assert_non_null(scene->surface->update.release);
		latch_release_destroy(scene->surface->update.release);
		scene->surface->update.release = NULL;
	}
	world_sync(&scene->world);
	assert_true(is_released(scene));
	assert_int_equal(scene->released, !scene->points);
	if (!scene->points) {
		zwp_linux_buffer_release_v1_destroy(scene->release);
	} else {
		close(scene->syncobj_fd);
	}
	close(scene->fence_fd);
	world_finish(&scene->world);
}

/* The objects go in this order, with the fence before the one of this number. */
static void run_order(bool points, const enum object *order, int len, int fence_at) {
	struct scene scene;
	bool surface_is_there = true, applied = false;
	scene_init(&scene, points);
	for (int i = 0; i <= len; i++) {
		if (i == fence_at) {
			signal_fence(&scene);
			applied = surface_is_there;
			check(&scene, surface_is_there, applied);
		}
		if (i < len) {
			drop(&scene, order[i]);
			surface_is_there = surface_is_there && order[i] != SURFACE;
			check(&scene, surface_is_there, applied);
		}
	}
	scene_finish(&scene, applied);
}

/* Every order of the first len objects, by exchanging. Returns how many runs that were. */
static int run_orders(bool points, enum object *objects, int len, int from) {
	int runs = 0;
	if (from == len) {
		for (int fence_at = 0; fence_at <= len; fence_at++) {
			run_order(points, objects, len, fence_at);
			runs++;
		}
		return runs;
	}
	for (int i = from; i < len; i++) {
		enum object first = objects[from];
		objects[from] = objects[i];
		objects[i] = first;
		runs += run_orders(points, objects, len, from + 1);
		objects[i] = objects[from];
		objects[from] = first;
	}
	return runs;
}

static void test_syncobj_in_every_order(void **state) {
	enum object objects[] = {BUFFER, SURFACE, SYNC, TIMELINE};
	assert_int_equal(run_orders(true, objects, 4, 0), 24 * 5);
}

static void test_zwp_in_every_order(void **state) {
	enum object objects[] = {BUFFER, SURFACE, SYNC, GLOBAL};
	assert_int_equal(run_orders(false, objects, 4, 0), 24 * 5);
}

/* A timeline is nobody's own: each surface waits for its point of it, and a surface that goes
 * takes nothing from the others. */
static void test_surfaces_on_one_timeline(void **state) {
	enum { SURFACES = 4 };
	struct world world;
	struct surface *surfaces[SURFACES];
	struct wp_linux_drm_syncobj_surface_v1 *syncs[SURFACES];
	world_init(&world);
	int acquire_fd = kernel_syncobj_create(), release_fds[SURFACES];
	struct wp_linux_drm_syncobj_timeline_v1 *acquire =
		wp_linux_drm_syncobj_manager_v1_import_timeline(world.syncobj, acquire_fd);
	for (uint32_t i = 0; i < SURFACES; i++) {
		surfaces[i] = surface_create(&world, (char)('a' + i));
		release_fds[i] = kernel_syncobj_create();
		struct wp_linux_drm_syncobj_timeline_v1 *release =
			wp_linux_drm_syncobj_manager_v1_import_timeline(
				world.syncobj, release_fds[i]);
		syncs[i] = wp_linux_drm_syncobj_manager_v1_get_surface(
			world.syncobj, surfaces[i]->wl);
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			syncs[i], acquire, 0, 10 * (i + 1));
		wp_linux_drm_syncobj_surface_v1_set_release_point(syncs[i], release, 0, 1);
		wp_linux_drm_syncobj_timeline_v1_destroy(release);
		surface_draw(&world, surfaces[i], -1);
	}
	wp_linux_drm_syncobj_timeline_v1_destroy(acquire);
	world_sync(&world);
	assert_int_equal(world_stats(&world).held, SURFACES);

	surface_destroy(&world, surfaces[1]);
	assert_true(kernel_syncobj_get(release_fds[1]) == 1);
	assert_int_equal(world_stats(&world).held, SURFACES - 1);

	kernel_syncobj_signal(acquire_fd, 30);
	world_sync(&world);
	assert_string_equal(world.order, "ac");
	assert_int_equal(surfaces[3]->applied, 0);
	kernel_syncobj_signal(acquire_fd, 40);
	world_sync(&world);
	assert_string_equal(world.order, "acd");
	for (int i = 0; i < SURFACES; i++) {
		assert_int_equal(kernel_syncobj_get(release_fds[i]), i == 1);
		wp_linux_drm_syncobj_surface_v1_destroy(syncs[i]);
		latch_release_destroy(surfaces[i]->update.release);
		surfaces[i]->update.release = NULL;
		assert_int_equal(kernel_syncobj_get(release_fds[i]), 1);
		close(release_fds[i]);
	}
	close(acquire_fd);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syncobj_in_every_order),
		cmocka_unit_test(test_zwp_in_every_order),
		cmocka_unit_test(test_surfaces_on_one_timeline),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
