#include "output/tearing_control_v1.h"

#include <stdint.h>
#include <stdlib.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/addon.h>

#include "tearing-control-v1-protocol.h"

#define TEARING_CONTROL_VERSION 1

struct state {
	uint32_t hint;
};

/* Lives as long as the surface: the hint of an object that was destroyed counts until the next
 * commit. */
struct tearing_surface {
	struct wl_resource *resource; // NULL while the client has no such object
	struct state pending, current;
	struct wlr_surface_synced synced;
	struct wlr_addon addon;
};

static const struct wlr_surface_synced_impl synced_impl = {
	.state_size = sizeof(struct state),
};

static void handle_surface_destroy(struct wlr_addon *addon) {
	struct tearing_surface *surface = wl_container_of(addon, surface, addon);
	if (surface->resource != NULL) {
		wl_resource_set_user_data(surface->resource, NULL);
	}
	wlr_addon_finish(&surface->addon);
	wlr_surface_synced_finish(&surface->synced);
	free(surface);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_tearing_control",
	.destroy = handle_surface_destroy,
};

static struct tearing_surface *find(struct wlr_surface *wlr_surface) {
	struct wlr_addon *addon = wlr_addon_find(&wlr_surface->addons, NULL, &addon_impl);
	struct tearing_surface *surface;
	return addon != NULL ? wl_container_of(addon, surface, addon) : NULL;
}

static struct tearing_surface *find_or_create(struct wlr_surface *wlr_surface) {
	struct tearing_surface *surface = find(wlr_surface);
	if (surface != NULL) {
		return surface;
	}
	surface = calloc(1, sizeof(*surface));
	if (surface == NULL) {
		return NULL;
	}
	if (!wlr_surface_synced_init(&surface->synced, wlr_surface, &synced_impl,
		    &surface->pending, &surface->current)) {
		free(surface);
		return NULL;
	}
	wlr_addon_init(&surface->addon, &wlr_surface->addons, NULL, &addon_impl);
	return surface;
}

bool latch_tearing_control_is_async(struct wlr_surface *wlr_surface) {
	const struct tearing_surface *surface = find(wlr_surface);
	return surface != NULL &&
	       surface->current.hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC;
}

static void handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}

/* Without its surface the object is inert. An unknown hint counts as vsync. */
static void handle_set_presentation_hint(
	struct wl_client *client, struct wl_resource *resource, uint32_t hint) {
	struct tearing_surface *surface = wl_resource_get_user_data(resource);
	if (surface != NULL) {
		surface->pending.hint = hint;
	}
}

static const struct wp_tearing_control_v1_interface control_impl = {
	.set_presentation_hint = handle_set_presentation_hint,
	.destroy = handle_destroy,
};

static void handle_resource_destroy(struct wl_resource *resource) {
	struct tearing_surface *surface = wl_resource_get_user_data(resource);
	if (surface != NULL) {
		surface->resource = NULL;
		surface->pending.hint = WP_TEARING_CONTROL_V1_PRESENTATION_HINT_VSYNC;
	}
}

static void handle_get_tearing_control(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource) {
	struct tearing_surface *surface =
		find_or_create(wlr_surface_from_resource(surface_resource));
	if (surface == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	if (surface->resource != NULL) {
		wl_resource_post_error(resource,
			WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS,
			"wl_surface#%u already has a wp_tearing_control_v1",
			wl_resource_get_id(surface_resource));
		return;
	}
	struct wl_resource *control = wl_resource_create(
		client, &wp_tearing_control_v1_interface, wl_resource_get_version(resource), id);
	if (control == NULL) {
		wl_resource_post_no_memory(resource);
		return;
	}
	wl_resource_set_implementation(control, &control_impl, surface, handle_resource_destroy);
	surface->resource = control;
}

static const struct wp_tearing_control_manager_v1_interface manager_impl = {
	.destroy = handle_destroy,
	.get_tearing_control = handle_get_tearing_control,
};

static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	struct wl_resource *resource = wl_resource_create(
		client, &wp_tearing_control_manager_v1_interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_impl, NULL, NULL);
}

bool latch_tearing_control_create(struct wl_display *display) {
	return wl_global_create(display, &wp_tearing_control_manager_v1_interface,
		       TEARING_CONTROL_VERSION, NULL, handle_bind) != NULL;
}
