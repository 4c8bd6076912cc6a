/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wlr/util/box.h>

struct latch_cursor_image;
struct wlr_output;

/** Where a surface is, and what of its buffer is shown there. */
struct latch_surface_place {
	/** In the layout, in its units. */
	int32_t x, y, width, height;
	/** In the buffer's pixels, but upright: after the buffer's transform. */
	double src_width, src_height;
	/** Its edges count, not its size: it may have neighbours. */
	bool subsurface;
};

/**
 * Where a surface is on an output, which has layout as its box in the layout, in the output's
 * pixels: scale first, edges rounded so that neighbours stay neighbours, then the output's
 * transform. What reaches the end of that box reaches the end of the screen, and a buffer of the
 * size that wp_fractional_scale_v1 asks for is not scaled. Sets *fills when the surface goes from
 * end to end in both directions, though a buffer that is not scaled may leave a pixel or two.
 */
struct wlr_box latch_surface_pixels(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, bool *fills);

/**
 * Where the cursor's image is on an output that has layout as its box in the layout, with the point
 * that points at x and y of the layout. Its size is the same wherever it is.
 */
struct wlr_box latch_cursor_pixels(const struct latch_cursor_image *image, double x, double y,
	const struct wlr_output *output, const struct wlr_box *layout);
