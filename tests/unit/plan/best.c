/* SPDX-License-Identifier: MIT */
#include "best.h"

#include <string.h>

#include "check.h"

struct trial {
	struct plan_case *c;
	struct latch_layer layers[PLAN_BEST_MAX_LAYERS];
	size_t best;
};

static bool is_writable(const struct kms_plane *plane) {
	return plane->props.zpos.id != 0 && !plane->props.zpos.immutable;
}

/* Where a plane that can't be moved is in the stack. */
static int64_t height_of(const struct kms_plane *plane) {
	const struct kms_property *zpos = &plane->props.zpos;
	return zpos->id != 0 ? (int64_t)zpos->value : plan_type_height(plane);
}

/* Stacks the next plane from below. Returns false where it can't be above the last one. */
static bool stack(const struct kms_plane *plane, int64_t *top, int64_t *zpos) {
	const struct kms_property *property = &plane->props.zpos;
	const int64_t lowest =
		property->id != 0 ? (int64_t)property->min : plan_type_height(plane);
	*zpos = -1;
	if (is_writable(plane)) {
		*zpos = lowest > *top ? lowest : *top + 1;
		*top = *zpos;
		return *zpos <= (int64_t)property->max;
	}
	/* Fixed ones may be below one that they do not overlap: plan_check() knows. */
	*top = lowest > *top ? lowest : *top;
	return true;
}

static void judge(struct trial *trial, size_t picture) {
	struct plan_case *c = trial->c;
	struct latch_plan plan = {.primary_is_ours = true, .primary_zpos = -1};
	for (size_t i = 0; i < c->len; i++) {
		const struct latch_layer *layer = &trial->layers[i];
		plan.visible += layer->place != LATCH_LAYER_COVERED;
		plan.on_planes += layer->place == LATCH_LAYER_ON_PLANE;
		plan.primary_is_ours &=
			layer->place != LATCH_LAYER_ON_PLANE || layer->plane != c->input.primary;
	}
	if (plan.on_planes <= trial->best) {
		return;
	}
	int64_t top = -1;
	bool possible = true;
	const bool moves = is_writable(c->input.primary);
	for (size_t i = c->len + 1; i-- > 0;) {
		if (i == picture && plan.primary_is_ours) {
			possible = possible && stack(c->input.primary, &top, &plan.primary_zpos);
		}
		struct latch_layer *layer = &trial->layers[i];
		if (i < c->len && layer->place == LATCH_LAYER_ON_PLANE) {
			possible = possible && stack(layer->plane, &top, &layer->zpos);
			const int64_t height =
				layer->zpos >= 0 ? layer->zpos : height_of(layer->plane);
			layer->underlay = plan.primary_is_ours &&
					  (moves ? i >= picture
						 : height < height_of(c->input.primary));
			plan.holes |= layer->underlay;
		}
	}
	plan.composed = plan.on_planes < plan.visible;
	plan.rung = plan.composed ? LATCH_RUNG_MIXED : LATCH_RUNG_PLANES;
	c->kernel.tests = 0;
	if (possible && plan_check(trial->layers, c->len, &c->input, &plan, &c->kernel) == NULL) {
		trial->best = plan.on_planes;
	}
}

static void try_layer(struct trial *trial, size_t i, uint32_t used) {
	struct plan_case *c = trial->c;
	if (i == c->len) {
		/* Our picture behind each layer, and in front of all. */
		for (size_t picture = 0; picture <= c->len; picture++) {
			judge(trial, picture);
		}
		return;
	}
	struct latch_layer *layer = &trial->layers[i];
	if (layer->place == LATCH_LAYER_COVERED) {
		try_layer(trial, i + 1, used);
		return;
	}
	for (size_t p = 0; p < c->input.planes_len; p++) {
		if ((used & 1u << p) != 0) {
			continue;
		}
		layer->place = LATCH_LAYER_ON_PLANE;
		layer->plane = c->input.planes[p];
		layer->zpos = -1;
		layer->reasons = 0;
		layer->test_errno = 0;
		try_layer(trial, i + 1, used | 1u << p);
	}
	layer->place = LATCH_LAYER_COMPOSED;
	layer->reasons = LATCH_REASON_NO_FREE_PLANE;
	try_layer(trial, i + 1, used);
}

size_t plan_best(struct plan_case *c, size_t at_least) {
	struct trial trial = {.c = c, .best = at_least};
	memcpy(trial.layers, c->layers, c->len * sizeof(trial.layers[0]));
	try_layer(&trial, 0, 0);
	return trial.best;
}
