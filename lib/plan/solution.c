/* SPDX-License-Identifier: MIT */
/* A solution as a plan that can be tested and shown. */

#include "plan/private.h"

bool plan_may_test(const struct plan_work *work) {
	return work->tests < work->input->max_tests;
}

bool plan_error_lasts(int error) {
	return error == -EINVAL || error == -ERANGE || error == -ENOSPC || error == -EOPNOTSUPP ||
	       error == -E2BIG;
}

struct latch_plan plan_apply(const struct plan_work *work, struct latch_layer *layers,
	const struct plan_solution *solution) {
	struct latch_plan plan = {
		.visible = plan_count(work->visible),
		.on_planes = plan_count(solution->placed),
		.primary_is_ours = true,
		.holes = solution->underlays != 0,
		.background = work->background,
	};
	plan.composed = plan.on_planes < plan.visible;
	PLAN_EACH(i, solution->placed) {
		struct latch_layer *layer = &layers[i];
		layer->place = LATCH_LAYER_ON_PLANE;
		layer->plane = work->input->planes[solution->plane[i]];
		layer->zpos = solution->zpos[i];
		layer->underlay = (solution->underlays & LAYER_BIT(i)) != 0;
		plan.primary_is_ours =
			plan.primary_is_ours && solution->plane[i] != work->primary;
	}
	plan.primary_zpos = plan.primary_is_ours ? solution->primary_zpos : -1;
	plan.rung = plan.on_planes == 0 && plan.visible > 0 ? LATCH_RUNG_COMPOSED
		    : plan.composed                         ? LATCH_RUNG_MIXED
							    : LATCH_RUNG_PLANES;
	return plan;
}

int plan_test(struct plan_work *work, const struct latch_layer *layers,
	const struct plan_solution *solution) {
	struct latch_layer tested[LATCH_PLAN_MAX_LAYERS];
	memcpy(tested, layers, work->len * sizeof(tested[0]));
	struct latch_plan plan = plan_apply(work, tested, solution);
	work->tests++;
	return work->input->test(work->input->data, tested, work->len, &plan);
}
