/* SPDX-License-Identifier: MIT */
/*
 * What the kernel refused, and who is to blame.
 *
 * A refused commit does not say what was wrong with it. More of them do: first the layers are
 * halved until the one is found with which it began to fail, then that layer is tried alone. Alone
 * it fails: that layer does not go to that plane, and taking its properties out one by one may tell
 * which of them it is. Alone it passes: it is one too many, together with those in front of it.
 *
 * This rests on a rule that drivers keep in general: what fails does not begin to work when
 * something is added.
 */
#include <math.h>

#include "plan/private.h"

static bool has_refusal(const struct plan_work *work, const struct plan_solution *solution,
	const struct latch_refusal *refusal) {
	if ((refusal->layers & ~solution->placed) != 0) {
		return false;
	}
	PLAN_EACH(i, refusal->layers) {
		if (work->memory->classes[solution->plane[i]] != refusal->plane_class[i]) {
			return false;
		}
	}
	return true;
}

bool plan_is_refused(const struct plan_work *work, const struct plan_solution *solution) {
	const struct latch_plan_memory *memory = work->memory;
	for (size_t i = 0; i < memory->refusals_len; i++) {
		if (has_refusal(work, solution, &memory->refusals[i])) {
			return true;
		}
	}
	return false;
}

bool plan_refused_together(const struct plan_work *work, size_t layer) {
	const struct latch_plan_memory *memory = work->memory;
	for (size_t i = 0; i < memory->refusals_len; i++) {
		if (memory->refusals[i].layers & LAYER_BIT(layer)) {
			return true;
		}
	}
	return false;
}

static uint32_t planes_like(const struct plan_work *work, size_t p) {
	uint32_t planes = 0;
	for (size_t q = 0; q < work->input->planes_len; q++) {
		if (work->memory->classes[q] == work->memory->classes[p]) {
			planes |= PLANE_BIT(q);
		}
	}
	return planes;
}

/* A second plane of a kind that refuses a layer settles it for all of that kind. */
static void remember_single(struct plan_work *work, size_t i, size_t p, int error) {
	struct latch_plan_memory *memory = work->memory;
	uint32_t alike = planes_like(work, p);
	bool second = (memory->refused_planes[i] & alike) != 0;
	memory->refused_planes[i] |= second ? alike : PLANE_BIT(p);
	memory->refused_reasons[i] |= LATCH_REASON_TEST_REFUSED;
	memory->refused_errno[i] = -error;
}

/* Remembers that the placed layers of a solution can't be on these planes together. */
static void remember_refusal(
	struct plan_work *work, const struct plan_solution *solution, int error) {
	struct latch_plan_memory *memory = work->memory;
	if (plan_count(solution->placed) == 1) {
		size_t i = (size_t)__builtin_ctzll(solution->placed);
		remember_single(work, i, (size_t)solution->plane[i], error);
		return;
	}
	if (memory->refusals_len == LATCH_PLAN_MAX_REFUSALS) {
		/* The oldest is forgotten; at worst it is learned again. */
		memory->refusals_len--;
		memmove(&memory->refusals[0], &memory->refusals[1],
			memory->refusals_len * sizeof(memory->refusals[0]));
	}
	struct latch_refusal *refusal = &memory->refusals[memory->refusals_len++];
	*refusal = (struct latch_refusal){.layers = solution->placed};
	PLAN_EACH(i, solution->placed) {
		refusal->plane_class[i] = work->memory->classes[solution->plane[i]];
		memory->refused_errno[i] = -error;
	}
}

static struct plan_solution only_layers(const struct plan_solution *solution, uint64_t layers) {
	struct plan_solution part = *solution;
	part.placed &= layers;
	part.underlays &= layers;
	return part;
}

/* The first n placed layers of a solution, front to back. */
static struct plan_solution first_layers(const struct plan_solution *solution, unsigned n) {
	uint64_t rest = solution->placed;
	for (; rest != 0 && n > 0; n--) {
		rest &= rest - 1;
	}
	return only_layers(solution, ~rest);
}

/* Returns the smallest n so that the first n layers are refused; *passed: the most known to
 * pass. */
static unsigned find_first_failing(struct plan_work *work, const struct plan_solution *solution,
	unsigned *passed) {
	unsigned good = 0, bad = plan_count(solution->placed);
	while (bad - good > 1 && plan_may_test(work)) {
		unsigned middle = good + (bad - good) / 2;
		struct plan_solution part = first_layers(solution, middle);
		if (plan_test(work, work->layers, &part) == 0) {
			good = middle;
		} else {
			bad = middle;
		}
	}
	*passed = good;
	return bad;
}

/* Ways to make a layer easier, where they are one. */

static void without_scaling(struct latch_layer *layer, const struct plan_work *work) {
	bool turned = (layer->transform & LATCH_TRANSFORM_90) != 0;
	if (latch_layer_is_scaled(layer)) {
		layer->dst.width = (int)(turned ? layer->src.height : layer->src.width);
		layer->dst.height = (int)(turned ? layer->src.width : layer->src.height);
	}
}

