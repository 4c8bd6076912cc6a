/* SPDX-License-Identifier: MIT */
#include "shell/place.h"

#include <math.h>
#include <stdbool.h>
#include <wlr/util/edges.h>

#include "base/minmax.h"

/* About the height of a title bar, so that each one stays visible. */
#define CASCADE_STEP 32

void latch_place_centre(const struct wlr_box *area, struct wlr_box *window) {
	window->x = area->x + (area->width - window->width) / 2;
	window->y = area->y + (area->height - window->height) / 2;
}

/* Steps of the cascade that there is room for, which is negative around a large window. */
static int count_steps(int room_x, int room_y) {
	return (int)latch_max(latch_min(room_x, room_y), 0) / CASCADE_STEP;
}

/* The corner that has the title or is at least seen to be another window's. */
static bool hides_corner(const struct wlr_box *window, const struct wlr_box *others, size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct wlr_box corner = others[i], common;
		corner.width = (int)latch_min(corner.width, CASCADE_STEP);
		corner.height = (int)latch_min(corner.height, CASCADE_STEP);
		if (wlr_box_intersection(&common, window, &corner)) {
			return true;
		}
	}
	return false;
}

void latch_place_cascade(const struct wlr_box *area, const struct wlr_box *others, size_t count,
	struct wlr_box *window) {
	latch_place_centre(area, window);
	const struct wlr_box centre = *window;
	int down = count_steps(area->x + area->width - (centre.x + centre.width),
		area->y + area->height - (centre.y + centre.height));
	int up = count_steps(centre.x - area->x, centre.y - area->y);
	/* Down from the middle, then from the upper end to the middle; at last, where all are taken,
	 * one of the first again. */
	const int places = down + up + 1;
	for (int i = 0; i <= places; i++) {
		int step = i <= down ? i : i - places;
		if (i == places) {
			step = (int)(count % (size_t)(down + 1));
		}
		window->x = centre.x + step * CASCADE_STEP;
		window->y = centre.y + step * CASCADE_STEP;
		if (!hides_corner(window, others, count)) {
			break;
		}
	}
	latch_place_clamp(area, window);
}

void latch_place_under(const struct wlr_box *from, double x, double y, struct wlr_box *window) {
	if (wlr_box_empty(from)) {
		return;
	}
	window->x = (int)lround(x - (x - from->x) / from->width * window->width);
	window->y = (int)lround(y - (y - from->y) / from->height * window->height);
}

/* -1, 0 or 1: the third of start to start + length that it is in. */
static int find_third(double at, int start, int length) {
	double third = length / 3.0;
	return at < start + third ? -1 : at < start + 2 * third ? 0 : 1;
}

uint32_t latch_place_nearest_edges(const struct wlr_box *window, double x, double y) {
	int across = find_third(x, window->x, window->width);
	int along = find_third(y, window->y, window->height);
	if (across == 0 && along == 0) {
		across = x < window->x + window->width / 2.0 ? -1 : 1;
		along = y < window->y + window->height / 2.0 ? -1 : 1;
	}
	return (across < 0 ? WLR_EDGE_LEFT : across > 0 ? WLR_EDGE_RIGHT : WLR_EDGE_NONE) |
	       (along < 0 ? WLR_EDGE_TOP : along > 0 ? WLR_EDGE_BOTTOM : WLR_EDGE_NONE);
}

void latch_place_clamp(const struct wlr_box *area, struct wlr_box *window) {
	window->x = (int)latch_clamp(window->x, area->x, area->x + area->width - window->width);
	window->y = (int)latch_clamp(window->y, area->y, area->y + area->height - window->height);
}

void latch_place_beside(
	const struct wlr_box *area, const struct wlr_box *cursor, struct wlr_box *popup) {
	const int above = cursor->y - popup->height, below = cursor->y + cursor->height;
	const bool fits = below + popup->height <= area->y + area->height;
	popup->x = cursor->x;
	popup->y = fits || above < area->y ? below : above;
	latch_place_clamp(area, popup);
}

void latch_place_carry(
	const struct wlr_box *from, const struct wlr_box *to, struct wlr_box *window) {
	if (wlr_box_empty(from)) {
		latch_place_centre(to, window);
	} else {
		window->x += to->x - from->x;
		window->y += to->y - from->y;
	}
	latch_place_clamp(to, window);
}

static int32_t limit(int32_t size, int32_t min, int32_t max) {
	return (int32_t)latch_clamp(size, latch_max(min, 1), max > 0 ? max : INT32_MAX);
}

void latch_place_resize(const struct wlr_box *start, uint32_t edges, int32_t dx, int32_t dy,
	const struct latch_size_limits *limits, int32_t *width, int32_t *height) {
	*width = start->width;
	*height = start->height;
	if (edges & WLR_EDGE_LEFT) {
		*width -= dx;
	} else if (edges & WLR_EDGE_RIGHT) {
		*width += dx;
	}
	if (edges & WLR_EDGE_TOP) {
		*height -= dy;
	} else if (edges & WLR_EDGE_BOTTOM) {
		*height += dy;
	}
	*width = limit(*width, limits->min_width, limits->max_width);
	*height = limit(*height, limits->min_height, limits->max_height);
}

void latch_place_anchor(const struct wlr_box *start, uint32_t edges, struct wlr_box *window) {
	window->x = start->x;
	window->y = start->y;
	if (edges & WLR_EDGE_LEFT) {
		window->x = start->x + start->width - window->width;
	}
	if (edges & WLR_EDGE_TOP) {
		window->y = start->y + start->height - window->height;
	}
}
