/* Thousands of random screens, each checked pixel by pixel against the layers in their order; small
 * ones also against every arrangement there is. And random crops. */
#include <math.h>

#include "../test.h"
#include "case.h"
#include "check.h"

#define CASES 20000

/* splitmix64, by Sebastiano Vigna: the same numbers everywhere. */
static uint64_t random_next(uint64_t *state) {
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Case i of a seed. Its .rest is overwritten by the next one. */
static void random_case(struct plan_case *c, uint64_t seed, int i) {
	static uint64_t words[80];
	uint64_t state = seed + (uint64_t)i * 1000003;
	for (size_t j = 0; j < LEN(words); j++) {
		words[j] = random_next(&state);
	}
	plan_case_decode(c, (const uint8_t *)words, sizeof(words));
}

static void the_picture_is_right(void **state) {
	static struct plan_case c;
	for (int i = 0; i < CASES; i++) {
		random_case(&c, 1, i);
		const char *error = plan_case_run(&c);
		if (error != NULL) {
			plan_case_print(&c);
			fail_msg("case %d: %s", i, error);
		}
	}
}

/* On small screens every arrangement can be tried: the planner must hardly ever miss a better one.
 * It does where it does not trust drivers (alpha on the primary plane), or ran out of tests. */
#define SMALL_CASES 12000
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
	return plane->props.zpos.id != 0 ? (int64_t)plane->props.zpos.value
					  : plan_type_height(plane);
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
	for (int i = 0; i < SMALL_CASES; i++) {
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

static unsigned random_below(uint64_t *random, int n) {
	return (unsigned)(random_next(random) % (unsigned)n);
}

static double fraction_of(double value) {
	return value - floor(value);
}

/* One direction of a crop, before and after. */
static void check_crop(
	double from, double size, double to, double new_size, int dst, int buffer, int sub) {
	if (fabs(size - dst) > 1.0 / 65536) {
		assert_true(to == from && new_size == size);
		return;
	}
	assert_true(new_size == dst && fraction_of(to) == 0);
	assert_true(to >= 0 && to + new_size <= buffer);
	assert_true(fabs(to - from) <= 0.5 || to == floor(from));
	/* At a block where one is near enough and inside. */
	for (int block = 0; block + dst <= buffer; block += sub) {
		assert_true(fabs(block - from) > 0.5 || fmod(to, sub) == 0);
	}
}

static void crops_are_whole_unless_scaled(void **state) {
	uint64_t random = 7;
	for (int i = 0; i < CASES; i++) {
		struct latch_layer layer = latch_layer_default();
		layer.buffer_width = 1 + (int)random_below(&random, 40);
		layer.buffer_height = 1 + (int)random_below(&random, 40);
		layer.transform = (uint32_t)random_below(&random, 8);
		int width = 1 + (int)random_below(&random, layer.buffer_width);
		int height = 1 + (int)random_below(&random, layer.buffer_height);
		/* wl_fixed_t has 256 steps. */
		layer.src = (struct wlr_fbox){
			random_below(&random, (layer.buffer_width - width) * 256 + 1) / 256.0,
			random_below(&random, (layer.buffer_height - height) * 256 + 1) / 256.0,
			width, height};
		bool turned = layer.transform % 2 == 1;
		layer.dst.width = turned ? height : width;
		layer.dst.height = turned ? width : height;
		if (random_below(&random, 4) == 0) {
			layer.dst.width++;
		}
		const struct wlr_fbox before = layer.src;
		int x_sub = 1 + (int)random_below(&random, 2);
		int y_sub = 1 + (int)random_below(&random, 2);
		bool scaled = latch_layer_is_scaled(&layer);
		latch_layer_round_crop(&layer, x_sub, y_sub);
		assert_int_equal(latch_layer_is_scaled(&layer), scaled);
		check_crop(before.x, before.width, layer.src.x, layer.src.width,
			turned ? layer.dst.height : layer.dst.width, layer.buffer_width, x_sub);
		check_crop(before.y, before.height, layer.src.y, layer.src.height,
			turned ? layer.dst.width : layer.dst.height, layer.buffer_height, y_sub);
	}
}

TEST_MAIN("property", UNIT(the_picture_is_right), UNIT(the_most_layers_are_on_planes),
	UNIT(crops_are_whole_unless_scaled))
