/* SPDX-License-Identifier: MIT */
/*
 * Whether layers on planes come out in their order.
 *
 * What is on screen is a stack of planes, and one of them, the primary, shows what is composed. A
 * layer on a plane is either above that picture, or below it and seen through a hole:
 *
 *      overlay  |    |  a window above the picture: nothing composed may be in front of it
 *      primary  |####      ####|  the composed picture, with a hole
 *      underlay       |    |  a window that something composed is in front of
 *
 * Where planes have a zpos that can be written, each gets the lowest that keeps the order; where it
 * is fixed, it has to be high enough. Two planes of the same zpos, or overlays without any, have no
 * order that the kernel promises (Documentation/gpu/drm-kms.rst, "zpos"): layers that overlap are
 * never put there.
 */
#include "plan/private.h"

static int64_t place_by_id(const struct plan_work *work, size_t p) {
	int64_t place = 0;
	for (size_t q = 0; q < work->input->planes_len; q++) {
		place += work->input->planes[q]->id < work->input->planes[p]->id;
	}
	return place;
}

static int64_t height_without_zpos(
	const struct plan_work *work, size_t p, bool *unknown, bool some_have_zpos) {
	if (work->input->stacks_by_id) {
		return place_by_id(work, p);
	}
	switch (work->input->planes[p]->type) {
	case KMS_PLANE_PRIMARY:
		return some_have_zpos ? INT32_MIN : 0;
	case KMS_PLANE_CURSOR:
		return INT32_MAX;
	case KMS_PLANE_OVERLAY:
		break;
	}
	*unknown = some_have_zpos;
	return 1;
}

void plan_find_heights(struct plan_work *work) {
	bool some_have_zpos = false;
	for (size_t p = 0; p < work->input->planes_len; p++) {
		some_have_zpos = some_have_zpos || work->input->planes[p]->props.zpos.id != 0;
	}
	for (size_t p = 0; p < work->input->planes_len; p++) {
		const struct kms_property *zpos = &work->input->planes[p]->props.zpos;
		struct plan_height *height = &work->heights[p];
		*height = (struct plan_height){0};
		if (zpos->id == 0) {
			height->min = height_without_zpos(work, p, &height->unknown, some_have_zpos);
			height->max = height->min;
		} else {
			height->min = (int64_t)zpos->min;
			height->max = (int64_t)zpos->max;
			height->writable = !zpos->immutable;
		}
	}
}

static uint64_t in_front_of(size_t i) {
	return LAYER_BIT(i) - 1;
}

/* A layer has to be below the composed picture when something in front of it is there or below. */
static bool choose_sides(
	const struct plan_work *work, struct plan_solution *solution, uint64_t decided) {
	uint64_t low = decided & ~solution->placed & work->visible; // composed, or an underlay
	solution->underlays = 0;
	PLAN_EACH(i, solution->placed & decided) {
		const struct plan_height *height = &work->heights[solution->plane[i]];
		bool always_below = height->max < work->heights[work->primary].min;
		if (always_below || (work->overlaps[i] & in_front_of(i) & low) != 0) {
			if (!work->input->primary_alpha) {
				return false;
			}
			solution->underlays |= LAYER_BIT(i);
			low |= LAYER_BIT(i);
		}
	}
	return true;
}

/* A hole shows the plane below and nothing else: what shines through an underlay must be on planes
 * further below, or black. */
static bool holes_are_right(
	const struct plan_work *work, const struct plan_solution *solution, uint64_t decided) {
	PLAN_EACH(i, solution->underlays) {
		uint64_t behind = ~(in_front_of(i) | LAYER_BIT(i));
		uint64_t seen_through = work->overlaps[i] & behind & decided;
		if (!work->layers[i].opaque && (seen_through & ~solution->underlays) != 0) {
			return false;
		}
	}
	return true;
}

struct pile {
	int64_t zpos[LATCH_PLAN_MAX_LAYERS];
	uint64_t done;
	int64_t highest; // of all that are done
};

/* The lowest height of a plane that is above `above`; false when it can't be so high. */
static bool raise(const struct plan_height *height, int64_t above, int64_t *zpos) {
	*zpos = above >= height->min ? above + 1 : height->min;
	return *zpos <= height->max;
}

/* Puts layers (back to front) on top of what is done. apart: no two planes get the same zpos, even
 * where they don't overlap. */
static bool pile_up(const struct plan_work *work, struct plan_solution *solution, uint64_t layers,
	int64_t floor, bool apart, struct pile *pile) {
	while (layers != 0) {
		size_t i = 63 - (size_t)__builtin_clzll(layers);
		layers &= ~LAYER_BIT(i);
		int64_t above = apart ? latch_max(floor, pile->highest) : floor;
		PLAN_EACH(below, pile->done & work->overlaps[i]) {
			above = latch_max(above, pile->zpos[below]);
		}
		if (!raise(&work->heights[solution->plane[i]], above, &pile->zpos[i])) {
			return false;
		}
		pile->done |= LAYER_BIT(i);
		pile->highest = latch_max(pile->highest, pile->zpos[i]);
	}
	return true;
}

static bool order(const struct plan_work *work, struct plan_solution *solution, uint64_t placed,
	bool primary_is_ours, bool apart) {
	struct pile pile; // zpos is only read of what is done
	pile.done = 0;
	pile.highest = INT64_MIN;
	int64_t floor = INT64_MIN;
	if (!pile_up(work, solution, solution->underlays, INT64_MIN, apart, &pile)) {
		return false;
	}
	solution->primary_zpos = -1;
	if (primary_is_ours) {
		if (!raise(&work->heights[work->primary], pile.highest, &floor)) {
			return false;
		}
		pile.highest = floor;
		solution->primary_zpos = work->heights[work->primary].writable ? floor : -1;
	}
	if (!pile_up(work, solution, placed & ~solution->underlays, floor, apart, &pile)) {
		return false;
	}
	PLAN_EACH(i, placed) {
		bool writable = work->heights[solution->plane[i]].writable;
		solution->zpos[i] = writable ? pile.zpos[i] : -1;
	}
	return true;
}

static bool uses_primary(const struct plan_work *work, const struct plan_solution *solution) {
	PLAN_EACH(i, solution->placed) {
		if (solution->plane[i] == work->primary) {
			return true;
		}
	}
	return false;
}

bool plan_stack(const struct plan_work *work, struct plan_solution *solution, uint64_t decided,
	bool composing) {
	solution->underlays = 0;
	if (composing && (!choose_sides(work, solution, decided) ||
				 !holes_are_right(work, solution, decided))) {
		return false;
	}
	/* Without composing, a primary plane that no layer is on shows black, below everything; a
	 * layer that is not decided yet may still go there. */
	bool complete = (work->visible & ~decided) == 0;
	bool ours = composing || (complete && !uses_primary(work, solution));
	uint64_t placed = solution->placed & decided;
	return order(work, solution, placed, ours, true) ||
	       order(work, solution, placed, ours, false);
}
