/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-protocol.h>
#include <wlr/util/box.h>

/** An image that the CPU can read, and what of it is shown. */
struct latch_cursor_source {
	const void *data;
	/** Bytes from row to row. */
	size_t stride;
	uint32_t fourcc;
	int width, height;
	/** Not empty; what is outside of the image is not looked at. */
	struct wlr_fbox src;
	/** As of a layer: what has to be done to it to see it upright on the output. */
	enum wl_output_transform transform;
};

/**
 * Draws the image into ARGB8888 memory, width x height pixels from the upper left one on, all else
 * is left as it is: copied where no pixel has to be made up, else by a bilinear filter (alpha is
 * premultiplied, so that it may be filtered like the colours). Returns false when it can't read the
 * fourcc or the stride.
 */
bool latch_cursor_image_draw(
	const struct latch_cursor_source *source, void *target, int stride, int width, int height);
