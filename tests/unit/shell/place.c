/* SPDX-License-Identifier: MIT */
#include <wlr/util/edges.h>

#include "../test.h"
#include "shell/place.h"

static const struct wlr_box screen = {.x = 1024, .y = 0, .width = 1000, .height = 800};

static void assert_at(const struct wlr_box *box, int x, int y) {
	assert_int_equal(box->x, x);
	assert_int_equal(box->y, y);
}

static void test_centre(void **state) {
	struct wlr_box window = {.width = 200, .height = 100};
	latch_place_centre(&screen, &window);
	assert_at(&window, 1024 + 400, 350);
	window = (struct wlr_box){.width = 1200, .height = 800};
	latch_place_centre(&screen, &window);
	assert_at(&window, 1024 - 100, 0);
}

static void test_cascade(void **state) {
	struct wlr_box windows[7];
	for (size_t i = 0; i < 7; i++) {
		windows[i] = (struct wlr_box){.width = 500, .height = 600};
		latch_place_cascade(&screen, windows, i, &windows[i]);
	}
	assert_at(&windows[0], 1274, 100);
	assert_at(&windows[1], 1306, 132);
	assert_at(&windows[3], 1370, 196);
	/* 100 below the first one there was room for three steps; further up, each would hide
	 * the corner of the first one: it starts again. */
	assert_at(&windows[4], 1274, 100);
	assert_at(&windows[5], 1306, 132);
}

static void test_cascade_goes_on_at_the_top(void **state) {
	/* 400 to each side: twelve steps down, then the twelfth one up, and the next. */
	struct wlr_box windows[20];
	for (size_t i = 0; i < 20; i++) {
		windows[i] = (struct wlr_box){.width = 64, .height = 64};
		latch_place_cascade(&screen, windows, i, &windows[i]);
	}
	assert_at(&windows[0], 1492, 368);
	assert_at(&windows[11], 1492 + 352, 368 + 352);
	assert_at(&windows[12], 1492 - 352, 368 - 352);
	assert_at(&windows[13], 1492 - 320, 368 - 320);
}

static void test_cascade_hides_no_corner(void **state) {
	const struct wlr_box others[] = {
		{.x = 1424, .y = 350, .width = 200, .height = 100},
		{.x = 1510, .y = 380, .width = 10, .height = 10},
	};
	/* In the middle it covers neither. */
	struct wlr_box window = {.width = 10, .height = 20};
	latch_place_cascade(&screen, others, 1, &window);
	assert_at(&window, 1519, 390);
	/* Two steps, until the small one is not covered. */
	window = (struct wlr_box){.width = 100, .height = 100};
	latch_place_cascade(&screen, others, 2, &window);
	assert_at(&window, 1474 + 64, 350 + 64);
}

static void test_cascade_never_leaves(void **state) {
	for (int size = 1; size <= 1000; size += 37) {
		struct wlr_box windows[40];
		for (size_t i = 0; i < 40; i++) {
			struct wlr_box *window = &windows[i];
			*window = (struct wlr_box){.width = size, .height = size * 4 / 5};
			latch_place_cascade(&screen, windows, i, window);
			assert_true(window->x >= screen.x && window->y >= screen.y);
			assert_true(window->x + window->width <= screen.x + screen.width);
			assert_true(window->y + window->height <= screen.y + screen.height);
		}
	}
}

static void test_under_nowhere(void **state) {
	struct wlr_box window = {.x = 5, .y = 6, .width = 200, .height = 100};
	latch_place_under(&(struct wlr_box){0}, 1, 2, &window);
	assert_at(&window, 5, 6);
}

static void test_nearest_edges(void **state) {
	const struct wlr_box window = {.x = 100, .y = 200, .width = 300, .height = 60};
	const struct {
		double x, y;
		uint32_t edges;
	} cases[] = {
		{100, 200, WLR_EDGE_LEFT | WLR_EDGE_TOP},
		{250, 200, WLR_EDGE_TOP},
		{399, 200, WLR_EDGE_RIGHT | WLR_EDGE_TOP},
		{399, 230, WLR_EDGE_RIGHT},
		{399, 259, WLR_EDGE_RIGHT | WLR_EDGE_BOTTOM},
		{250, 259, WLR_EDGE_BOTTOM},
		{101, 259, WLR_EDGE_LEFT | WLR_EDGE_BOTTOM},
		{101, 230, WLR_EDGE_LEFT},
		{249, 229, WLR_EDGE_LEFT | WLR_EDGE_TOP},
		{251, 231, WLR_EDGE_RIGHT | WLR_EDGE_BOTTOM},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(latch_place_nearest_edges(&window, cases[i].x, cases[i].y),
			cases[i].edges);
	}
}

static void test_clamp(void **state) {
	struct wlr_box window = {.x = 900, .y = 790, .width = 200, .height = 100};
	latch_place_clamp(&screen, &window);
	assert_at(&window, 1024, 700);
	window = (struct wlr_box){.x = 1100, .y = 20, .width = 200, .height = 100};
	latch_place_clamp(&screen, &window);
	assert_at(&window, 1100, 20);
	/* Too large: the upper left corner is what counts. */
	window = (struct wlr_box){.x = 1500, .y = 500, .width = 3000, .height = 2000};
	latch_place_clamp(&screen, &window);
	assert_at(&window, 1024, 0);
}

static void test_carry(void **state) {
	const struct wlr_box smaller = {.width = 640, .height = 480};
	struct wlr_box window = {.x = 1034, .y = 20, .width = 200, .height = 100};
	latch_place_carry(&screen, &smaller, &window);
	assert_at(&window, 10, 20);
	window = (struct wlr_box){.x = 1824, .y = 700, .width = 200, .height = 100};
	latch_place_carry(&screen, &smaller, &window);
	assert_at(&window, 440, 380);
	/* From nowhere. */
	const struct wlr_box nowhere = {0};
	latch_place_carry(&nowhere, &smaller, &window);
	assert_at(&window, 220, 190);
}

TEST_MAIN("shell-place", UNIT(test_centre), UNIT(test_cascade),
	UNIT(test_cascade_goes_on_at_the_top), UNIT(test_cascade_hides_no_corner),
	UNIT(test_cascade_never_leaves), UNIT(test_under_nowhere), UNIT(test_nearest_edges),
	UNIT(test_clamp), UNIT(test_carry))
