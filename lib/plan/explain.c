/* SPDX-License-Identifier: MIT */
/* Why a layer is not on a plane, once it is decided. */
#include "plan/private.h"

uint64_t plan_reasons_for_all(const struct latch_plan_input *input) {
	return (input->planes_len == 0 ? LATCH_REASON_NO_KMS : 0) |
	       (input->scanout_allowed ? 0 : LATCH_REASON_DISABLED) |
	       (input->captured ? LATCH_REASON_CAPTURED : 0);
}

/* Whether a free plane would be right for a layer that was composed, had the kernel been asked. */
static bool could_be_stacked(
	const struct plan_work *work, const struct plan_solution *solution, size_t i, size_t p) {
	struct plan_solution other = *solution;
	other.plane[i] = (uint8_t)p;
	other.placed |= LAYER_BIT(i);
	return plan_stack(work, &other, work->visible, true);
}

/* Why a layer that some plane could show is on none of them. */
static uint64_t missed_reasons(
	const struct plan_work *work, const struct plan_solution *solution, size_t i) {
	const struct latch_plan_memory *memory = work->memory;
	uint32_t used = 0;
	PLAN_EACH(j, solution->placed) {
		used |= PLANE_BIT(solution->plane[j]);
	}
	uint32_t planes = work->fits[i] & ~PLANE_BIT(work->primary) & ~memory->refused_planes[i];
	uint32_t free = planes & ~used;
	uint64_t reasons = memory->refused_planes[i] != 0 ? memory->refused_reasons[i] : 0;
	bool stackable = false;
	PLAN_EACH(p, free) {
		stackable = stackable || could_be_stacked(work, solution, i, p);
	}
	if (free != 0 && !stackable) {
		return reasons | LATCH_REASON_Z_ORDER;
	}
	if (free == 0) {
		return reasons != 0 ? reasons : LATCH_REASON_NO_FREE_PLANE;
	}
	bool refused = plan_refused_together(work, i) || plan_may_test(work);
	return reasons | (refused ? LATCH_REASON_TEST_REFUSED : LATCH_REASON_TESTS_SPENT);
}

void plan_give_reasons(struct plan_work *work, const struct plan_solution *solution) {
	uint64_t all = plan_reasons_for_all(work->input);
	PLAN_EACH(i, work->visible & ~solution->placed) {
		struct latch_layer *layer = &work->layers[i];
		layer->test_errno = 0;
		if (all != 0) {
			layer->reasons = all | layer->unreadable;
		} else if (work->fits[i] == 0) {
			layer->reasons = work->fit_reasons[i];
		} else if (work->memory->compose_all) {
			layer->reasons = LATCH_REASON_TEST_REFUSED;
			layer->test_errno = work->memory->refused_errno[i];
		} else if (work->waiting & LAYER_BIT(i)) {
			layer->reasons = layer->waits;
		} else {
			layer->reasons = missed_reasons(work, solution, i);
			if ((layer->reasons & LATCH_REASON_TEST_REFUSED) == 0) {
				continue;
			}
			int error = work->memory->refused_errno[i];
			layer->test_errno = error != 0 ? error : -work->busy_error;
			if (layer->test_errno == 0) {
				/* Nobody refused it: the search was given up before it came to
				 * it. */
				layer->reasons ^= LATCH_REASON_TEST_REFUSED | LATCH_REASON_TESTS_SPENT;
			}
		}
	}
}
