#include "sync/fifo_v1.h"

#include <stdint.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>

#include "fifo-v1-protocol.h"

#define FIFO_VERSION 1

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

/* The state of the object's surface; NULL after an error when the surface has gone. */
static struct latch_fifo_surface *get_state(struct wl_resource *resource) {
	struct latch_fifo_surface *state = wl_resource_get_user_data(resource);
	if (state == NULL) {
		wl_resource_post_error(resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED,
			"the wl_surface has been destroyed");
	}
	return state;
}

static void fifo_handle_set_barrier(struct wl_client *client, struct wl_resource *resource) {
	struct latch_fifo_surface *state = get_state(resource);
	if (state != NULL) {
		state->set_barrier = true;
	}
}

static void fifo_handle_wait_barrier(struct wl_client *client, struct wl_resource *resource) {
	struct latch_fifo_surface *state = get_state(resource);
	if (state != NULL) {
		state->wait_barrier = true;
	}
}

static const struct wp_fifo_v1_interface fifo_impl = {
	.set_barrier = fifo_handle_set_barrier,
	.wait_barrier = fifo_handle_wait_barrier,
	.destroy = handle_destroy,
};

/* What was set stays set for the next commit: "unaffected by this object's destruction". */
static void fifo_handle_resource_destroy(struct wl_resource *resource) {
	struct latch_fifo_surface *state = wl_resource_get_user_data(resource);
	if (state != NULL) {
		state->resource = NULL;
	}
}

void latch_fifo_surface_finish(struct latch_fifo_surface *state) {
	if (state->resource != NULL) {
		wl_resource_set_user_data(state->resource, NULL);
		state->resource = NULL;
	}
}

static void manager_handle_get_fifo(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	const struct latch_fifo_context *context = wl_resource_get_user_data(resource);
	struct latch_fifo_surface *state =
		context->lookup(wlr_surface_from_resource(surface_resource));
	if (state == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	if (state->resource != NULL) {
		wl_resource_post_error(resource, WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS,
			"wl_surface#%u already has a wp_fifo_v1",
			wl_resource_get_id(surface_resource));
		return;
	}
	struct wl_resource *fifo = wl_resource_create(
		client, &wp_fifo_v1_interface, wl_resource_get_version(resource), id);
	if (fifo == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_implementation(fifo, &fifo_impl, state, fifo_handle_resource_destroy);
	state->resource = fifo;
}

static const struct wp_fifo_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_fifo = manager_handle_get_fifo,
};

static void manager_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource =
		wl_resource_create(client, &wp_fifo_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, data, NULL);
}

struct wl_global *latch_fifo_global_create(
	struct wl_display *display, struct latch_fifo_context *context) {
	return wl_global_create(
		display, &wp_fifo_manager_v1_interface, FIFO_VERSION, context, manager_bind);
}
