/* SPDX-License-Identifier: MIT */
/* The steps that cases are made of. */
#include <drm_fourcc.h>

#include "bad.h"
#include "common/util.h"
#include "linux-dmabuf-v1-client-protocol.h"
#include "linux-drm-syncobj-v1-client-protocol.h"
#include "linux-explicit-synchronization-unstable-v1-client-protocol.h"

#define XRGB DRM_FORMAT_XRGB8888
#define HIGH(POINT) ((uint32_t)((POINT) >> 32))
#define LOW(POINT) ((uint32_t)((POINT) & UINT32_MAX))

static void add(struct bad *bad, enum bad_fd kind, uint32_t index) {
	int fd = bad_open(bad, kind);
	if (fd >= 0) {
		zwp_linux_buffer_params_v1_add(bad->params, fd, index, 0, BAD_STRIDE,
			HIGH(DRM_FORMAT_MOD_LINEAR), LOW(DRM_FORMAT_MOD_LINEAR));
	}
	latch_fd_clear(&fd);
}

static void make_shm_buffer(struct bad *bad) {
	int fd = bad->conn.shm ? bad_open(bad, FD_MEMFD) : -1;
	if (fd < 0) {
		bad->missing = "the compositor lacks wl_shm, or there is no memory for it";
		return;
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(bad->conn.shm, fd, BAD_SIZE);
	latch_fd_clear(&fd);
	bad->buffer = wl_shm_pool_create_buffer(
		pool, 0, BAD_WIDTH, BAD_HEIGHT, BAD_STRIDE, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
}

static void destroy_manager(struct bad *bad) {
	switch (bad->need) {
	case NEED_DMABUF:
		zwp_linux_dmabuf_v1_destroy(bad->conn.dmabuf);
		bad->conn.dmabuf = NULL;
		break;
	case NEED_SYNC_FILE:
		zwp_linux_explicit_synchronization_v1_destroy(bad->conn.explicit_sync);
		bad->conn.explicit_sync = NULL;
		break;
	case NEED_SYNCOBJ:
		wp_linux_drm_syncobj_manager_v1_destroy(bad->conn.syncobj_manager);
		bad->conn.syncobj_manager = NULL;
		break;
	}
}

static struct wp_linux_drm_syncobj_timeline_v1 *import(struct bad *bad, enum bad_fd kind) {
	int fd = bad_open(bad, kind);
	if (fd < 0) {
		return NULL;
	}
	struct wp_linux_drm_syncobj_timeline_v1 *timeline =
		wp_linux_drm_syncobj_manager_v1_import_timeline(bad->conn.syncobj_manager, fd);
	latch_fd_clear(&fd);
	return timeline;
}

static void take_point_step(struct bad *bad, const struct bad_step *step) {
	switch (step->op) {
	case OBJECT:
		bad->point_sync = wp_linux_drm_syncobj_manager_v1_get_surface(
			bad->conn.syncobj_manager, bad->surface);
		/* The same one for both: equal points are a conflict only within one. */
		if (!bad->acquire) {
			bad->acquire = bad->release = import(bad, FD_SYNCOBJ);
		}
		break;
	case UNOBJECT:
		wp_linux_drm_syncobj_surface_v1_destroy(bad->point_sync);
		break;
	case TIMELINE:
		import(bad, (enum bad_fd)step->what);
		break;
	case OTHER:
		bad->release = import(bad, FD_SYNCOBJ);
		break;
	case ACQUIRE:
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(
			bad->point_sync, bad->acquire, HIGH(step->what), LOW(step->what));
		break;
	case RELEASE:
		wp_linux_drm_syncobj_surface_v1_set_release_point(
			bad->point_sync, bad->release, HIGH(step->what), LOW(step->what));
		break;
	case UNTIMELINE:
		wp_linux_drm_syncobj_timeline_v1_destroy(bad->acquire);
		break;
	default:
		break;
	}
}

static void take_fence_step(struct bad *bad, const struct bad_step *step) {
	int fd = -1;
	switch (step->op) {
	case OBJECT:
		bad->file_sync = zwp_linux_explicit_synchronization_v1_get_synchronization(
			bad->conn.explicit_sync, bad->surface);
		break;
	case UNOBJECT:
		zwp_linux_surface_synchronization_v1_destroy(bad->file_sync);
		break;
	case FENCE:
		fd = bad_open(bad, (enum bad_fd)step->what);
		if (fd >= 0) {
			zwp_linux_surface_synchronization_v1_set_acquire_fence(bad->file_sync, fd);
		}
		latch_fd_clear(&fd);
		break;
	case GET_RELEASE:
		zwp_linux_surface_synchronization_v1_get_release(bad->file_sync);
		break;
	default:
		break;
	}
}

static void take_surface_step(struct bad *bad, const struct bad_step *step) {
	switch (step->op) {
	case SURFACE:
		bad->surface = wl_compositor_create_surface(bad->conn.compositor);
		break;
	case SHM:
		make_shm_buffer(bad);
		break;
	case ATTACH:
		wl_surface_attach(bad->surface, bad->buffer, 0, 0);
		break;
	case NOTHING:
		wl_surface_attach(bad->surface, NULL, 0, 0);
		break;
	case DAMAGE:
		wl_surface_damage_buffer(bad->surface, 0, 0, INT32_MAX, INT32_MAX);
		break;
	case COMMIT:
		wl_surface_commit(bad->surface);
		break;
	case UNBUFFER:
		wl_buffer_destroy(bad->buffer);
		break;
	case UNSURFACE:
		wl_surface_destroy(bad->surface);
		break;
	default:
		if (bad->need == NEED_SYNCOBJ) {
			take_point_step(bad, step);
		} else {
			take_fence_step(bad, step);
		}
	}
}

static void take_buffer_step(struct bad *bad, const struct bad_step *step) {
	switch (step->op) {
	case ROUNDTRIP:
		wl_display_roundtrip(bad->conn.display);
		break;
	case PARAMS:
		bad->params = bad_params(bad);
		break;
	case ADD:
		add(bad, (enum bad_fd)step->what, step->index);
		break;
	case CREATE:
		zwp_linux_buffer_params_v1_create(bad->params, BAD_WIDTH, BAD_HEIGHT, XRGB, 0);
		break;
	case CREATE_IMMED:
		bad->buffer = zwp_linux_buffer_params_v1_create_immed(
			bad->params, BAD_WIDTH, BAD_HEIGHT, XRGB, 0);
		break;
	case UNPARAMS:
		zwp_linux_buffer_params_v1_destroy(bad->params);
		break;
	case FORGET_ANSWER:
		bad->answer = ANSWER_NOTHING;
		break;
	case UNMANAGE:
		destroy_manager(bad);
		break;
	default:
		take_surface_step(bad, step);
	}
}

void bad_take_steps(struct bad *bad, const void *steps) {
	bad->surface = wl_compositor_create_surface(bad->conn.compositor);
	for (const struct bad_step *step = steps; step->op != STEPS_END && !bad->missing; step++) {
		take_buffer_step(bad, step);
	}
}
