/*
 * The cursor: where it is and what it looks like. It draws nothing: the output
 * code puts the image on the cursor plane or composes it.
 */
#ifndef LATCH_SHELL_CURSOR_H
#define LATCH_SHELL_CURSOR_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-protocol.h>
#include <wlr/util/box.h>

struct wlr_buffer;

struct latch_cursor_image {
	/* A theme's image (ARGB8888, readable by data pointer access) or a client's
	 * buffer of any kind. Owned by the cursor. */
	struct wlr_buffer *buffer;
	/* The part of the buffer that is shown, in its pixels. */
	struct wlr_fbox src;
	/* wl_surface.set_buffer_transform. */
	enum wl_output_transform transform;
	/* From the image's upper left corner to the point that points, in layout
	 * units. A theme's images need not have a whole number of them. */
	double hotspot_x, hotspot_y;
	/* Size on the screen, in layout units. */
	double width, height;
	/* Another value whenever anything above changed, or the pixels did. */
	uint64_t serial;
};

#endif