/* By the format's name it is not known here which ones share chroma samples: most do. */
static void at_even_pixels(struct latch_layer *layer, const struct plan_work *work) {
	bool scaled = latch_layer_is_scaled(layer);
	struct wlr_fbox *src = &layer->src;
	if (layer->color_encoding == KMS_COLOR_ENCODING_ANY) {
		return;
	}
	*src = (struct wlr_fbox){
		.x = floor(src->x / 2) * 2,
		.y = floor(src->y / 2) * 2,
		.width = floor(src->width / 2) * 2,
		.height = floor(src->height / 2) * 2,
	};
	if (!scaled) {
		without_scaling(layer, work);
	}
}

static void inside_screen(struct latch_layer *layer, const struct plan_work *work) {
	struct wlr_box *dst = &layer->dst;
	dst->x = (int)latch_clamp(dst->x, 0, work->input->width - dst->width);
	dst->y = (int)latch_clamp(dst->y, 0, work->input->height - dst->height);
}

static void upright(struct latch_layer *layer, const struct plan_work *work) {
	if (layer->transform & LATCH_TRANSFORM_90) {
		int width = layer->dst.width;
		layer->dst.width = layer->dst.height;
		layer->dst.height = width;
	}
	layer->transform = LATCH_TRANSFORM_NORMAL;
}

static void without_alpha(struct latch_layer *layer, const struct plan_work *work) {
	layer->alpha = 0xffff;
}

static void default_blend(struct latch_layer *layer, const struct plan_work *work) {
	layer->blend_mode = KMS_BLEND_PREMULTIPLIED;
}

static void any_color(struct latch_layer *layer, const struct plan_work *work) {
	layer->color_encoding = KMS_COLOR_ENCODING_ANY;
	layer->color_range = KMS_COLOR_RANGE_ANY;
}

static void without_color(struct latch_layer *layer, const struct plan_work *work) {
	layer->color = (struct color_description){0};
}

static const struct {
	uint64_t reason;
	void (*ease)(struct latch_layer *layer, const struct plan_work *work);
} blames[] = {
	{LATCH_REASON_SCALING, without_scaling},
	{LATCH_REASON_CROP, at_even_pixels},
	{LATCH_REASON_POSITION, inside_screen},
	{LATCH_REASON_ROTATION, upright},
	{LATCH_REASON_ALPHA, without_alpha},
	{LATCH_REASON_BLEND, default_blend},
	{LATCH_REASON_COLOR_ENCODING, any_color},
	{LATCH_REASON_COLOR, without_color},
};

/* Which property of a layer that is refused alone is to blame: the one without which it passes. */
static uint64_t find_blame(struct plan_work *work, const struct plan_solution *alone, size_t i) {
	struct latch_layer layers[LATCH_PLAN_MAX_LAYERS];
	memcpy(layers, work->layers, work->len * sizeof(layers[0]));
	for (size_t b = 0; b < sizeof(blames) / sizeof(blames[0]) && plan_may_test(work); b++) {
		struct latch_layer *layer = &layers[i];
		*layer = work->layers[i];
		blames[b].ease(layer, work);
		bool easier = !latch_layer_same_shape(layer, &work->layers[i]) &&
			      !latch_box_empty(&layer->dst) && layer->src.width > 0 &&
			      layer->src.height > 0;
		if (easier && plan_test(work, layers, alone) == 0) {
			return blames[b].reason;
		}
	}
	return 0;
}

static void keep_if_better(const struct plan_work *work, const struct plan_solution *solution,
	unsigned n, struct plan_solution *good) {
	struct plan_solution part = first_layers(solution, n);
	/* What was tested has to be what is shown: the same heights, the others composed. */
	struct plan_solution stacked = part;
	if (n > plan_count(good->placed) && plan_stack(work, &stacked, work->visible, true)) {
		*good = stacked;
	}
}

void plan_learn_refusal(struct plan_work *work, const struct plan_solution *solution, int error,
	bool composing, struct plan_solution *good) {
	unsigned passed;
	unsigned n = find_first_failing(work, solution, &passed);
	if (composing) {
		keep_if_better(work, solution, passed, good);
	}
	struct plan_solution failing = first_layers(solution, n);
	size_t last = 63 - (size_t)__builtin_clzll(failing.placed);
	struct plan_solution alone = only_layers(&failing, LAYER_BIT(last));
	bool lonely = n == 1;
	if (!lonely && plan_may_test(work)) {
		int ret = plan_test(work, work->layers, &alone);
		lonely = ret != 0 && plan_error_lasts(ret);
	}
	if (!lonely) {
		remember_refusal(work, &failing, error);
		return;
	}
	remember_refusal(work, &alone, error);
	if ((work->memory->refused_reasons[last] & ~(uint64_t)LATCH_REASON_TEST_REFUSED) != 0) {
		return;
	}
	uint64_t blame = find_blame(work, &alone, last);
	work->memory->refused_reasons[last] |= blame;
	if (blame != 0) {
		/* What one plane can't do, the others of its kind can't. */
		work->memory->refused_planes[last] |=
			planes_like(work, (size_t)alone.plane[last]);
	}
}
