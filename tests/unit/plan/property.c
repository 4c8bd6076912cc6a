/* SPDX-License-Identifier: MIT */
/* Thousands of random screens, each checked pixel by pixel against the layers in their order; small
 * ones also against every arrangement there is. And random crops. */
#include <math.h>

#include "../test.h"
#include "best.h"
#include "case.h"
#include "check.h"

#define CASES 20000

/* Case i of a seed. Its .rest is overwritten by the next one. */
static void random_case(struct plan_case *c, uint64_t seed, int i) {
	static uint64_t words[80];
	uint64_t state = seed + (uint64_t)i * 1000003;
	for (size_t j = 0; j < LEN(words); j++) {
		words[j] = plan_random(&state);
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
/* Of a thousand cases so many may be worse than they could be. */
#define MAX_WORSE 10

/* Heights that can be written are tried in the layers' own order alone. */
static bool is_small(const struct plan_case *c) {
	return c->len >= 2 && c->len <= PLAN_BEST_MAX_LAYERS && c->input.planes_len >= 2 &&
	       c->input.planes_len <= PLAN_BEST_MAX_PLANES;
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
		for (size_t j = 0; j < c.len; j++) {
			c.layers[j].waits = 0;
		}
		static struct latch_plan_memory memory;
		memset(&memory, 0, sizeof(memory));
		struct latch_plan plan;
		assert_null(plan_case_frame(&c, &memory, &plan));
		const size_t best = plan_best(&c, plan.on_planes);
		if (best > plan.on_planes) {
			worse++;
			print_message("# case %d: %zu instead of %zu\n", i, plan.on_planes, best);
		}
	}
	print_message("# %d of %d could be better\n", worse, small);
	assert_true(small > 500);
	assert_true(worse * 1000 <= MAX_WORSE * small);
}

static unsigned random_below(uint64_t *random, int n) {
	return (unsigned)(plan_random(random) % (unsigned)n);
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
