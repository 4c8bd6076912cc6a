/*
 * The ladder: reuse the last plan, everything on planes, some on planes, everything composed.
 *
 * A step down is taken when nothing on the step above fits, can be stacked, and passes the kernel's
 * test. What a test refused is remembered as long as the arrangement stays (refuse.c), so the
 * search (search.c) proposes something else the next time.
 */
#include "plan/plan.h"

#include <errno.h>
#include <string.h>

#include "plan/private.h"

/* So many real commits of plans that had passed their test may fail before it is given up. */
#define MAX_REFUSED_COMMITS 3

const char *latch_rung_name(enum latch_rung rung) {
	static const char *const names[] = {"reused", "planes", "mixed", "composed"};
	return (size_t)rung < sizeof(names) / sizeof(names[0]) ? names[rung] : "unknown";
}

void plan_solution_clear(struct plan_solution *solution) {
	*solution = (struct plan_solution){.primary_zpos = -1};
	memset(solution->plane, NO_PLANE, sizeof(solution->plane));
}

bool plan_may_test(const struct plan_work *work) {
	return work->tests < work->input->max_tests;
}

bool plan_error_lasts(int error) {
	return error == -EINVAL || error == -ERANGE || error == -ENOSPC || error == -EOPNOTSUPP ||
	       error == -E2BIG;
}

/* Writes a solution into layers, and makes the plan that goes with it. */
static struct latch_plan apply(const struct plan_work *work, struct latch_layer *layers,
	const struct plan_solution *solution, bool composing) {
	struct latch_plan plan = {
		.visible = plan_count(work->visible),
		.on_planes = plan_count(solution->placed),
		.primary_is_ours = true,
		.primary_zpos = -1,
		.holes = solution->underlays != 0,
	};
	plan.composed = plan.on_planes < plan.visible;
	for (uint64_t rest = work->visible; rest != 0; rest &= rest - 1) {
		size_t i = (size_t)__builtin_ctzll(rest);
		struct latch_layer *layer = &layers[i];
		layer->place = LATCH_LAYER_COMPOSED;
		layer->plane = NULL;
		layer->zpos = -1;
		layer->underlay = false;
		if (solution->placed & LAYER_BIT(i)) {
			layer->place = LATCH_LAYER_ON_PLANE;
			layer->plane = work->input->planes[solution->plane[i]];
			layer->zpos = solution->zpos[i];
			layer->underlay = (solution->underlays & LAYER_BIT(i)) != 0;
			layer->reasons = 0;
			layer->test_errno = 0;
			plan.primary_is_ours =
				plan.primary_is_ours && solution->plane[i] != work->primary;
		}
	}
	plan.primary_zpos = plan.primary_is_ours ? solution->primary_zpos : -1;
	plan.rung = plan.on_planes == 0 && plan.visible > 0 ? LATCH_RUNG_COMPOSED
		    : plan.composed                         ? LATCH_RUNG_MIXED
							    : LATCH_RUNG_PLANES;
	return plan;
}

int plan_test_layers(struct plan_work *work, const struct latch_layer *layers,
	const struct plan_solution *solution, bool composing) {
	struct latch_layer tested[LATCH_PLAN_MAX_LAYERS];
	memcpy(tested, layers, work->len * sizeof(tested[0]));
	struct latch_plan plan = apply(work, tested, solution, composing);
	work->tests++;
	return work->input->test(work->input->data, tested, work->len, &plan);
}

int plan_test(struct plan_work *work, const struct plan_solution *solution, bool composing) {
	return plan_test_layers(work, work->layers, solution, composing);
}

enum outcome {
	OUTCOME_FOUND,
	OUTCOME_NOTHING,
	/** The kernel could not be asked: what it answered says nothing of the arrangement. */
	OUTCOME_BUSY,
};

