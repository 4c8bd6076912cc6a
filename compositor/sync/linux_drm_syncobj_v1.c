/* SPDX-License-Identifier: MIT */
/* wp_linux_drm_syncobj_manager_v1: the wire, and the rules of a commit. */

#include <assert.h>

#include "fence/timeline.h"
#include "linux-drm-syncobj-v1-protocol.h"
#include "sync/extension.h"
#include "sync/private.h"

static void timeline_handle_resource_destroy(struct wl_resource *resource) {
	latch_timeline_unref(wl_resource_get_user_data(resource));
}

static const struct wp_linux_drm_syncobj_timeline_v1_interface timeline_impl = {
	.destroy = latch_resource_handle_destroy,
};

void latch_syncobj_clear(struct latch_surface_sync *sync) {
	latch_timeline_unref(sync->syncobj.acquire);
	latch_timeline_unref(sync->release.timeline);
	sync->syncobj.acquire = sync->release.timeline = NULL;
	sync->syncobj.acquire_point = sync->release.point = 0;
}

static bool refuse(struct latch_surface_sync *sync, uint32_t error, const char *text) {
	wlr_surface_reject_pending(
		sync->surface, sync->objects[LATCH_EXTENSION_SYNCOBJ], error, "%s", text);
	return false;
}

/* Both points if and only if there is a buffer, for as long as the object exists. */
bool latch_syncobj_check(struct latch_surface_sync *sync, bool has_buffer, bool is_dmabuf) {
	const struct latch_timeline *acquire = sync->syncobj.acquire;
	const struct latch_timeline *release = sync->release.timeline;
	if (sync->objects[LATCH_EXTENSION_SYNCOBJ] == NULL ||
		(!has_buffer && acquire == NULL && release == NULL)) {
		return true;
	}
	if (!has_buffer) {
		return refuse(sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER,
			"timeline points set, but no buffer attached");
	}
	if (acquire == NULL) {
		return refuse(sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT,
			"buffer attached, but no acquire point set");
	}
	if (release == NULL) {
		return refuse(sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT,
			"buffer attached, but no release point set");
	}
	if (!is_dmabuf) {
		return refuse(sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER,
			"timeline points set, but the buffer is no dma-buf");
	}
	return acquire != release || sync->syncobj.acquire_point < sync->release.point ||
	       refuse(sync, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS,
		       "acquire point not below the release point on the same timeline");
}

/* The points that were set go with their object. */
static void surface_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_surface_sync *sync = wl_resource_get_user_data(resource);
	if (sync != NULL) {
		latch_syncobj_clear(sync);
	}
	latch_extension_forget(resource);
}

static void set_point(struct wl_resource *resource, struct wl_resource *timeline_resource,
	uint32_t point_hi, uint32_t point_lo, bool acquire) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE);
	if (sync == NULL) {
		return;
	}
	assert(wl_resource_instance_of(
		timeline_resource, &wp_linux_drm_syncobj_timeline_v1_interface, &timeline_impl));
	struct latch_timeline *timeline = wl_resource_get_user_data(timeline_resource);
	uint64_t point = (uint64_t)point_hi << 32 | point_lo;

	struct latch_timeline **slot = acquire ? &sync->syncobj.acquire : &sync->release.timeline;
	latch_timeline_ref(timeline);
	latch_timeline_unref(*slot);
	*slot = timeline;
	*(acquire ? &sync->syncobj.acquire_point : &sync->release.point) = point;
}

static void surface_handle_set_acquire_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t hi, uint32_t lo) {
	set_point(resource, timeline, hi, lo, true);
}

static void surface_handle_set_release_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t hi, uint32_t lo) {
	set_point(resource, timeline, hi, lo, false);
}

static void manager_handle_import_timeline(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, int fd) {
	const struct latch_extension_global *global = wl_resource_get_user_data(resource);
	struct latch_timeline *timeline =
		latch_timeline_import(global->gate->options.timeline_device, fd);
	close(fd);
	if (timeline == NULL) {
		wl_resource_post_error(resource,
			WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE,
			"the file descriptor can't be imported as a DRM syncobj");
		return;
	}

	if (latch_resource_create(client, &wp_linux_drm_syncobj_timeline_v1_interface,
		    (uint32_t)wl_resource_get_version(resource), id, &timeline_impl, timeline,
		    timeline_handle_resource_destroy) == NULL) {
		latch_timeline_unref(timeline);
	}
}

const struct latch_extension latch_syncobj_extension = {
	.manager = &wp_linux_drm_syncobj_manager_v1_interface,
	.object = &wp_linux_drm_syncobj_surface_v1_interface,
	.version = 1,
	.manager_impl =
		&(const struct wp_linux_drm_syncobj_manager_v1_interface){
			.destroy = latch_resource_handle_destroy,
			.get_surface = latch_extension_handle_get,
			.import_timeline = manager_handle_import_timeline,
		},
	.object_impl =
		&(const struct wp_linux_drm_syncobj_surface_v1_interface){
			.destroy = latch_resource_handle_destroy,
			.set_acquire_point = surface_handle_set_acquire_point,
			.set_release_point = surface_handle_set_release_point,
		},
	.kind = LATCH_EXTENSION_SYNCOBJ,
	.exists = WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS,
	.destroyed = surface_handle_resource_destroy,
};
