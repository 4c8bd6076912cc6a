#include "sync/commit_timing_v1.h"

#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "base/clock.h"
#include "commit-timing-v1-protocol.h"

#define COMMIT_TIMING_VERSION 1

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

static int64_t join_ns(uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	uint64_t sec = (uint64_t)sec_hi << 32 | sec_lo;
	if (sec >= (uint64_t)(INT64_MAX / LATCH_NS_PER_SEC)) {
		return INT64_MAX;
	}
	return (int64_t)sec * LATCH_NS_PER_SEC + nsec;
}

static void timer_handle_set_timestamp(struct wl_client *client, struct wl_resource *resource,
	uint32_t sec_hi, uint32_t sec_lo, uint32_t nsec) {
	struct latch_timing_surface *state = wl_resource_get_user_data(resource);
	if (state == NULL) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_SURFACE_DESTROYED,
			"the wl_surface has been destroyed");
	} else if (nsec >= LATCH_NS_PER_SEC) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_INVALID_TIMESTAMP,
			"a second has no %u nanoseconds", nsec);
	} else if (state->has_target) {
		wl_resource_post_error(resource, WP_COMMIT_TIMER_V1_ERROR_TIMESTAMP_EXISTS,
			"a timestamp was already set for this commit");
	} else {
		state->has_target = true;
		state->target_ns = join_ns(sec_hi, sec_lo, nsec);
	}
}

static const struct wp_commit_timer_v1_interface timer_impl = {
	.set_timestamp = timer_handle_set_timestamp,
	.destroy = handle_destroy,
};

/* What was set stays set for the next commit. */
static void timer_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_timing_surface *state = wl_resource_get_user_data(resource);
	if (state != NULL) {
		state->resource = NULL;
	}
}

void latch_timing_surface_finish(struct latch_timing_surface *state) {
	if (state->resource != NULL) {
		wl_resource_set_user_data(state->resource, NULL);
		state->resource = NULL;
	}
}

static void manager_handle_get_timer(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	const struct latch_timing_context *context = wl_resource_get_user_data(resource);
	struct latch_timing_surface *state =
		context->lookup(wlr_surface_from_resource(surface_resource));
	if (state == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	if (state->resource != NULL) {
		wl_resource_post_error(resource,
			WP_COMMIT_TIMING_MANAGER_V1_ERROR_COMMIT_TIMER_EXISTS,
			"wl_surface#%u already has a wp_commit_timer_v1",
			wl_resource_get_id(surface_resource));
		return;
	}
	struct wl_resource *timer = wl_resource_create(
		client, &wp_commit_timer_v1_interface, wl_resource_get_version(resource), id);
	if (timer == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_implementation(timer, &timer_impl, state, timer_handle_resource_destroy);
	state->resource = timer;
}

static const struct wp_commit_timing_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_timer = manager_handle_get_timer,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(
		client, &wp_commit_timing_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

struct wl_global *latch_timing_global_create(
	struct wl_display *display, struct latch_timing_context *context) {
	return wl_global_create(display, &wp_commit_timing_manager_v1_interface,
		COMMIT_TIMING_VERSION, context, manager_bind);
}
