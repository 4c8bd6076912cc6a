/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "connection.h"

/** An xdg toplevel, as far as its events go: they set these fields and nothing else happens. */
struct window {
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;

	uint32_t width, height; /* what is to be drawn, in pixels */
	bool configured;	/* the compositor has let us begin */
	bool closed;		/* the user wants it gone */
	bool translucent;	/* the user of this says so: not all of the picture is opaque */

	bool needs_ack; /* a configure event waits for window_ack() */
	uint32_t serial;

	uint32_t proposed_width, proposed_height; /* of the configure that is being built */
	uint32_t opaque_width, opaque_height;	  /* of the opaque region that was set last */
	struct wl_callback *frame; /* not NULL: the compositor will say when to draw again */
};

/**
 * Makes a toplevel and asks for its first configure.
 *
 * @param width, height the size where the compositor leaves the choice to the client
 */
bool window_init(struct window *window, struct connection *conn, const char *title, uint32_t width,
	uint32_t height, bool fullscreen);
void window_finish(struct window *window);

/** Asks for a whole output; NULL: the compositor chooses. */
void window_fill_output(struct window *window, struct wl_output *output);

/** Answers the last configure, if there is one to answer. It takes effect by the next commit. */
void window_ack(struct window *window);

/** Asks for a frame callback with the next commit, in place of one that may be waiting. */
void window_request_frame(struct window *window);

/** Puts a buffer on the surface, all of it new; and opaque, unless the window is translucent. */
void window_attach(struct window *window, struct connection *conn, struct wl_buffer *buffer);
