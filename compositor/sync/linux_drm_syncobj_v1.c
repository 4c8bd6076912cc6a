#include "sync/linux_drm_syncobj_v1.h"

#include <assert.h>
#include <stdbool.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "linux-drm-syncobj-v1-protocol.h"
#include "sync/timeline.h"

#define MANAGER_VERSION 1

static const struct wp_linux_drm_syncobj_timeline_v1_interface timeline_impl;

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static void timeline_handle_resource_destroy(struct wl_resource *resource) {
	latch_timeline_unref(wl_resource_get_user_data(resource));
}

static const struct wp_linux_drm_syncobj_timeline_v1_interface timeline_impl = {
	.destroy = handle_destroy,
};

void latch_syncobj_surface_clear(struct latch_syncobj_surface *state) {
	latch_timeline_unref(state->acquire);
	latch_timeline_unref(state->release);
	*state = (struct latch_syncobj_surface){.resource = state->resource};
}

void latch_syncobj_surface_finish(struct latch_syncobj_surface *state) {
	latch_syncobj_surface_clear(state);
	if (state->resource != NULL) {
		wl_resource_set_user_data(state->resource, NULL);
		state->resource = NULL;
	}
}

static void surface_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_syncobj_surface *state = wl_resource_get_user_data(resource);
	if (state != NULL) {
		latch_syncobj_surface_finish(state);
	}
}

static void set_point(struct wl_resource *resource, struct wl_resource *timeline_resource,
	uint32_t point_hi, uint32_t point_lo, bool acquire) {
	struct latch_syncobj_surface *state = wl_resource_get_user_data(resource);
	if (state == NULL) {
		wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE,
			"the wl_surface has been destroyed");
		return;
	}
	assert(wl_resource_instance_of(
		timeline_resource, &wp_linux_drm_syncobj_timeline_v1_interface, &timeline_impl));
	struct latch_timeline *timeline = wl_resource_get_user_data(timeline_resource);
	uint64_t point = (uint64_t)point_hi << 32 | point_lo;

	struct latch_timeline **slot = acquire ? &state->acquire : &state->release;
	latch_timeline_ref(timeline);
	latch_timeline_unref(*slot);
	*slot = timeline;
	*(acquire ? &state->acquire_point : &state->release_point) = point;
}

static void surface_handle_set_acquire_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t hi, uint32_t lo) {
	set_point(resource, timeline, hi, lo, true);
}

static void surface_handle_set_release_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t hi, uint32_t lo) {
	set_point(resource, timeline, hi, lo, false);
}

static const struct wp_linux_drm_syncobj_surface_v1_interface surface_impl = {
	.destroy = handle_destroy,
	.set_acquire_point = surface_handle_set_acquire_point,
	.set_release_point = surface_handle_set_release_point,
};

void latch_syncobj_surface_reject(struct latch_syncobj_surface *state, struct wlr_surface *surface,
	enum latch_sync_verdict verdict) {
	uint32_t code = 0;
	const char *text = NULL;
	switch (verdict) {
	case LATCH_SYNC_SYNCOBJ_NO_BUFFER:
		code = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER;
		text = "timeline points set, but no buffer attached";
		break;
	case LATCH_SYNC_SYNCOBJ_NO_ACQUIRE_POINT:
		code = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT;
		text = "buffer attached, but no acquire point set";
		break;
	case LATCH_SYNC_SYNCOBJ_NO_RELEASE_POINT:
		code = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT;
		text = "buffer attached, but no release point set";
		break;
	case LATCH_SYNC_SYNCOBJ_UNSUPPORTED_BUFFER:
		code = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER;
		text = "timeline points set, but the buffer is no dma-buf";
		break;
	case LATCH_SYNC_SYNCOBJ_CONFLICTING_POINTS:
		code = WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS;
		text = "acquire point not below the release point on the same timeline";
		break;
	case LATCH_SYNC_OK:
	case LATCH_SYNC_ZWP_NO_BUFFER:
	case LATCH_SYNC_ZWP_UNSUPPORTED_BUFFER:
		assert(false && "not an error of this protocol");
		return;
	}
	wlr_surface_reject_pending(surface, state->resource, code, "%s", text);
}

static void manager_handle_get_surface(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	const struct latch_syncobj_context *context = wl_resource_get_user_data(resource);
	struct latch_syncobj_surface *state =
		context->lookup(wlr_surface_from_resource(surface_resource));
	if (state == NULL) {
		/* Attaching to the surface failed for want of memory; its client knows. */
		wl_resource_post_no_memory(resource);
		return;
	}
	if (state->resource != NULL) {
		wl_resource_post_error(resource,
			WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS,
			"wl_surface#%u already has a wp_linux_drm_syncobj_surface_v1",
			wl_resource_get_id(surface_resource));
		return;
	}

	struct wl_resource *surface = wl_resource_create(client,
		&wp_linux_drm_syncobj_surface_v1_interface, wl_resource_get_version(resource), id);
	if (surface == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_implementation(
		surface, &surface_impl, state, surface_handle_resource_destroy);
	state->resource = surface;
}

static void manager_handle_import_timeline(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, int fd) {
	const struct latch_syncobj_context *context = wl_resource_get_user_data(resource);
	struct latch_timeline *timeline = latch_timeline_import(context->device, fd);
	close(fd);
	if (timeline == NULL) {
		wl_resource_post_error(resource,
			WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_INVALID_TIMELINE,
			"the file descriptor can't be imported as a DRM syncobj");
		return;
	}

	struct wl_resource *timeline_resource = wl_resource_create(client,
		&wp_linux_drm_syncobj_timeline_v1_interface, wl_resource_get_version(resource), id);
	if (timeline_resource == NULL) {
		latch_timeline_unref(timeline);
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_implementation(
		timeline_resource, &timeline_impl, timeline, timeline_handle_resource_destroy);
}

static const struct wp_linux_drm_syncobj_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_surface = manager_handle_get_surface,
	.import_timeline = manager_handle_import_timeline,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(
		client, &wp_linux_drm_syncobj_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

struct wl_global *latch_syncobj_global_create(
	struct wl_display *display, struct latch_syncobj_context *context) {
	return wl_global_create(display, &wp_linux_drm_syncobj_manager_v1_interface,
		MANAGER_VERSION, context, manager_bind);
}
