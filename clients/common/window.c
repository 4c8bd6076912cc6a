/* SPDX-License-Identifier: MIT */
#include "window.h"

#include "xdg-shell-client-protocol.h"

static void handle_toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
	int32_t height, struct wl_array *states) {
	struct window *window = data;
	/* 0 leaves the choice to us. Another size is a wish or a must, by the states; following
	 * it is right in both cases. */
	window->proposed_width = width > 0 ? (uint32_t)width : window->width;
	window->proposed_height = height > 0 ? (uint32_t)height : window->height;
}

static void handle_toplevel_close(void *data, struct xdg_toplevel *toplevel) {
	struct window *window = data;
	window->closed = true;
}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = handle_toplevel_configure,
	.close = handle_toplevel_close,
};

static void handle_surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct window *window = data;
	window->width = window->proposed_width;
	window->height = window->proposed_height;
	window->serial = serial;
	window->needs_ack = true;
	window->configured = true;
}

static const struct xdg_surface_listener surface_listener = {
	.configure = handle_surface_configure,
};

static void handle_frame_done(void *data, struct wl_callback *callback, uint32_t time) {
	struct window *window = data;
	wl_callback_destroy(callback);
	window->frame = NULL;
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame_done};

bool window_init(struct window *window, struct connection *conn, const char *title, uint32_t width,
	uint32_t height, bool fullscreen) {
	*window = (struct window){
		.width = width,
		.height = height,
		.proposed_width = width,
		.proposed_height = height,
	};
	window->surface = wl_compositor_create_surface(conn->compositor);
	if (window->surface) {
		window->xdg_surface = xdg_wm_base_get_xdg_surface(conn->wm_base, window->surface);
	}
	if (window->xdg_surface) {
		window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
	}
	if (!window->toplevel) {
		window_finish(window);
		return false;
	}
	xdg_surface_add_listener(window->xdg_surface, &surface_listener, window);
	xdg_toplevel_add_listener(window->toplevel, &toplevel_listener, window);
	xdg_toplevel_set_title(window->toplevel, title);
	xdg_toplevel_set_app_id(window->toplevel, "latch-client");
	if (fullscreen) {
		window_fill_output(window, NULL);
	}
	wl_surface_commit(window->surface);
	return true;
}

void window_fill_output(struct window *window, struct wl_output *output) {
	xdg_toplevel_set_fullscreen(window->toplevel, output);
}

void window_finish(struct window *window) {
	if (window->frame) {
		wl_callback_destroy(window->frame);
	}
	if (window->toplevel) {
		xdg_toplevel_destroy(window->toplevel);
	}
	if (window->xdg_surface) {
		xdg_surface_destroy(window->xdg_surface);
	}
	if (window->surface) {
		wl_surface_destroy(window->surface);
	}
	*window = (struct window){0};
}

void window_ack(struct window *window) {
	if (!window->needs_ack) {
		return;
	}
	xdg_surface_ack_configure(window->xdg_surface, window->serial);
	window->needs_ack = false;
}

void window_request_frame(struct window *window) {
	/* A resize may draw before its turn; two callbacks at once would then drive two chains
	 * of frames. */
	if (window->frame) {
		wl_callback_destroy(window->frame);
	}
	window->frame = wl_surface_frame(window->surface);
	if (window->frame) {
		wl_callback_add_listener(window->frame, &frame_listener, window);
	}
}

void window_attach(struct window *window, struct connection *conn, struct wl_buffer *buffer) {
	int32_t width = (int32_t)window->width, height = (int32_t)window->height;
	if (!window->translucent && (window->opaque_width != window->width ||
					    window->opaque_height != window->height)) {
		/* So formats with alpha are opaque too, and fit a plane below all others. */
		struct wl_region *all = wl_compositor_create_region(conn->compositor);
		wl_region_add(all, 0, 0, width, height);
		wl_surface_set_opaque_region(window->surface, all);
		wl_region_destroy(all);
		window->opaque_width = window->width;
		window->opaque_height = window->height;
	}
	wl_surface_attach(window->surface, buffer, 0, 0);
	wl_surface_damage_buffer(window->surface, 0, 0, INT32_MAX, INT32_MAX);
}
