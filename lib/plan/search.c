/* SPDX-License-Identifier: MIT */
/*
 * The best arrangement by what is known without the kernel.
 *
 * The layers are taken front to back, and each is tried on every plane that fits it, then
 * composed; a branch ends as soon as the order of the stack is broken, a refused combination is
 * complete, or not even luck could make it better than the best so far:
 *
 *      layer 0 --- plane A --- layer 1 --- plane B --- ...      two on planes
 *              \                       \-- composed --- ...     one on a plane
 *               \- plane B ---- ...
 *                \ composed --- ...
 *
 * More layers on planes are better; of the same number, those that cover more of the screen. The
 * first way down mostly is the best already: 8 layers on 10 planes take as many steps as there are
 * layers.
 */
#include "plan/private.h"

/* Steps that all searches of one plan may take together: more than any arrangement of a desktop
 * needs, and a bound to what a hostile one can cost. */
#define MAX_STEPS 8192
/* What each search may take in any case: enough for the first way down. */
#define MIN_STEPS (2 * LATCH_PLAN_MAX_LAYERS)
/* The search ends after this many arrangements without a better one; after AREA_STEPS when no more
 * layers can be placed, and better could only mean larger. */
#define VAIN_STEPS 1024
#define AREA_STEPS 256

struct search {
	const struct plan_work *work;
	bool composing;
	struct plan_solution now;
	uint32_t planes_used;
	uint64_t area;
	/** Taken, where it ends for now, and where it ends in any case. */
	unsigned steps, max_steps, allowed;

	bool found;
	struct plan_solution best;
	uint64_t best_area;

	/** Planes on which some layer was refused. */
	uint32_t refused;
	/** Layers that could be on a plane, and what is left of them from each layer on. */
	uint64_t candidates;
	uint64_t area_of[LATCH_PLAN_MAX_LAYERS];
	uint64_t area_from[LATCH_PLAN_MAX_LAYERS + 1];
};

static void search_from(struct search *search, size_t i);

static uint32_t usable_planes(const struct search *search, size_t i) {
	const struct plan_work *work = search->work;
	uint32_t planes = work->fits[i] & ~work->memory->refused_planes[i] & ~search->planes_used;
	if (search->composing) {
		planes &= ~PLANE_BIT(work->primary);
	}
	return planes;
}

/* The number of layers that would be on planes if all that are left found one. */
static bool can_be_better(const struct search *search, size_t i) {
	if (!search->found) {
		return true;
	}
	unsigned left = i < LATCH_PLAN_MAX_LAYERS
				? plan_count(search->candidates & ~(LAYER_BIT(i) - 1))
				: 0;
	unsigned free = (unsigned)search->work->input->planes_len -
			(unsigned)__builtin_popcount(search->planes_used) -
			(search->composing ? 1 : 0); // the primary plane
	unsigned placed = plan_count(search->now.placed) + (left < free ? left : free);
	unsigned best_placed = plan_count(search->best.placed);
	if (placed != best_placed) {
		return placed > best_placed;
	}
	return search->area + search->area_from[i] > search->best_area;
}

static unsigned most_that_can_be_placed(const struct search *search) {
	unsigned planes = (unsigned)search->work->input->planes_len - search->composing;
	unsigned layers = plan_count(search->candidates);
	return layers < planes ? layers : planes;
}

static void take(struct search *search) {
	unsigned placed = plan_count(search->now.placed);
	bool complete = placed == most_that_can_be_placed(search);
	unsigned vain = complete ? AREA_STEPS : VAIN_STEPS;
	if (!search->found || placed > plan_count(search->best.placed)) {
		unsigned steps = search->steps + vain;
		search->max_steps = steps < search->allowed ? steps : search->allowed;
	}
	search->found = true;
	search->best = search->now;
	search->best_area = search->area;
}

static uint64_t decided_until(const struct search *search, size_t i) {
	uint64_t until = i + 1 < LATCH_PLAN_MAX_LAYERS ? LAYER_BIT(i + 1) - 1 : UINT64_MAX;
	/* What can't be on a plane is composed, wherever it is in the list. */
	return search->work->visible & (until | ~search->candidates);
}

static bool holds(struct search *search, size_t i) {
	return plan_stack(search->work, &search->now, decided_until(search, i), search->composing) &&
	       !plan_is_refused(search->work, &search->now);
}

static void try_plane(struct search *search, size_t i, size_t p) {
	search->now.plane[i] = (uint8_t)p;
	search->now.placed |= LAYER_BIT(i);
	search->planes_used |= PLANE_BIT(p);
	search->area += search->area_of[i];
	if (holds(search, i)) {
		search_from(search, i + 1);
	}
	search->area -= search->area_of[i];
	search->planes_used &= ~PLANE_BIT(p);
	search->now.placed &= ~LAYER_BIT(i);
}

