/* SPDX-License-Identifier: MIT */
/* Every error of the protocols that a surface's objects belong to, over the wire, by steps. */

#include "world.h"

/* What the steps use. A proxy is the last one that was made of its kind. */
static struct {
	struct surface *surface;
	struct wl_buffer *dmabuf, *shm;
	int syncobj_fd, fence_fd;
	struct wp_linux_drm_syncobj_timeline_v1 *timeline;
	struct wp_linux_drm_syncobj_surface_v1 *syncobj;
	struct zwp_linux_surface_synchronization_v1 *zwp;
	struct wp_fifo_v1 *fifo;
	struct wp_commit_timer_v1 *timer;
	struct wp_tearing_control_v1 *tearing;
} scene;

STEP(gone, surface_destroy(scene.surface))
STEP(commit, wl_surface_commit(scene.surface->wl))
STEP(attach_null, wl_surface_attach(scene.surface->wl, NULL, 0, 0))
STEP(draw, surface_commit(scene.surface, scene.dmabuf))
STEP(draw_shm, surface_commit(scene.surface, scene.shm))
STEP(syncobj, scene.syncobj = surface_get_syncobj(scene.surface))
STEP(end_syncobj, wp_linux_drm_syncobj_surface_v1_destroy(world_forget(scene.syncobj)))
STEP(end_syncobj_manager, wp_linux_drm_syncobj_manager_v1_destroy(world_forget(world.syncobj)))
STEP(import_fence, timeline_import(scene.fence_fd))
STEP(acquire,
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(scene.syncobj, scene.timeline, 0, 1))
STEP(acquire_2,
	wp_linux_drm_syncobj_surface_v1_set_acquire_point(scene.syncobj, scene.timeline, 0, 2))
STEP(acquire_last, wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			   scene.syncobj, scene.timeline, UINT32_MAX, UINT32_MAX))
STEP(release_2,
	wp_linux_drm_syncobj_surface_v1_set_release_point(scene.syncobj, scene.timeline, 0, 2))
STEP(release_elsewhere, wp_linux_drm_syncobj_surface_v1_set_release_point(
				scene.syncobj, timeline_import(world_syncobj()), 0, 1))
STEP(zwp, scene.zwp = surface_get_explicit(scene.surface))
STEP(end_zwp, zwp_linux_surface_synchronization_v1_destroy(world_forget(scene.zwp)))
STEP(zwp_fence, zwp_linux_surface_synchronization_v1_set_acquire_fence(scene.zwp, scene.fence_fd))
STEP(zwp_no_fence,
	zwp_linux_surface_synchronization_v1_set_acquire_fence(scene.zwp, scene.syncobj_fd))

static void zwp_release(void) {
	static struct spoken spoken;
	get_release(scene.zwp, &spoken);
}

STEP(fifo, scene.fifo = surface_get_fifo(scene.surface))
STEP(end_fifo, wp_fifo_v1_destroy(world_forget(scene.fifo)))
STEP(set_barrier, wp_fifo_v1_set_barrier(scene.fifo))
STEP(wait_barrier, wp_fifo_v1_wait_barrier(scene.fifo))
STEP(timer, scene.timer = surface_get_timer(scene.surface))
STEP(end_timer, wp_commit_timer_v1_destroy(world_forget(scene.timer)))
STEP(set_time, wp_commit_timer_v1_set_timestamp(scene.timer, 0, 0, 1))
STEP(set_bad_time, wp_commit_timer_v1_set_timestamp(scene.timer, 0, 0, 1000000000))
STEP(tearing, scene.tearing = surface_get_tearing(scene.surface))
STEP(end_tearing, wp_tearing_control_v1_destroy(world_forget(scene.tearing)))
STEP(hint, wp_tearing_control_v1_set_presentation_hint(scene.tearing, 1))

#define SYNCOBJ_MANAGER "wp_linux_drm_syncobj_manager_v1"
#define SYNCOBJ "wp_linux_drm_syncobj_surface_v1"
#define ZWP_MANAGER "zwp_linux_explicit_synchronization_v1"
#define ZWP "zwp_linux_surface_synchronization_v1"
#define FIFO_MANAGER "wp_fifo_manager_v1"
#define FIFO "wp_fifo_v1"
#define TIMER_MANAGER "wp_commit_timing_manager_v1"
#define TIMER "wp_commit_timer_v1"
#define TEARING_MANAGER "wp_tearing_control_manager_v1"
#define FINE NULL, -1

