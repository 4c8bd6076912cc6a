/* Every error of the two explicit sync protocols, over the wire. */

#include <unistd.h>

#include "world.h"

/* What a row may use; all made before it runs. */
static struct {
	struct surface *surface;
	struct wl_buffer *dmabuf, *shm;
	int syncobj_fd, fence_fd;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
} scene;

struct row {
	const char *name;
	void (*run)(void);
	const char *interface;
	int code;
};

static struct wp_linux_drm_syncobj_surface_v1 *get_syncobj(void) {
	return surface_get_syncobj(scene.surface);
}

static struct zwp_linux_surface_synchronization_v1 *get_sync(void) {
	return surface_get_explicit(scene.surface);
}

static void ask_release(struct zwp_linux_surface_synchronization_v1 *sync) {
	static struct spoken spoken;
	get_release(sync, &spoken);
}

static void destroy_syncobj(struct wp_linux_drm_syncobj_surface_v1 *surface) {
	wp_linux_drm_syncobj_surface_v1_destroy(world_forget(surface));
}

static void commit(struct wl_buffer *buffer) {
	if (buffer != NULL) {
		wl_surface_attach(scene.surface->wl, buffer, 0, 0);
	}
	wl_surface_commit(scene.surface->wl);
}

static void acquire(struct wp_linux_drm_syncobj_surface_v1 *surface, uint32_t point) {
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(surface, scene.timeline, 0, point);
}

static void release(struct wp_linux_drm_syncobj_surface_v1 *surface, uint32_t point) {
	wp_linux_drm_syncobj_surface_v1_set_release_point(surface, scene.timeline, 0, point);
}

static void syncobj_surface_exists(void) {
	get_syncobj();
	get_syncobj();
}

static void syncobj_again_after_destroy(void) {
	destroy_syncobj(get_syncobj());
	get_syncobj();
}

static void syncobj_invalid_timeline(void) {
	timeline_import(scene.fence_fd);
}

static void syncobj_no_surface_acquire(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	surface_destroy(scene.surface);
	acquire(surface, 1);
}

static void syncobj_no_surface_release(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	surface_destroy(scene.surface);
	release(surface, 1);
}

static void syncobj_destroy_after_surface(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 1);
	surface_destroy(scene.surface);
	destroy_syncobj(surface);
}

static void syncobj_no_buffer(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 1);
	release(surface, 2);
	commit(NULL);
}

static void syncobj_null_buffer(void) {
	release(get_syncobj(), 2);
	wl_surface_attach(scene.surface->wl, NULL, 0, 0);
	commit(NULL);
}

static void syncobj_no_acquire_point(void) {
	release(get_syncobj(), 2);
	commit(scene.dmabuf);
}

static void syncobj_no_release_point(void) {
	acquire(get_syncobj(), 1);
	commit(scene.dmabuf);
}

static void syncobj_points_are_for_one_commit(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 1);
	release(surface, 2);
	commit(scene.dmabuf);
	commit(scene.dmabuf);
}

static void syncobj_conflicting_points(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 2);
	release(surface, 2);
	commit(scene.dmabuf);
}

static void syncobj_last_point_counts(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 9);
	release(surface, 2);
	acquire(surface, 1);
	commit(scene.dmabuf);
}

static void syncobj_unsupported_buffer(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 1);
	release(surface, 2);
	commit(scene.shm);
}

static void syncobj_points_go_with_the_object(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	acquire(surface, 1);
	destroy_syncobj(surface);
	commit(NULL);
}

static void syncobj_manager_may_go(void) {
	struct wp_linux_drm_syncobj_surface_v1 *surface = get_syncobj();
	wp_linux_drm_syncobj_manager_v1_destroy(world_forget(world.syncobj));
	release(surface, 2);
	commit(scene.dmabuf);
}

static void zwp_exists(void) {
	get_sync();
	get_sync();
}

static void zwp_invalid_fence(void) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(get_sync(), scene.syncobj_fd);
}

static void zwp_duplicate_fence(void) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync();
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, scene.fence_fd);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, scene.fence_fd);
}

static void zwp_duplicate_release(void) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync();
	ask_release(sync);
	ask_release(sync);
}

static void zwp_no_surface_fence(void) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync();
	surface_destroy(scene.surface);
	zwp_linux_surface_synchronization_v1_set_acquire_fence(sync, scene.fence_fd);
}

static void zwp_no_surface_release(void) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync();
	surface_destroy(scene.surface);
	ask_release(sync);
}

static void zwp_unsupported_buffer(void) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(get_sync(), scene.fence_fd);
	commit(scene.shm);
}

static void zwp_fence_no_buffer(void) {
	zwp_linux_surface_synchronization_v1_set_acquire_fence(get_sync(), scene.fence_fd);
	commit(NULL);
}

static void zwp_release_no_buffer(void) {
	ask_release(get_sync());
	commit(NULL);
}

static void zwp_release_outlives_object(void) {
	struct zwp_linux_surface_synchronization_v1 *sync = get_sync();
	ask_release(sync);
	zwp_linux_surface_synchronization_v1_destroy(world_forget(sync));
	commit(NULL);
}

static void zwp_shm_release(void) {
	ask_release(get_sync());
	commit(scene.shm);
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
	int dmabuf_fd = kernel_dmabuf_create(-1);
	scene.surface = surface_create('s');
	scene.dmabuf = world_keep(dmabuf_create(dmabuf_fd));
	scene.shm = world_keep(shm_create());
	scene.syncobj_fd = world_syncobj();
	scene.fence_fd = world_fence();
	scene.timeline = timeline_import(scene.syncobj_fd);
	close(dmabuf_fd);

	row->run();
	const char *interface = NULL;
	assert_int_equal(world_error(&interface), row->code);
	if (row->interface != NULL) {
		assert_string_equal(interface, row->interface);
	}
	/* In none of the rows has an acquire point or fence signalled. */
	assert_int_equal(scene.surface->update.record.sync == LATCH_SYNC_SYNCOBJ, 0);
}

int main(void) {
	enum { LEN = sizeof(rows) / sizeof(rows[0]) };
	struct CMUnitTest tests[LEN];
	for (size_t i = 0; i < LEN; i++) {
		tests[i] = (struct CMUnitTest){
			.name = rows[i].name,
			.test_func = test_row,
			.setup_func = setup,
			.teardown_func = teardown,
			.initial_state = (void *)&rows[i],
		};
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
