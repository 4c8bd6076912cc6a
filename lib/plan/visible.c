/* SPDX-License-Identifier: MIT */
/*
 * Which layers are to be seen, and which of them overlap.
 *
 * The list is walked front to back with the region that is still uncovered. A layer that finds
 * nothing left of itself is covered, and costs nothing from here on: a fullscreen window so hides
 * the whole desktop behind it.
 *
 *      front                                   uncovered region before each step
 *      +-----------------------------+
 *      | fullscreen window, opaque   |         the whole screen
 *      +-----------------------------+
 *      | panel, wallpaper, ...       |         nothing: covered
 *      +-----------------------------+
 *      back
 */

#include "plan/private.h"

/* Each rectangle of the uncovered region is looked at for each layer behind. A region with more of
 * them stays as it is: then some layers are drawn that are hidden. */
#define MAX_RECTANGLES 256

static void subtract(pixman_region32_t *region, const struct wlr_box *box) {
	pixman_region32_t rect;
	pixman_region32_init_rect(
		&rect, box->x, box->y, (unsigned)box->width, (unsigned)box->height);
	pixman_region32_subtract(region, region, &rect);
	pixman_region32_fini(&rect);
}

void latch_layer_cover(const struct latch_layer *layer, pixman_region32_t *uncovered) {
	if (pixman_region32_n_rects(uncovered) > MAX_RECTANGLES) {
		return;
	}
	if (layer->opaque) {
		subtract(uncovered, &layer->dst);
		return;
	}
	for (size_t i = 0; i < layer->opaque_boxes_len; i++) {
		subtract(uncovered, &layer->opaque_boxes[i]);
	}
}

void plan_drop_covered(struct plan_work *work) {
	pixman_region32_t uncovered, part;
	pixman_region32_init_rect(
		&uncovered, 0, 0, (unsigned)work->input->width, (unsigned)work->input->height);
	pixman_region32_init(&part);

	work->visible = 0;
	for (size_t i = 0; i < work->len; i++) {
		struct latch_layer *layer = &work->layers[i];
		bool seen = false;
		if (layer->dst.width > 0 && layer->dst.height > 0 && layer->alpha > 0) {
			pixman_region32_intersect_rect(&part, &uncovered, layer->dst.x,
				layer->dst.y, (unsigned)layer->dst.width,
				(unsigned)layer->dst.height);
			seen = pixman_region32_not_empty(&part);
		}
		if (!seen) {
			layer->place = LATCH_LAYER_COVERED;
			layer->reasons = LATCH_REASON_COVERED;
			continue;
		}
		if (i < LATCH_PLAN_MAX_LAYERS) {
			work->visible |= LAYER_BIT(i);
		}
		if (layer->opaque && layer->fills_output) {
			pixman_region32_clear(&uncovered);
		} else {
			latch_layer_cover(layer, &uncovered);
		}
	}

	pixman_region32_fini(&part);
	pixman_region32_fini(&uncovered);
}

void plan_find_overlaps(struct plan_work *work) {
	struct wlr_box on_screen[LATCH_PLAN_MAX_LAYERS];
	for (size_t i = 0; i < work->len; i++) {
		work->overlaps[i] = 0;
		if ((work->visible & LAYER_BIT(i)) == 0) {
			continue;
		}
		on_screen[i] = latch_layer_on_screen(
			&work->layers[i], work->input->width, work->input->height);
		for (size_t j = 0; j < i; j++) {
			struct wlr_box both;
			if ((work->visible & LAYER_BIT(j)) != 0 &&
				latch_box_intersection(&both, &on_screen[i], &on_screen[j])) {
				work->overlaps[i] |= LAYER_BIT(j);
				work->overlaps[j] |= LAYER_BIT(i);
			}
		}
	}
}
