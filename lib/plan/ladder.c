/* SPDX-License-Identifier: MIT */
/*
 * The ladder: reuse the last plan, everything on planes, some on planes, everything composed.
 *
 * A step down is taken when nothing on the step above fits, can be stacked, and passes the kernel's
 * test. What a test refused is remembered as long as the arrangement stays (refuse.c), so the
 * search (search.c) proposes something else the next time.
 */

#include "plan/private.h"

const char *latch_rung_name(enum latch_rung rung) {
	static const char *const names[] = {"reused", "planes", "mixed", "composed"};
	return (size_t)rung < sizeof(names) / sizeof(names[0]) ? names[rung] : "unknown";
}

enum outcome {
	OUTCOME_FOUND,
	OUTCOME_NOTHING,
	/** The kernel could not be asked: what it answered says nothing of the arrangement. */
	OUTCOME_BUSY,
};

/* Layers that the kernel refused by themselves, on some plane. */
static uint64_t refused_alone(const struct plan_work *work) {
	uint64_t layers = 0;
	for (size_t i = 0; i < work->len; i++) {
		layers |= work->memory->refused_planes[i] != 0 ? LAYER_BIT(i) : 0;
	}
	return layers;
}

/* Searches and tests on one step of the ladder until something passes. Where layers can be composed
 * instead, those that were refused are put off until the others have passed, so that trying them on
 * one plane after the other does not use up the tests. */
static enum outcome try_rung(struct plan_work *work, bool composing, unsigned tests_limit,
	struct plan_solution *solution) {
	struct plan_solution good = plan_all_composed, proposal;
	uint64_t waiting = work->waiting;
	bool put_off = composing;
	while (true) {
		uint64_t refused = put_off ? refused_alone(work) : 0;
		work->waiting = waiting | refused;
		bool found = plan_search(work, composing, &proposal);
		work->waiting = waiting;
		/* Nothing better will be proposed than what passed already. */
		if (!found ||
			(composing && plan_count(proposal.placed) <= plan_count(good.placed))) {
			if (refused == 0) {
				break;
			}
			put_off = false;
			continue;
		}
		if (!plan_may_test(work) || work->tests >= tests_limit) {
			break;
		}
		int ret = plan_test(work, work->layers, &proposal);
		if (ret == 0 && refused == 0) {
			*solution = proposal;
			return OUTCOME_FOUND;
		}
		if (ret == 0) {
			good = proposal;
			put_off = false;
			continue;
		}
		if (!plan_error_lasts(ret)) {
			work->busy_error = ret;
			return OUTCOME_BUSY;
		}
		plan_learn_refusal(work, &proposal, ret, composing, &good);
	}
	if (good.placed != 0) {
		*solution = good;
		return OUTCOME_FOUND;
	}
	return OUTCOME_NOTHING;
}

static bool covers_screen(const struct plan_work *work, const struct latch_layer *layer) {
	const struct wlr_box box =
		latch_layer_on_screen(layer, work->input->width, work->input->height);
	return box.width == work->input->width && box.height == work->input->height;
}

/* One colour behind everything costs neither a plane nor composing, if all the others are on planes:
 * a composed picture would be in front of it. */
static enum outcome try_background(struct plan_work *work, struct plan_solution *solution) {
	const uint64_t visible = work->visible;
	const unsigned back = 63u - (unsigned)__builtin_clzll(visible);
	struct latch_layer *layer = &work->layers[back];
	if (!work->input->has_background || layer->solid == 0 || !covers_screen(work, layer) ||
		layer->color.transfer != COLOR_UNTAGGED ||
		(work->input->composing && (work->waiting & visible & ~LAYER_BIT(back)) != 0)) {
		return OUTCOME_NOTHING;
	}
	work->visible = visible & ~LAYER_BIT(back);
	work->background = layer->solid;
	/* Refused, it says nothing of the layers: with a plane for the backdrop they may be fine. */
	if (plan_search(work, false, solution) && plan_may_test(work) &&
		plan_test(work, work->layers, solution) == 0) {
		layer->place = LATCH_LAYER_BACKGROUND;
		return OUTCOME_FOUND;
	}
	work->visible = visible;
	work->background = 0;
	return OUTCOME_NOTHING;
}

