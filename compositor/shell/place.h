/* SPDX-License-Identifier: MIT */
/*
 * Where windows go: arithmetic on boxes in layout coordinates.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <wlr/util/box.h>

/** Move *window to the middle of *area. Larger ones stick out on all sides. */
void latch_place_centre(const struct wlr_box *area, struct wlr_box *window);

/**
 * Move *window to the middle of *area, or as many steps right and down as it takes until
 * the upper left corner of each of the `count` other windows stays visible. Where the next
 * step would leave the area, it goes on at the area's upper left. With no such place left,
 * it gets one of the first ones again.
 */
void latch_place_cascade(const struct wlr_box *area, const struct wlr_box *others, size_t count,
	struct wlr_box *window);

/**
 * Move *window to where the point is at the same part of it as of *from: the window changed
 * its size while it is dragged, and is not to slip away. Not at all when *from is empty.
 */
void latch_place_under(const struct wlr_box *from, double x, double y, struct wlr_box *window);

/**
 * The edges (enum wlr_edges) of the window that a resize from the point drags: one where it
 * is in the middle third of a side, else the two of the nearest corner.
 */
uint32_t latch_place_nearest_edges(const struct wlr_box *window, double x, double y);

/**
 * Move *window as little as needed to be inside *area. Where it is larger, its upper
 * left corner is kept inside: that is where titles and close buttons are.
 */
void latch_place_clamp(const struct wlr_box *area, struct wlr_box *window);

/**
 * Move *popup to below *cursor or, where there is no room, above it; then clamp it.
 */
void latch_place_beside(
	const struct wlr_box *area, const struct wlr_box *cursor, struct wlr_box *popup);

/**
 * Move *window from where it is in *from to the same place in *to, then clamp it.
 * An empty *from means that it was nowhere: it goes to the middle.
 */
void latch_place_carry(
	const struct wlr_box *from, const struct wlr_box *to, struct wlr_box *window);

struct latch_size_limits {
	/* 0: none. */
	int32_t min_width, min_height, max_width, max_height;
};

/**
 * The size that *start gets when the given edges (enum wlr_edges) are dragged by
 * (dx, dy); at least 1x1, and within limits. Only width and height are written.
 */
void latch_place_resize(const struct wlr_box *start, uint32_t edges, int32_t dx, int32_t dy,
	const struct latch_size_limits *limits, int32_t *width, int32_t *height);

/**
 * Move *window so that the edges of *start that are not dragged stay where they
 * were, whatever size the client chose.
 */
void latch_place_anchor(const struct wlr_box *start, uint32_t edges, struct wlr_box *window);
