#ifndef LATCH_OUTPUT_COLLECT_H
#define LATCH_OUTPUT_COLLECT_H

#include <stdbool.h>

#include "plan/layer.h"

struct latch_content_tracker;
struct latch_cursor_image;
struct latch_shell;
struct latch_shell_surface;
struct latch_surface;
struct wlr_output;

/** The surfaces on one output as layers, and which surface each layer is of. */
struct latch_collection {
	struct latch_layer_list layers;
	/** The surfaces of the last layers, see latch_collection_surface(). Valid until the event
	 * loop runs. */
	struct latch_surface **surfaces;
	size_t surfaces_len, surfaces_cap;
	struct latch_shell_surface *shell_surfaces;
	size_t shell_surfaces_cap;
};

void latch_collection_finish(struct latch_collection *collection);

/**
 * Makes the flat list of layers of an output, front to back, from the shell's surfaces.
 *
 * This is where wlroots' objects end: what comes after sees plain structs. Surfaces without a
 * ready buffer are left out. box is the output's place in the layout. Returns false without
 * memory. Allocates only while the list grows.
 */
bool latch_collect(struct latch_collection *collection, struct latch_shell *shell,
	struct latch_content_tracker *tracker, const struct wlr_output *output,
	const struct wlr_box *box);

/** The surface of layers.layers[i]; NULL for the cursor, which is in front of all surfaces. */
struct latch_surface *latch_collection_surface(
	const struct latch_collection *collection, size_t i);

/**
 * From a rectangle in layout units, relative to the output, to the output's pixels: scale first,
 * edges rounded so that neighbours stay neighbours, then the output's transform.
 */
struct wlr_box latch_output_pixels(const struct wlr_output *output, const struct wlr_fbox *logical);

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
 * As latch_output_pixels(), for a surface on an output that has layout as its box in the layout:
 * what reaches the end of that box reaches the end of the screen, and a buffer of the size that
 * wp_fractional_scale_v1 asks for is not scaled. Sets *fills when the surface goes from end to end
 * in both directions, though a buffer that is not scaled may leave a pixel or two.
 */
struct wlr_box latch_surface_pixels(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, bool *fills);

/**
 * Where the cursor's image is on an output that has layout as its box in the layout, with the point
 * that points at x and y of the layout. Its size is the same wherever it is.
 */
struct wlr_box latch_cursor_pixels(const struct latch_cursor_image *image, double x, double y,
	const struct wlr_output *output, const struct wlr_box *layout);

#endif