/* Best first: the plane it was on before, so that nothing moves without need; for what fills the
 * screen the primary one, for others that one last, as drivers may want it to fill the screen; from
 * the top of the stack down, as the layers come front to back. */
static int64_t preference(const struct plan_work *work, size_t i, size_t p) {
	const struct latch_plan_memory *memory = work->memory;
	const struct kms_plane *plane = work->input->planes[p];
	for (size_t j = 0; j < memory->layers_len; j++) {
		const struct latch_layer *before = &memory->layers[j];
		if (before->plane == plane && before->id == work->layers[i].id) {
			return INT64_MAX;
		}
	}
	if ((int)p == work->primary) {
		bool fills = latch_layer_fills_screen(
			&work->layers[i], work->input->width, work->input->height);
		return fills ? INT64_MAX - 1 : INT64_MIN;
	}
	if (plane->type == KMS_PLANE_CURSOR) {
		return INT64_MIN + 1;
	}
	return work->heights[p].max;
}

static size_t sort_planes(
	const struct plan_work *work, size_t i, uint32_t planes, uint8_t *sorted) {
	int64_t keys[LATCH_PLAN_MAX_PLANES];
	size_t len = 0;
	PLAN_EACH(p, planes) {
		int64_t key = preference(work, i, p);
		size_t at = len++;
		for (; at > 0 && keys[at - 1] < key; at--) {
			keys[at] = keys[at - 1];
			sorted[at] = sorted[at - 1];
		}
		keys[at] = key;
		sorted[at] = (uint8_t)p;
	}
	return len;
}

/* Planes that differ in nothing but their id: if one did not help, the other will not. */
static bool is_twin(const struct search *search, size_t p, size_t q) {
	const struct plan_work *work = search->work;
	return work->memory->classes[p] == work->memory->classes[q] &&
	       work->heights[p].min == work->heights[q].min &&
	       work->heights[p].max == work->heights[q].max &&
	       (search->refused & (PLANE_BIT(p) | PLANE_BIT(q))) == 0;
}

static bool twin_was_tried(const struct search *search, const uint8_t *sorted, size_t at) {
	for (size_t k = 0; k < at; k++) {
		if (is_twin(search, sorted[k], sorted[at])) {
			return true;
		}
	}
	return false;
}

static void search_from(struct search *search, size_t i) {
	const struct plan_work *work = search->work;
	while (i < work->len && (search->candidates & LAYER_BIT(i)) == 0) {
		i++;
	}
	if (!can_be_better(search, i) || search->steps++ >= search->max_steps) {
		return;
	}
	if (i == work->len) {
		/* Going back has left the numbers of another branch. */
		if (holds(search, i)) {
			take(search);
		}
		return;
	}

	uint8_t sorted[LATCH_PLAN_MAX_PLANES];
	size_t len = sort_planes(work, i, usable_planes(search, i), sorted);
	for (size_t k = 0; k < len; k++) {
		if (!twin_was_tried(search, sorted, k)) {
			try_plane(search, i, sorted[k]);
		}
	}
	if (search->composing && holds(search, i)) {
		search_from(search, i + 1);
	}
}

static uint64_t area_on_screen(const struct plan_work *work, size_t i) {
	struct wlr_box box = latch_layer_on_screen(
		&work->layers[i], work->input->width, work->input->height);
	return (uint64_t)box.width * (uint64_t)box.height;
}

static void prepare(struct search *search) {
	const struct plan_work *work = search->work;
	search->area_from[work->len] = 0;
	for (size_t i = 0; i < work->len; i++) {
		search->refused |= work->memory->refused_planes[i];
	}
	for (size_t i = work->len; i-- > 0;) {
		uint32_t planes = usable_planes(search, i);
		bool waits = search->composing && (work->waiting & LAYER_BIT(i)) != 0;
		search->area_of[i] = 0;
		if ((work->visible & LAYER_BIT(i)) != 0 && planes != 0 && !waits) {
			search->candidates |= LAYER_BIT(i);
			search->area_of[i] = area_on_screen(work, i);
		}
		search->area_from[i] = search->area_from[i + 1] + search->area_of[i];
	}
}

bool plan_search(struct plan_work *work, bool composing, struct plan_solution *solution) {
	unsigned left = work->steps < MAX_STEPS ? MAX_STEPS - work->steps : 0;
	struct search search = {
		.work = work,
		.composing = composing,
		.now = plan_all_composed,
		.allowed = left > MIN_STEPS ? left : MIN_STEPS,
	};
	search.max_steps = search.allowed < VAIN_STEPS ? search.allowed : VAIN_STEPS;
	prepare(&search);
	if (!composing && (search.candidates != work->visible ||
				  plan_count(work->visible) > work->input->planes_len)) {
		return false;
	}
	search_from(&search, 0);
	work->steps += search.steps;
	if (search.found) {
		*solution = search.best;
	}
	return search.found;
}
