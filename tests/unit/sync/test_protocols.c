/* Every error of the two explicit sync protocols, over the wire. */

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "world.h"

/* What a row may use; all made before it runs. */
struct scene {
	struct world world;
	struct surface *surface;
	struct wl_buffer *dmabuf, *shm;
	int syncobj_fd, fence_fd;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;

	/* The client's objects that are left when the row has run. */
	struct wl_proxy *proxies[16];
	size_t num_proxies;
};

struct row {
	const char *name;
	void (*run)(struct scene *scene);
	const char *interface;
	int code;
};

static void *keep(struct scene *scene, void *proxy) {
	assert_true(scene->num_proxies < 16);
	scene->proxies[scene->num_proxies++] = proxy;
	return proxy;
}

static void forget(struct scene *scene, void *proxy) {
	for (size_t i = 0; i < scene->num_proxies; i++) {
		if (scene->proxies[i] == proxy) {
			scene->proxies[i] = scene->proxies[--scene->num_proxies];
		}
	}
}

static struct wp_linux_drm_syncobj_surface_v1 *get_syncobj(struct scene *scene) {
	return keep(scene, wp_linux_drm_syncobj_manager_v1_get_surface(
				   scene->world.syncobj, scene->surface->wl));
}

static struct zwp_linux_surface_synchronization_v1 *get_sync(struct scene *scene) {
	return keep(scene, zwp_linux_explicit_synchronization_v1_get_synchronization(
				   scene->world.explicit, scene->surface->wl));
}

static void get_release(struct scene *scene, struct zwp_linux_surface_synchronization_v1 *sync) {
	keep(scene, zwp_linux_surface_synchronization_v1_get_release(sync));
}

static void destroy_syncobj(struct scene *scene, struct wp_linux_drm_syncobj_surface_v1 *surface) {
	forget(scene, surface);
	wp_linux_drm_syncobj_surface_v1_destroy(surface);
}

static void commit(struct scene *scene, struct wl_buffer *buffer) {
	if (buffer != NULL) {
		wl_surface_attach(scene->surface->wl, buffer, 0, 0);
	}
	wl_surface_commit(scene->surface->wl);
}

static void acquire(
	struct scene *scene, struct wp_linux_drm_syncobj_surface_v1 *surface, uint32_t point) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(surface, scene->timeline, 0, point);
}

static void release(
	struct scene *scene, struct wp_linux_drm_syncobj_surface_v1 *surface, uint32_t point) {
	wp_linux_drm_syncobj_surface_v1_set_release_point(surface, scene->timeline, 0, point);
}

static void syncobj_surface_exists(struct scene *scene) {
	get_syncobj(scene);
	get_syncobj(scene);
}

static void syncobj_again_after_destroy(struct scene *scene) {
	destroy_syncobj(scene, get_syncobj(scene));
	get_syncobj(scene);
}

static void syncobj_invalid_timeline(struct scene *scene) {
	keep(scene, wp_linux_drm_syncobj_manager_v1_import_timeline(
			    scene->world.syncobj, scene->fence_fd));
}

static void syncobj_no_surface_acquire(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	surface_destroy(&scene->world, scene->surface);
	acquire(scene, surface, 1);
}

static void syncobj_no_surface_release(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	surface_destroy(&scene->world, scene->surface);
	release(scene, surface, 1);
}

static void syncobj_destroy_after_surface(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 1);
	surface_destroy(&scene->world, scene->surface);
	destroy_syncobj(scene, surface);
}

static void syncobj_no_buffer(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 1);
	release(scene, surface, 2);
	commit(scene, NULL);
}

static void syncobj_null_buffer(struct scene *scene) {
	release(scene, get_syncobj(scene), 2);
	wl_surface_attach(scene->surface->wl, NULL, 0, 0);
	commit(scene, NULL);
}

static void syncobj_no_acquire_point(struct scene *scene) {
	release(scene, get_syncobj(scene), 2);
	commit(scene, scene->dmabuf);
}

static void syncobj_no_release_point(struct scene *scene) {
	acquire(scene, get_syncobj(scene), 1);
	commit(scene, scene->dmabuf);
}

static void syncobj_points_are_for_one_commit(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 1);
	release(scene, surface, 2);
	commit(scene, scene->dmabuf);
	commit(scene, scene->dmabuf);
}

static void syncobj_conflicting_points(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 2);
	release(scene, surface, 2);
	commit(scene, scene->dmabuf);
}

static void syncobj_last_point_counts(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 9);
	release(scene, surface, 2);
	acquire(scene, surface, 1);
	commit(scene, scene->dmabuf);
}

static void syncobj_unsupported_buffer(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 1);
	release(scene, surface, 2);
	commit(scene, scene->shm);
}

static void syncobj_points_go_with_the_object(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	acquire(scene, surface, 1);
	destroy_syncobj(scene, surface);
	commit(scene, NULL);
}

static void syncobj_manager_may_go(struct scene *scene) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj(scene);
	wp_linux_drm_syncobj_manager_v1_destroy(scene->world.syncobj);
	scene->world.syncobj = NULL;
	release(scene, surface, 2);
	commit(scene, scene->dmabuf);
}

static void zwp_exists(struct scene *scene) {
	get_sync(scene);
	get_sync(scene);
}

static void zwp_invalid_fence(struct scene *scene) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(get_sync(scene), scene->syncobj_fd);
}

static void zwp_duplicate_fence(struct scene *scene) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync(scene);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, scene->fence_fd);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, scene->fence_fd);
}

