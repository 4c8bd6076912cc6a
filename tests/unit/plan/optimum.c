/* On small screens every arrangement can be tried: the planner must hardly ever miss a better one.
 * It does where it does not trust drivers (alpha on the primary plane), or ran out of tests. */
#include <string.h>

#include "../test.h"
#include "check.h"
#include "random.h"

#define CASES 12000
#define MAX_LAYERS 4
#define MAX_PLANES 5
/* Of a thousand cases so many may be worse than they could be. */
#define MAX_WORSE 10

struct trial {
	struct plan_case *c;
	struct latch_layer layers[MAX_LAYERS];
	size_t best;
};

static int64_t height_of(const struct kms_plane *plane) {
	return plane->props.zpos.id != 0 ? (int64_t)plane->props.zpos.value : (int64_t)plane->type;
}

static void judge(struct trial *trial) {
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
	for (size_t i = 0; i < c->len; i++) {
		struct latch_layer *layer = &trial->layers[i];
		layer->underlay = layer->place == LATCH_LAYER_ON_PLANE && plan.primary_is_ours &&
				  height_of(layer->plane) < height_of(c->input.primary);
		plan.holes |= layer->underlay;
	}
	plan.composed = plan.on_planes < plan.visible;
	plan.rung = plan.composed ? LATCH_RUNG_MIXED : LATCH_RUNG_PLANES;
	c->kernel.tests = 0;
	if (plan_check(trial->layers, c->len, &c->input, &plan, &c->kernel) == NULL) {
		trial->best = plan.on_planes;
	}
}

static void try_layer(struct trial *trial, size_t i, uint32_t used) {
	struct plan_case *c = trial->c;
	if (i == c->len) {
		judge(trial);
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

/* Heights that can be written would be one more thing to try. */
static bool is_small(const struct plan_case *c) {
	for (size_t p = 0; p < c->input.planes_len; p++) {
		const struct kms_property *zpos = &c->set.list[p]->props.zpos;
		if (zpos->id != 0 && !zpos->immutable) {
			return false;
		}
	}
	return c->len >= 2 && c->len <= MAX_LAYERS && c->input.planes_len >= 2 &&
	       c->input.planes_len <= MAX_PLANES;
}

static void the_most_layers_are_on_planes(void **state) {
	static struct plan_case c;
	int small = 0, worse = 0;
	for (int i = 0; i < CASES; i++) {
		random_case(&c, 5, i);
		if (!is_small(&c)) {
			continue;
		}
		small++;
		c.input.max_tests = LATCH_PLAN_MAX_TESTS;
		memset(c.settled, 0, sizeof(c.settled));
		static struct latch_plan_memory memory;
		memset(&memory, 0, sizeof(memory));
		struct latch_plan plan;
		assert_null(plan_case_frame(&c, &memory, &plan));
		struct trial trial = {.c = &c, .best = plan.on_planes};
		memcpy(trial.layers, c.layers, c.len * sizeof(trial.layers[0]));
		try_layer(&trial, 0, 0);
		if (trial.best > plan.on_planes) {
			worse++;
			print_message(
				"# case %d: %zu instead of %zu\n", i, plan.on_planes, trial.best);
		}
	}
	print_message("# %d of %d could be better\n", worse, small);
	assert_true(small > 500);
	assert_true(worse * 1000 <= MAX_WORSE * small);
}

TEST_MAIN("optimum", UNIT(the_most_layers_are_on_planes))
