/* SPDX-License-Identifier: MIT */
#pragma once

/* A screen of one of the known drivers with some layers on it, for tests that look at what comes
 * out. */

#include "../test.h"
#include "check.h"
#include "layers.h"

/* Small, as plan_check() looks at every pixel. */
#define WIDTH 192
#define HEIGHT 108

struct screen {
	struct latch_profile set;
	struct plan_kernel kernel;
	struct latch_plan_input input;
	struct latch_plan_memory memory;
	struct latch_layer layers[80];
	size_t len;
	struct latch_plan plan;
};

/** Starts over; returns it. There is one screen per program: it is large. */
static inline struct screen *screen_make(plan_set_fn fill) {
	static struct screen screen;
	memset(&screen, 0, sizeof(screen));
	fill(&screen.set);
	screen.kernel = plan_kernel_make(&screen.set, WIDTH, HEIGHT);
	screen.input = plan_kernel_input(&screen.kernel);
	screen.input.color = color_description_make(COLOR_PRIMARIES_DISPLAY_P3, COLOR_SRGB, 0);
	return &screen;
}

/** Puts a layer behind the others. Returns its place in .layers. */
static inline struct latch_layer *screen_add(struct screen *screen, struct latch_layer layer) {
	screen->layers[screen->len] = layer;
	return &screen->layers[screen->len++];
}

/** Starts over with so many windows beside each other, numbered from 1, on a composed desktop. */
static inline struct screen *screen_make_desktop(plan_set_fn fill, int windows) {
	struct screen *screen = screen_make(fill);
	for (int i = 0; i < windows; i++) {
		screen_add(screen, layer_window((uint32_t)i + 1, 22 * i, 20, 20, 40));
	}
	screen_add(screen, layer_shm(50, 0, 0, WIDTH, HEIGHT));
	return screen;
}

/** One frame, which has to be right. */
static inline void screen_show(struct screen *screen) {
	screen->kernel.tests = screen->kernel.imports = 0;
	screen->plan = latch_plan_make(
		screen->layers, screen->len, &screen->input, &screen->memory);
	const char *error = plan_check(
		screen->layers, screen->len, &screen->input, &screen->plan, &screen->kernel);
	if (error != NULL) {
		fail_msg("%s: %s", screen->set.name, error);
	}
}

/** Takes a plane away; not the primary one. */
static inline void screen_remove_plane(struct screen *screen, size_t i) {
	plan_set_remove(&screen->set, i);
	screen->input.planes_len = screen->set.len;
}

/**
 * Where each layer has gone, front to back: P the primary plane, + another one, - one that is seen
 * through a hole in our picture, c into that picture, b the background's colour, . nowhere, as it is
 * covered.
 */
static inline const char *screen_places(const struct screen *screen) {
	static char places[LEN(screen->layers) + 1];
	for (size_t i = 0; i < screen->len; i++) {
		const struct latch_layer *layer = &screen->layers[i];
		places[i] = layer->place == LATCH_LAYER_COVERED	    ? '.'
			    : layer->place == LATCH_LAYER_COMPOSED  ? 'c'
			    : layer->place == LATCH_LAYER_BACKGROUND ? 'b'
			    : layer->plane == screen->input.primary ? 'P'
			    : layer->underlay			    ? '-'
								    : '+';
	}
	places[screen->len] = '\0';
	return places;
}

/** One frame, after which the layers are there. plan_check() holds the rest of the plan to it. */
#define assert_places(screen, wanted)                                                              \
	do {                                                                                       \
		screen_show(screen);                                                               \
		assert_string_equal(screen_places(screen), wanted);                                \
	} while (0)

/** So that a failure says which reasons there were. */
#define assert_reasons(layer, wanted)                                                              \
	do {                                                                                       \
		char is_[256], wanted_[256];                                                       \
		assert_string_equal(latch_reasons_to_str((layer)->reasons, is_, sizeof(is_)),      \
			latch_reasons_to_str(wanted, wanted_, sizeof(wanted_)));                   \
	} while (0)

/** All of these bits, maybe others too. */
#define assert_reasons_contain(layer, wanted)                                                      \
	do {                                                                                       \
		char is_[256];                                                                     \
		if (((layer)->reasons & (wanted)) != (wanted)) {                                   \
			fail_msg("reasons are %s",                                                 \
				latch_reasons_to_str((layer)->reasons, is_, sizeof(is_)));         \
		}                                                                                  \
	} while (0)
