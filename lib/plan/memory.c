/* SPDX-License-Identifier: MIT */
/* What was decided last time, and whether it still holds. */

#include "plan/private.h"

/* After this many failed commits of plans that had passed their test, planes are given up. */
#define MAX_REFUSED_COMMITS 3

/* An output without layers or planes has no arrays of them, and memcpy() wants one. */
static void copy(void *to, const void *from, size_t len, size_t size) {
	if (len > 0) {
		memcpy(to, from, len * size);
	}
}

static bool same_planes(
	const struct latch_plan_memory *memory, const struct latch_plan_input *input) {
	if (memory->planes_len != input->planes_len) {
		return false;
	}
	for (size_t p = 0; p < input->planes_len; p++) {
		if (memory->planes[p] != input->planes[p]) {
			return false;
		}
	}
	return true;
}

bool plan_same_arrangement(const struct plan_work *work) {
	const struct latch_plan_memory *memory = work->memory;
	if (memory->layers_len != work->len) {
		return false;
	}
	for (size_t i = 0; i < work->len; i++) {
		if (!latch_layer_same_shape(&memory->layers[i], &work->layers[i])) {
			return false;
		}
	}
	return same_planes(memory, work->input);
}

/* New buffers of layers that are on planes: the kernel may take them where it took the last. */
static bool buffers_fit(const struct latch_plan_memory *memory, const struct latch_layer *layers,
	const struct latch_plan_input *input) {
	for (size_t i = 0; i < memory->layers_len; i++) {
		const struct latch_layer *before = &memory->layers[i];
		if (before->place == LATCH_LAYER_ON_PLANE &&
			input->import(input->data, &layers[i],
				latch_layer_fourcc_on(before, before->plane)) != 0) {
			return false;
		}
	}
	return true;
}

/* Nothing changed but buffers, and no layer has become worth a plane. */
bool plan_reuse(struct plan_work *work) {
	const struct latch_plan_memory *memory = work->memory;
	const struct latch_plan_input *input = work->input;
	if (!memory->valid || memory->scanout_allowed != input->scanout_allowed ||
		memory->captured != input->captured ||
		memory->has_background != input->has_background ||
		(memory->waiting_candidates & ~work->waiting) != 0 ||
		!buffers_fit(memory, work->layers, input)) {
		return false;
	}
	for (size_t i = 0; i < work->len; i++) {
		latch_layer_take_place(&work->layers[i], &memory->layers[i]);
		if (memory->waiting_candidates & LAYER_BIT(i)) {
			work->layers[i].reasons = work->layers[i].waits;
		}
	}
	return true;
}

void plan_remember(struct plan_work *work, const struct latch_plan *plan) {
	struct latch_plan_memory *memory = work->memory;
	memory->layers_len = work->len;
	copy(memory->layers, work->layers, work->len, sizeof(work->layers[0]));
	memory->plan = *plan;
	memory->scanout_allowed = work->input->scanout_allowed;
	memory->captured = work->input->captured;
	memory->has_background = work->input->has_background;
	memory->waiting_candidates = 0;
	PLAN_EACH(i, work->visible) {
		if (work->layers[i].place != LATCH_LAYER_ON_PLANE && work->fits[i] != 0) {
			memory->waiting_candidates |= work->waiting & LAYER_BIT(i);
		}
	}
	memory->valid = true;
}

/* A new arrangement: what the kernel refused of the old one says nothing of it. */
void plan_begin_arrangement(struct plan_work *work) {
	struct latch_plan_memory *memory = work->memory;
	const struct latch_plan_input *input = work->input;
	memory->valid = false;
	if (!same_planes(memory, input)) {
		memory->planes_len = input->planes_len;
		copy(memory->planes, input->planes, input->planes_len, sizeof(input->planes[0]));
		plan_find_classes(input, memory->classes);
	}
	memset(memory->refused_planes, 0, sizeof(memory->refused_planes));
	memset(memory->refused_reasons, 0, sizeof(memory->refused_reasons));
	memset(memory->refused_errno, 0, sizeof(memory->refused_errno));
	memory->refusals_len = 0;
	memory->refused_commits = 0;
	memory->compose_all = false;
}

void latch_plan_refused(struct latch_plan_memory *memory, int error) {
	if (memory->refusals_len == LATCH_PLAN_MAX_REFUSALS ||
		++memory->refused_commits >= MAX_REFUSED_COMMITS) {
		memory->compose_all = true;
	}
	struct latch_refusal refusal = {0};
	uint32_t alone = 0;
	for (size_t i = 0; i < memory->layers_len; i++) {
		const struct latch_layer *layer = &memory->layers[i];
		if (memory->compose_all && memory->refused_errno[i] == 0) {
			memory->refused_errno[i] = -error;
		}
		if (layer->place != LATCH_LAYER_ON_PLANE) {
			continue;
		}
		refusal.layers |= LAYER_BIT(i);
		memory->refused_errno[i] = -error;
		memory->refused_reasons[i] |= LATCH_REASON_TEST_REFUSED;
		for (size_t p = 0; p < memory->planes_len; p++) {
			if (memory->planes[p] == layer->plane) {
				refusal.plane_class[i] = memory->classes[p];
				alone = PLANE_BIT(p);
			}
		}
	}
	if (!memory->compose_all && refusal.layers != 0) {
		memory->refusals[memory->refusals_len++] = refusal;
	}
	if (plan_count(refusal.layers) == 1) {
		memory->refused_planes[__builtin_ctzll(refusal.layers)] |= alone;
	}
	memory->valid = false;
}

void latch_plan_forget(struct latch_plan_memory *memory) {
	memory->valid = false;
	memory->layers_len = 0;
	memory->planes_len = 0;
}
