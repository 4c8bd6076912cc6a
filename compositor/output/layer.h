#ifndef LATCH_OUTPUT_LAYER_H
#define LATCH_OUTPUT_LAYER_H

#include <pixman.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-protocol.h>
#include <wlr/util/box.h>

#include "output/reason.h"

struct latch_content;

/**
 * One rectangle of a client's buffer on one output: what the planner decides about.
 *
 * Plain data. Everything is in the output's own pixels, after the layout's position and the
 * output's scale and transform were applied, so that a layer can go to a plane as it is.
 */
struct latch_layer {
	/** Whose buffer this is; the planner does not look inside. */
	struct latch_content *content;

	/** Buffer: DRM fourcc and modifier, size in pixels. fourcc is 0 where there is none. */
	uint32_t fourcc;
	uint64_t modifier;
	bool is_dmabuf;
	int32_t buffer_width, buffer_height;

	/** The part of the buffer that is shown, in buffer pixels. */
	struct wlr_fbox src;
	/** Where it is shown, in output pixels; may reach over the output's edges. */
	struct wlr_box dst;
	/** What has to be done to the buffer to see it upright on this output. */
	enum wl_output_transform transform;

	/** Every pixel of dst is opaque: by its format, or because the client says so. */
	bool opaque;

	/** What was decided: see latch_assign(). */
	bool on_primary;
	bool covered;
	uint64_t reasons; // enum latch_reason
};

/** A growing array of layers, front to back. Keeps its memory from frame to frame. */
struct latch_layer_list {
	struct latch_layer *layers;
	size_t len, cap;
};

void latch_layer_list_finish(struct latch_layer_list *list);

/**
 * Appends an empty layer behind the others.
 *
 * Returns NULL when there is no memory; the pointer is valid until the next call.
 */
struct latch_layer *latch_layer_list_add(struct latch_layer_list *list);

/** Whether two layers are drawn alike but for the buffer's content: same place, crop, format. */
bool latch_layer_same_shape(const struct latch_layer *a, const struct latch_layer *b);

#endif