static void zwp_duplicate_release(struct scene *scene) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync(scene);
	get_release(scene, sync);
	get_release(scene, sync);
}

static void zwp_no_surface_fence(struct scene *scene) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync(scene);
	surface_destroy(&scene->world, scene->surface);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, scene->fence_fd);
}

static void zwp_no_surface_release(struct scene *scene) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync(scene);
	surface_destroy(&scene->world, scene->surface);
	get_release(scene, sync);
}

static void zwp_unsupported_buffer(struct scene *scene) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(get_sync(scene), scene->fence_fd);
	commit(scene, scene->shm);
}

static void zwp_fence_no_buffer(struct scene *scene) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(get_sync(scene), scene->fence_fd);
	commit(scene, NULL);
}

static void zwp_release_no_buffer(struct scene *scene) {
	get_release(scene, get_sync(scene));
	commit(scene, NULL);
}

static void zwp_release_outlives_object(struct scene *scene) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync(scene);
	get_release(scene, sync);
	forget(scene, sync);
	zwp_linux_surface_synchronization_v1_destroy(sync);
	commit(scene, NULL);
}

static void zwp_shm_release(struct scene *scene) {
	get_release(scene, get_sync(scene));
	commit(scene, scene->shm);
}

#define MANAGER "wp_linux_drm_syncobj_manager_v1"
#define SURFACE "wp_linux_drm_syncobj_surface_v1"
#define EXPLICIT "zwp_linux_explicit_synchronization_v1"
#define SYNC "zwp_linux_surface_synchronization_v1"
#define FINE NULL, -1

/* The codes are those of the XML, in numbers, so that a slip in a name shows. */
static const struct row rows[] = {
	{"surface_exists", syncobj_surface_exists, MANAGER, 0},
	{"get_surface again after destroy", syncobj_again_after_destroy, FINE},
	{"invalid_timeline", syncobj_invalid_timeline, MANAGER, 1},
	{"no_surface, acquire", syncobj_no_surface_acquire, SURFACE, 1},
	{"no_surface, release", syncobj_no_surface_release, SURFACE, 1},
	{"destroyed after its surface", syncobj_destroy_after_surface, FINE},
	{"no_buffer", syncobj_no_buffer, SURFACE, 3},
	{"no_buffer, null attached", syncobj_null_buffer, SURFACE, 3},
	{"no_acquire_point", syncobj_no_acquire_point, SURFACE, 4},
	{"no_release_point", syncobj_no_release_point, SURFACE, 5},
	{"points are for one commit", syncobj_points_are_for_one_commit, SURFACE, 4},
	{"conflicting_points", syncobj_conflicting_points, SURFACE, 6},
	{"last point counts", syncobj_last_point_counts, FINE},
	{"unsupported_buffer", syncobj_unsupported_buffer, SURFACE, 2},
	{"points go with the object", syncobj_points_go_with_the_object, FINE},
	{"manager may go", syncobj_manager_may_go, SURFACE, 4},
	{"synchronization_exists", zwp_exists, EXPLICIT, 0},
	{"invalid_fence", zwp_invalid_fence, SYNC, 0},
	{"duplicate_fence", zwp_duplicate_fence, SYNC, 1},
	{"duplicate_release", zwp_duplicate_release, SYNC, 2},
	{"no_surface, fence", zwp_no_surface_fence, SYNC, 3},
	{"no_surface, get_release", zwp_no_surface_release, SYNC, 3},
	{"unsupported_buffer, zwp", zwp_unsupported_buffer, SYNC, 4},
	{"no_buffer, fence", zwp_fence_no_buffer, SYNC, 5},
	{"no_buffer, get_release", zwp_release_no_buffer, SYNC, 5},
	{"release outlives its object", zwp_release_outlives_object, FINE},
	{"release of shared memory", zwp_shm_release, FINE},
};

static void test_row(void **state) {
	const struct row *row = *state;
	struct scene scene = {0};
	world_init(&scene.world);
	scene.surface = surface_create(&scene.world, 's');
	int dmabuf_fd = kernel_dmabuf_create(-1);
	scene.dmabuf = keep(&scene, dmabuf_create(&scene.world, dmabuf_fd));
	scene.shm = keep(&scene, shm_create(&scene.world));
	scene.syncobj_fd = kernel_syncobj_create();
	scene.fence_fd = kernel_fence_create();
	scene.timeline = keep(&scene, wp_linux_drm_syncobj_manager_v1_import_timeline(
					      scene.world.syncobj, scene.syncobj_fd));

	row->run(&scene);
	const char *interface = NULL;
	assert_int_equal(world_error(&scene.world, &interface), row->code);
	if (row->interface != NULL) {
		assert_string_equal(interface, row->interface);
	}
	/* In none of the rows has an acquire point or fence signalled. */
	assert_int_equal(scene.surface->update.kind == LATCH_SYNC_SYNCOBJ, 0);

	close(dmabuf_fd);
	close(scene.syncobj_fd);
	close(scene.fence_fd);
	for (size_t i = 0; i < scene.num_proxies; i++) {
		wl_proxy_destroy(scene.proxies[i]);
	}
	world_finish(&scene.world);
}

int main(void) {
	enum { LEN = sizeof(rows) / sizeof(rows[0]) };
	struct CMUnitTest tests[LEN];
	for (size_t i = 0; i < LEN; i++) {
		tests[i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = test_row,
			.initial_state = (void *)&rows[i],
		};
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
