/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/layer.h"

/**
 * Which layers stay as they are and change often enough to be worth a plane. Moving a layer from
 * the composed picture to a plane costs test commits and a redraw of the picture; a window that is
 * just being dragged, or that changes once a second, would cost that for nothing.
 */

/** Frames for which a layer has to keep its shape. */
#define LATCH_SETTLE_FRAMES 6
/** Of the last LATCH_SETTLE_WINDOW frames of its output, this many have to show an update of it. */
#define LATCH_SETTLE_UPDATES 4
#define LATCH_SETTLE_WINDOW 16
/** Layers that are tracked per output; those beyond never settle. */
#define LATCH_SETTLE_MAX 64

struct latch_settle_entry {
	struct latch_layer shape;
	unsigned stable_frames;
	/** Bit n: n frames ago it had an update. */
	uint32_t updates;
	bool seen;
};

/** Zero it to begin with; it owns nothing. */
struct latch_settle {
	struct latch_settle_entry entries[LATCH_SETTLE_MAX];
	size_t len;
};

/**
 * Takes the layers of one more frame and writes into each why it should not be moved to a plane
 * yet (waits): LATCH_REASON_SETTLING, LATCH_REASON_IDLE, or 0. A layer that is on a plane already
 * (as layers of the last frame, place and id) only has to keep its shape.
 */
void latch_settle_update(struct latch_settle *settle, struct latch_layer *layers, size_t len);

/** Notes where the layers went: a layer on a plane stays settled while it keeps its shape. */
void latch_settle_placed(struct latch_settle *settle, const struct latch_layer *layers, size_t len);
