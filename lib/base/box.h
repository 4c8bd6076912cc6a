/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Rectangles, and how a picture is turned. The two structs are those of wlroots where it is on the
 * include path, so that a compositor hands its boxes over as they are, and the same in C's eyes
 * where it is not: nothing in lib/ needs wlroots.
 */

#include <stdbool.h>

#include "base/minmax.h"

#if __has_include(<wlr/util/box.h>)
#include <wlr/util/box.h>
#else
struct wlr_box {
	int x, y;
	int width, height;
};

struct wlr_fbox {
	double x, y;
	double width, height;
};
#endif

/** The values of enum wl_output_transform: rotation counter-clockwise, FLIPPED is a bit. */
enum latch_transform {
	LATCH_TRANSFORM_NORMAL = 0,
	LATCH_TRANSFORM_90 = 1,
	LATCH_TRANSFORM_180 = 2,
	LATCH_TRANSFORM_270 = 3,
	LATCH_TRANSFORM_FLIPPED = 4,
};

/** The names of all eight, as wlr-randr and sway have them. */
#define LATCH_TRANSFORMS 8
extern const char *const latch_transform_names[LATCH_TRANSFORMS];

static inline bool latch_box_empty(const struct wlr_box *box) {
	return box->width <= 0 || box->height <= 0;
}

/** Empty boxes are all the same. */
static inline bool latch_box_equal(const struct wlr_box *a, const struct wlr_box *b) {
	if (latch_box_empty(a) || latch_box_empty(b)) {
		return latch_box_empty(a) == latch_box_empty(b);
	}
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

/** Empty boxes are all the same. */
static inline bool latch_fbox_equal(const struct wlr_fbox *a, const struct wlr_fbox *b) {
	bool a_empty = a->width <= 0 || a->height <= 0, b_empty = b->width <= 0 || b->height <= 0;
	if (a_empty || b_empty) {
		return a_empty == b_empty;
	}
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

/** What is in both; *both may be one of them. Returns false where that is nothing. */
static inline bool latch_box_intersection(
	struct wlr_box *both, const struct wlr_box *a, const struct wlr_box *b) {
	if (latch_box_empty(a) || latch_box_empty(b)) {
		*both = (struct wlr_box){0};
		return false;
	}
	int64_t x = latch_max(a->x, b->x), y = latch_max(a->y, b->y);
	int64_t width = latch_min((int64_t)a->x + a->width, (int64_t)b->x + b->width) - x;
	int64_t height = latch_min((int64_t)a->y + a->height, (int64_t)b->y + b->height) - y;
	*both = (struct wlr_box){(int)x, (int)y, (int)latch_max(width, 0), (int)latch_max(height, 0)};
	return !latch_box_empty(both);
}
