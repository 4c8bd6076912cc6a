/* SPDX-License-Identifier: MIT */
#include <wlr/util/edges.h>

#include "../test.h"
#include "shell/place.h"

static const struct wlr_box screen = {.x = 1024, .y = 0, .width = 1000, .height = 800};

static void assert_at(const struct wlr_box *box, int x, int y) {
	assert_int_equal(box->x, x);
	assert_int_equal(box->y, y);
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
	for (size_t i = 0; i < LEN(cases); i++) {
		assert_int_equal(latch_place_nearest_edges(&window, cases[i].x, cases[i].y),
			cases[i].edges);
	}
}

static void carry_to_smaller(const struct wlr_box *from, struct wlr_box *window) {
	latch_place_carry(from, &(struct wlr_box){.width = 640, .height = 480}, window);
}

static void put_under(const struct wlr_box *from, struct wlr_box *window) {
	latch_place_under(from, 1, 2, window);
}

/* Where windows go of which nothing but their place changes. */
static void test_one_window(void **state) {
	static const struct wlr_box nowhere = {0};
	static const struct {
		const char *name;
		void (*place)(const struct wlr_box *area, struct wlr_box *window);
		const struct wlr_box *area;
		struct wlr_box window;
		int x, y;
	} rows[] = {
		{"centre", latch_place_centre, &screen, {0, 0, 200, 100}, 1024 + 400, 350},
		{"centre, wider", latch_place_centre, &screen, {0, 0, 1200, 800}, 1024 - 100, 0},
		{"under nowhere", put_under, &nowhere, {5, 6, 200, 100}, 5, 6},
		{"clamp, over two edges", latch_place_clamp, &screen, {900, 790, 200, 100}, 1024,
			700},
		{"clamp, inside", latch_place_clamp, &screen, {1100, 20, 200, 100}, 1100, 20},
		/* The upper left corner is what counts. */
		{"clamp, too large", latch_place_clamp, &screen, {1500, 500, 3000, 2000}, 1024, 0},
		{"carry", carry_to_smaller, &screen, {1034, 20, 200, 100}, 10, 20},
		{"carry, to the edge", carry_to_smaller, &screen, {1824, 700, 200, 100}, 440, 380},
		{"carry from nowhere", carry_to_smaller, &nowhere, {440, 380, 200, 100}, 220, 190},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		struct wlr_box window = rows[i].window;
		print_message("# %s\n", rows[i].name);
		rows[i].place(rows[i].area, &window);
		assert_at(&window, rows[i].x, rows[i].y);
	}
}

TEST_MAIN("shell-place", UNIT(test_one_window), UNIT(test_cascade),
	UNIT(test_cascade_goes_on_at_the_top), UNIT(test_cascade_hides_no_corner),
	UNIT(test_cascade_never_leaves), UNIT(test_nearest_edges))