static enum outcome climb_down(struct plan_work *work, struct plan_solution *solution) {
	const struct latch_plan_input *input = work->input;
	/* Where nothing is composed, nothing is gained by composing something first. */
	bool hurry = !input->composing || work->waiting == 0;
	enum outcome outcome = try_background(work, solution);
	if (outcome == OUTCOME_NOTHING && hurry) {
		/* Half of the tests are kept for the next step. */
		outcome = try_rung(work, false, (input->max_tests + 1) / 2, solution);
	}
	if (outcome == OUTCOME_NOTHING) {
		outcome = try_rung(work, true, input->max_tests, solution);
	}
	return outcome;
}

static struct latch_plan make_anew(struct plan_work *work) {
	struct plan_solution solution = plan_all_composed;
	enum outcome outcome = OUTCOME_NOTHING;
	if (work->visible != 0 && plan_reasons_for_all(work->input) == 0) {
		plan_find_overlaps(work);
		plan_find_heights(work);
		plan_find_fits(work);
		if (!work->memory->compose_all) {
			outcome = climb_down(work, &solution);
		}
	}
	if (outcome != OUTCOME_FOUND) {
		solution = plan_all_composed;
	}
	struct latch_plan plan = plan_apply(work, work->layers, &solution);
	plan_give_reasons(work, &solution);
	plan.tests = work->tests;
	plan_remember(work, &plan);
	if (outcome == OUTCOME_BUSY) {
		work->memory->valid = false; // it is asked again with the next frame
	}
	return plan;
}

static void reset_places(struct plan_work *work) {
	static const struct latch_layer nowhere = {.zpos = -1};
	for (size_t i = 0; i < work->len; i++) {
		latch_layer_take_place(&work->layers[i], &nowhere);
	}
}

static struct latch_plan make_few(struct plan_work *work) {
	const struct latch_plan_input *input = work->input;
	for (size_t i = 0; i < work->len; i++) {
		work->waiting |= work->layers[i].waits != 0 ? LAYER_BIT(i) : 0;
	}
	bool same = plan_same_arrangement(work);
	if (same && plan_reuse(work)) {
		struct latch_plan plan = work->memory->plan;
		plan.rung = LATCH_RUNG_REUSED;
		plan.tests = 0;
		return plan;
	}
	if (!same) {
		plan_begin_arrangement(work);
	}
	for (size_t p = 0; p < input->planes_len; p++) {
		if (input->planes[p] == input->primary) {
			work->primary = (int)p;
		}
	}
	plan_drop_covered(work);
	return make_anew(work);
}

/* More visible layers than are worth a thought. */
static struct latch_plan compose_many(struct plan_work *work, size_t visible) {
	uint64_t reasons = plan_reasons_for_all(work->input);
	for (size_t i = 0; i < work->len; i++) {
		if (work->layers[i].place != LATCH_LAYER_COVERED) {
			work->layers[i].reasons = reasons != 0 ? reasons : LATCH_REASON_NO_FREE_PLANE;
		}
	}
	latch_plan_forget(work->memory);
	return (struct latch_plan){
		.rung = LATCH_RUNG_COMPOSED,
		.primary_is_ours = true,
		.primary_zpos = -1,
		.visible = visible,
		.composed = true,
	};
}

/* Without those that are covered there may be few enough. */
static struct latch_plan make_many(struct plan_work *work) {
	struct latch_layer few[LATCH_PLAN_MAX_LAYERS];
	size_t visible = 0;
	plan_drop_covered(work);
	for (size_t i = 0; i < work->len; i++) {
		if (work->layers[i].place == LATCH_LAYER_COVERED) {
			continue;
		}
		if (visible < LATCH_PLAN_MAX_LAYERS) {
			few[visible] = work->layers[i];
		}
		visible++;
	}
	if (visible > LATCH_PLAN_MAX_LAYERS) {
		return compose_many(work, visible);
	}
	struct plan_work of_few = *work;
	of_few.layers = few;
	of_few.len = visible;
	struct latch_plan plan = make_few(&of_few);
	for (size_t i = work->len; i-- > 0;) {
		if (work->layers[i].place != LATCH_LAYER_COVERED) {
			work->layers[i] = few[--visible];
		}
	}
	return plan;
}

struct latch_plan latch_plan_make(struct latch_layer *layers, size_t len,
	const struct latch_plan_input *input, struct latch_plan_memory *memory) {
	struct plan_work work = {
		.input = input,
		.memory = memory,
		.layers = layers,
		.len = len,
	};
	reset_places(&work);
	return len > LATCH_PLAN_MAX_LAYERS ? make_many(&work) : make_few(&work);
}