/* Searches and tests on one step of the ladder until something passes. */
static enum outcome try_rung(struct plan_work *work, bool composing, unsigned tests_limit,
	struct plan_solution *solution) {
	struct plan_solution good;
	plan_solution_clear(&good);
	struct plan_solution proposal;
	while (plan_search(work, composing, &proposal)) {
		/* Nothing better will be proposed than what passed already. */
		if (composing && plan_count(proposal.placed) <= plan_count(good.placed)) {
			break;
		}
		if (composing && proposal.placed == 0) {
			break;
		}
		if (!plan_may_test(work) || work->tests >= tests_limit) {
			break;
		}
		int ret = plan_test(work, &proposal, composing);
		if (ret == 0) {
			*solution = proposal;
			return OUTCOME_FOUND;
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

static uint64_t reasons_for_all(const struct latch_plan_input *input) {
	return (input->planes_len == 0 ? LATCH_REASON_NO_KMS : 0) |
	       (input->scanout_allowed ? 0 : LATCH_REASON_DISABLED) |
	       (input->captured ? LATCH_REASON_CAPTURED : 0);
}

/* Whether a free plane would be right for a layer that was composed, had the kernel been asked. */
static bool could_be_stacked(
	const struct plan_work *work, const struct plan_solution *solution, size_t i, size_t p) {
	struct plan_solution other = *solution;
	other.plane[i] = (int8_t)p;
	other.placed |= LAYER_BIT(i);
	return plan_stack(work, &other, work->visible, true);
}

/* Why a layer that some plane could show is on none of them. */
static uint64_t missed_reasons(
	const struct plan_work *work, const struct plan_solution *solution, size_t i) {
	const struct latch_plan_memory *memory = work->memory;
	uint32_t used = 0;
	for (uint64_t rest = solution->placed; rest != 0; rest &= rest - 1) {
		used |= PLANE_BIT(solution->plane[__builtin_ctzll(rest)]);
	}
	uint32_t planes = work->fits[i] & ~PLANE_BIT(work->primary) & ~memory->refused_planes[i];
	uint32_t free = planes & ~used;
	uint64_t reasons = memory->refused_planes[i] != 0 ? memory->refused_reasons[i] : 0;
	bool stackable = false;
	for (uint32_t rest = free; rest != 0; rest &= rest - 1) {
		stackable = stackable ||
			    could_be_stacked(work, solution, i, (size_t)__builtin_ctz(rest));
	}
	if (free != 0 && !stackable) {
		return reasons | LATCH_REASON_Z_ORDER;
	}
	if (free == 0) {
		return reasons != 0 ? reasons : LATCH_REASON_NO_FREE_PLANE;
	}
	if (plan_refused_together(work, i)) {
		return reasons | LATCH_REASON_TEST_REFUSED;
	}
	return reasons | (plan_may_test(work) ? LATCH_REASON_TEST_REFUSED
					      : LATCH_REASON_TESTS_SPENT);
}

static void give_reasons(struct plan_work *work, const struct plan_solution *solution,
	const uint64_t *settled) {
	uint64_t all = reasons_for_all(work->input);
	for (uint64_t rest = work->visible & ~solution->placed; rest != 0; rest &= rest - 1) {
		size_t i = (size_t)__builtin_ctzll(rest);
		struct latch_layer *layer = &work->layers[i];
		layer->test_errno = 0;
		if (all != 0) {
			layer->reasons = all | (layer->is_dmabuf ? 0 : LATCH_REASON_NO_DMABUF);
		} else if (work->fits[i] == 0) {
			layer->reasons = work->fit_reasons[i];
		} else if (work->memory->compose_all) {
			layer->reasons = LATCH_REASON_TEST_REFUSED;
			layer->test_errno = work->memory->refused_errno[i];
		} else if (work->waiting & LAYER_BIT(i)) {
			layer->reasons = settled[i];
		} else {
			layer->reasons = missed_reasons(work, solution, i);
			if (layer->reasons & LATCH_REASON_TEST_REFUSED) {
				int error = work->memory->refused_errno[i];
				layer->test_errno = error != 0 ? error : -work->busy_error;
			}
		}
	}
}

static uint64_t find_waiting(const uint64_t *settled, size_t len) {
	uint64_t waiting = 0;
	for (size_t i = 0; settled != NULL && i < len; i++) {
		waiting |= settled[i] != 0 ? LAYER_BIT(i) : 0;
	}
	return waiting;
}

static bool same_planes(const struct latch_plan_memory *memory, const struct latch_plan_input *input) {
	return memory->planes_len == input->planes_len &&
	       memcmp(memory->planes, input->planes,
		       input->planes_len * sizeof(input->planes[0])) == 0;
}

static bool same_layers(
	const struct latch_plan_memory *memory, const struct latch_layer *layers, size_t len) {
	if (memory->layers_len != len) {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		if (!latch_layer_same_shape(&memory->layers[i], &layers[i])) {
			return false;
		}
	}
	return true;
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

static void take_over(struct latch_layer *layer, const struct latch_layer *before) {
	layer->place = before->place;
	layer->plane = before->plane;
	layer->zpos = before->zpos;
	layer->underlay = before->underlay;
	layer->reasons = before->reasons;
	layer->test_errno = before->test_errno;
}

/* Nothing changed but buffers, and no layer has become worth a plane. */
static bool reuse(struct plan_work *work, const uint64_t *settled) {
	const struct latch_plan_memory *memory = work->memory;
	const struct latch_plan_input *input = work->input;
	uint64_t waiting = find_waiting(settled, work->len);
	if (!memory->valid || memory->scanout_allowed != input->scanout_allowed ||
		memory->captured != input->captured ||
		(memory->waiting_candidates & ~waiting) != 0 ||
		!buffers_fit(memory, work->layers, input)) {
		return false;
	}
	for (size_t i = 0; i < work->len; i++) {
		take_over(&work->layers[i], &memory->layers[i]);
		if (memory->waiting_candidates & LAYER_BIT(i)) {
			work->layers[i].reasons = settled[i];
		}
	}
	return true;
}

static void remember(struct plan_work *work, const struct latch_plan *plan) {
	struct latch_plan_memory *memory = work->memory;
	memcpy(memory->layers, work->layers, work->len * sizeof(work->layers[0]));
	memory->plan = *plan;
	memory->scanout_allowed = work->input->scanout_allowed;
	memory->captured = work->input->captured;
	memory->waiting_candidates = 0;
	memory->previous_len = 0;
	for (uint64_t rest = work->visible; rest != 0; rest &= rest - 1) {
		size_t i = (size_t)__builtin_ctzll(rest);
		const struct latch_layer *layer = &work->layers[i];
		if (layer->place == LATCH_LAYER_ON_PLANE) {
			memory->previous[memory->previous_len].layer = layer->id;
			memory->previous[memory->previous_len++].plane = layer->plane;
		} else if (work->fits[i] != 0) {
			memory->waiting_candidates |= work->waiting & LAYER_BIT(i);
		}
	}
	memory->valid = true;
}

/* A new arrangement: what the kernel refused of the old one says nothing of it. */
static void begin_arrangement(struct plan_work *work) {
	struct latch_plan_memory *memory = work->memory;
	const struct latch_plan_input *input = work->input;
	memory->valid = false;
	memory->layers_len = work->len;
	memcpy(memory->layers, work->layers, work->len * sizeof(work->layers[0]));
	if (!same_planes(memory, input)) {
		memory->planes_len = input->planes_len;
		memcpy(memory->planes, input->planes,
			input->planes_len * sizeof(input->planes[0]));
		plan_find_classes(work);
		memcpy(memory->classes, work->classes, sizeof(memory->classes));
		memory->previous_len = 0;
	}
	memset(memory->refused_planes, 0, sizeof(memory->refused_planes));
	memset(memory->refused_reasons, 0, sizeof(memory->refused_reasons));
	memset(memory->refused_errno, 0, sizeof(memory->refused_errno));
	memory->refusals_len = 0;
	memory->refused_commits = 0;
	memory->compose_all = false;
}

static void find_primary(struct plan_work *work) {
	for (size_t p = 0; p < work->input->planes_len; p++) {
		if (work->input->planes[p] == work->input->primary) {
			work->primary = (int)p;
		}
	}
}

static enum outcome climb_down(struct plan_work *work, struct plan_solution *solution,
	bool *composing) {
	const struct latch_plan_input *input = work->input;
	/* Where nothing is composed, nothing is gained by composing something first. */
	bool hurry = !input->composing || work->waiting == 0;
	*composing = false;
	enum outcome outcome = OUTCOME_NOTHING;
	if (hurry) {
		/* Half of the tests are kept for the next step. */
		outcome = try_rung(work, false, (input->max_tests + 1) / 2, solution);
	}
	if (outcome == OUTCOME_NOTHING) {
		*composing = true;
		outcome = try_rung(work, true, input->max_tests, solution);
	}
	return outcome;
}

static struct latch_plan make_anew(struct plan_work *work, const uint64_t *settled) {
	const struct latch_plan_input *input = work->input;
	struct plan_solution solution;
	plan_solution_clear(&solution);
	bool composing = true;
	enum outcome outcome = OUTCOME_NOTHING;
	if (work->visible != 0 && reasons_for_all(input) == 0) {
		plan_find_overlaps(work);
		plan_find_heights(work);
		plan_find_fits(work);
		work->waiting = find_waiting(settled, work->len);
		if (!work->memory->compose_all) {
			outcome = climb_down(work, &solution, &composing);
		}
	}
	if (outcome != OUTCOME_FOUND) {
		plan_solution_clear(&solution);
		composing = true;
	}
	struct latch_plan plan = apply(work, work->layers, &solution, composing);
	give_reasons(work, &solution, settled);
	plan.tests = work->tests;
	remember(work, &plan);
	if (outcome == OUTCOME_BUSY) {
		work->memory->valid = false; // it is asked again with the next frame
	}
	return plan;
}

static void reset_places(struct plan_work *work) {
	for (size_t i = 0; i < work->len; i++) {
		struct latch_layer *layer = &work->layers[i];
		layer->place = LATCH_LAYER_COMPOSED;
		layer->plane = NULL;
		layer->zpos = -1;
		layer->underlay = false;
		layer->reasons = 0;
		layer->test_errno = 0;
	}
}

static struct latch_plan make_few(struct latch_layer *layers, size_t len, const uint64_t *settled,
	const struct latch_plan_input *input, struct latch_plan_memory *memory) {
	struct plan_work work = {
		.input = input,
		.memory = memory,
		.layers = layers,
		.len = len,
	};
	reset_places(&work);
	bool same = same_layers(memory, layers, len) && same_planes(memory, input);
	if (same && reuse(&work, settled)) {
		struct latch_plan plan = memory->plan;
		plan.rung = LATCH_RUNG_REUSED;
		plan.tests = 0;
		return plan;
	}
	if (!same) {
		begin_arrangement(&work);
	}
	memcpy(work.classes, memory->classes, sizeof(work.classes));
	find_primary(&work);
	plan_drop_covered(&work);
	return make_anew(&work, settled);
}

/* More visible layers than are worth a thought. */
static struct latch_plan compose_many(struct plan_work *work, size_t visible) {
	uint64_t reasons = reasons_for_all(work->input);
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
static struct latch_plan make_many(struct latch_layer *layers, size_t len, const uint64_t *settled,
	const struct latch_plan_input *input, struct latch_plan_memory *memory) {
	struct plan_work work = {.input = input, .memory = memory, .layers = layers, .len = len};
	reset_places(&work);
	plan_drop_covered(&work);

	struct latch_layer few[LATCH_PLAN_MAX_LAYERS];
	uint64_t few_settled[LATCH_PLAN_MAX_LAYERS] = {0};
	size_t visible = 0;
	for (size_t i = 0; i < len; i++) {
		if (layers[i].place == LATCH_LAYER_COVERED) {
			continue;
		}
		if (visible < LATCH_PLAN_MAX_LAYERS) {
			few[visible] = layers[i];
			few_settled[visible] = settled != NULL ? settled[i] : 0;
		}
		visible++;
	}
	if (visible > LATCH_PLAN_MAX_LAYERS) {
		return compose_many(&work, visible);
	}
	struct latch_plan plan = make_few(few, visible, few_settled, input, memory);
	for (size_t i = len; i-- > 0;) {
		if (layers[i].place != LATCH_LAYER_COVERED) {
			layers[i] = few[--visible];
		}
	}
	return plan;
}

struct latch_plan latch_plan_make(struct latch_layer *layers, size_t len, const uint64_t *settled,
	const struct latch_plan_input *input, struct latch_plan_memory *memory) {
	return len > LATCH_PLAN_MAX_LAYERS ? make_many(layers, len, settled, input, memory)
					   : make_few(layers, len, settled, input, memory);
}

void latch_plan_refused(struct latch_plan_memory *memory, int error) {
	if (memory->refusals_len == LATCH_PLAN_MAX_REFUSALS ||
		++memory->refused_commits >= MAX_REFUSED_COMMITS) {
		memory->compose_all = true;
	}
	struct latch_refusal refusal = {.error = error};
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
	memory->previous_len = 0;
}
