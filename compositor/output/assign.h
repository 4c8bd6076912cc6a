#ifndef LATCH_OUTPUT_ASSIGN_H
#define LATCH_OUTPUT_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/layer.h"

/** What the planner has to know about the output. */
struct latch_assign_input {
	/** Size in pixels of the output's mode. */
	int32_t width, height;
	/** False where the output has no planes of ours (a window): everything is composed. */
	bool has_planes;
	/** False where an option forbids direct scanout. */
	bool scanout_allowed;
	/**
	 * Whether the plane can show the layer's buffer at all: fourcc, modifier, and whether the
	 * kernel made a framebuffer of it. Returns the reasons against it, 0 for none.
	 */
	uint64_t (*check_buffer)(void *data, const struct latch_layer *layer);
	/**
	 * Asks the kernel by a TEST_ONLY commit whether the layer can go to the primary plane as
	 * it is: 0, or negative errno. Called for one layer at most, and only when the answer is
	 * not known already.
	 */
	int (*test)(void *data, const struct latch_layer *layer);
	void *data;
};

/** What was decided last time, so that a frame that changes nothing but buffers is not tested. */
struct latch_assign_memory {
	bool valid;
	bool accepted;
	struct latch_layer shape;
};

/** What to show. */
struct latch_plan {
	/** The layer that goes to the primary plane as it is; NULL when layers are composed. */
	struct latch_layer *primary;
	/** Layers of which something is visible. With none, the screen is black. */
	size_t visible;
};

/**
 * Decides which layers are visible, and whether one of them can be scanned out.
 *
 * A layer goes to the primary plane as it is when it is the only visible one, opaque, neither
 * scaled nor rotated, and the kernel takes it there. In all other cases every visible layer is
 * composed. Each layer gets its reasons.
 *
 * Plain function over plain structs: the two callbacks are the only way out.
 */
struct latch_plan latch_assign(struct latch_layer *layers, size_t len,
	const struct latch_assign_input *input, struct latch_assign_memory *memory);

/** Forgets refused arrangements: after a modeset, a hotplug, a failed commit. */
void latch_assign_forget(struct latch_assign_memory *memory);

#endif