/* The codes are those of the XML, in numbers, so that a slip in a name shows. */
static const struct steps rows[] = {
	{"surface_exists", SYNCOBJ_MANAGER, 0, {syncobj, syncobj}},
	{"get_surface again after destroy", FINE, {syncobj, end_syncobj, syncobj}},
	{"invalid_timeline", SYNCOBJ_MANAGER, 1, {import_fence}},
	{"no_surface, acquire", SYNCOBJ, 1, {syncobj, gone, acquire}},
	{"no_surface, release", SYNCOBJ, 1, {syncobj, gone, release_2}},
	{"destroyed after its surface", FINE, {syncobj, acquire, gone, end_syncobj}},
	{"no_buffer", SYNCOBJ, 3, {syncobj, acquire, commit}},
	{"no_buffer, null attached", SYNCOBJ, 3, {syncobj, release_2, attach_null, commit}},
	{"no_acquire_point", SYNCOBJ, 4, {syncobj, release_2, draw}},
	{"no_release_point", SYNCOBJ, 5, {syncobj, acquire, draw}},
	{"points are for one commit", SYNCOBJ, 4, {syncobj, acquire, release_2, draw, draw}},
	{"conflicting_points", SYNCOBJ, 6, {syncobj, acquire_2, release_2, draw}},
	{"conflicting_points, a later one", SYNCOBJ, 6, {syncobj, acquire_last, release_2, draw}},
	{"points of two timelines", FINE, {syncobj, acquire_2, release_elsewhere, draw}},
	{"both protocols", FINE, {zwp, zwp_fence, syncobj, acquire, release_2, draw}},
	{"last point counts", FINE, {syncobj, acquire_2, release_2, acquire, draw}},
	{"unsupported_buffer", SYNCOBJ, 2, {syncobj, acquire, release_2, draw_shm}},
	{"points go with the object", FINE, {syncobj, acquire, end_syncobj, commit}},
	{"manager may go", SYNCOBJ, 4, {syncobj, end_syncobj_manager, release_2, draw}},

	{"synchronization_exists", ZWP_MANAGER, 0, {zwp, zwp}},
	{"invalid_fence", ZWP, 0, {zwp, zwp_no_fence}},
	{"duplicate_fence", ZWP, 1, {zwp, zwp_fence, zwp_fence}},
	{"duplicate_release", ZWP, 2, {zwp, zwp_release, zwp_release}},
	{"no_surface, fence", ZWP, 3, {zwp, gone, zwp_fence}},
	{"no_surface, get_release", ZWP, 3, {zwp, gone, zwp_release}},
	{"unsupported_buffer, zwp", ZWP, 4, {zwp, zwp_fence, draw_shm}},
	{"no_buffer, fence", ZWP, 5, {zwp, zwp_fence, commit}},
	{"no_buffer, get_release", ZWP, 5, {zwp, zwp_release, commit}},
	{"release outlives its object", FINE, {zwp, zwp_release, end_zwp, commit}},
	{"release of shared memory", FINE, {zwp, zwp_release, draw_shm}},

	{"already_exists", FIFO_MANAGER, 0, {fifo, fifo}},
	{"surface_destroyed, set_barrier", FIFO, 0, {fifo, gone, set_barrier}},
	{"surface_destroyed, wait_barrier", FIFO, 0, {fifo, gone, wait_barrier}},
	{"destroyed after its surface, fifo", FINE, {fifo, gone, end_fifo}},
	{"another fifo, a barrier twice", FINE, {fifo, end_fifo, fifo, set_barrier, set_barrier}},

	{"commit_timer_exists", TIMER_MANAGER, 0, {timer, timer}},
	{"invalid_timestamp", TIMER, 0, {timer, set_bad_time}},
	{"timestamp_exists", TIMER, 1, {timer, set_time, set_time}},
	{"surface_destroyed, timer", TIMER, 2, {timer, gone, set_time}},
	{"destroyed after its surface, timer", FINE, {timer, set_time, gone, end_timer}},
	{"another timer", FINE, {timer, end_timer, timer, set_time, commit, set_time}},

	{"tearing_control_exists", TEARING_MANAGER, 0, {tearing, tearing}},
	{"tearing control without its surface", FINE, {tearing, gone, hint, end_tearing}},
};

static void every_row(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# %s\n", rows[i].name);
		world_init();
		scene.surface = surface_create('s');
		scene.dmabuf = world_keep(dmabuf_create(-1));
		scene.shm = world_keep(shm_create());
		scene.syncobj_fd = world_syncobj();
		scene.fence_fd = world_fence();
		scene.timeline = timeline_import(scene.syncobj_fd);
		steps_run(&rows[i]);
		/* In none of the rows has an acquire point or fence signalled. */
		assert_int_not_equal(scene.surface->update.record.sync, LATCH_SYNC_SYNCOBJ);
		world_finish();
	}
}

TEST_MAIN("protocols", UNIT(every_row))
