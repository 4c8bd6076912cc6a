/* SPDX-License-Identifier: MIT */
/* Where surfaces lie on an output, in its pixels: modes that a fractional scale does not divide. */
#include <math.h>
#include <wlr/types/wlr_output.h>

#include "../test.h"
#include "output/geometry.h"
#include "plan/layer.h"

/* A layer's transform is wayland's number: the planner, which knows no wayland, reads it as its own. */
_Static_assert((int)LATCH_TRANSFORM_NORMAL == WL_OUTPUT_TRANSFORM_NORMAL &&
		       (int)LATCH_TRANSFORM_90 == WL_OUTPUT_TRANSFORM_90 &&
		       (int)LATCH_TRANSFORM_180 == WL_OUTPUT_TRANSFORM_180 &&
		       (int)LATCH_TRANSFORM_270 == WL_OUTPUT_TRANSFORM_270 &&
		       (int)LATCH_TRANSFORM_FLIPPED == WL_OUTPUT_TRANSFORM_FLIPPED,
	"enum latch_transform has the values of enum wl_output_transform");

static const struct {
	int width, height;
	float scale;
} modes[] = {
	{2560, 1440, 1.5f}, {1366, 768, 1.25f}, {1366, 768, 1.5f}, {2256, 1504, 1.5f},
	{3440, 1440, 1.5f}, {2880, 1800, 1.75f},
	/* All pixels are in the layout. */
	{1920, 1080, 1}, {1920, 1080, 1.25f}, {3840, 2160, 2},
	/* Two pixels are not; and a scale that is no step of the protocol's. */
	{2560, 1439, 2.5f}, {2560, 1440, 1.67f},
};

struct screen {
	struct wlr_output output;
	struct wlr_box layout;
	/* The mode as it stands before the eyes. */
	int width, height;
};

static struct screen make_screen(size_t mode, int transform) {
	struct screen screen = {
		.output = {.width = modes[mode].width,
			.height = modes[mode].height,
			.scale = modes[mode].scale,
			.transform = (enum wl_output_transform)transform},
		.layout = {.x = 300, .y = -40},
	};
	wlr_output_effective_resolution(
		&screen.output, &screen.layout.width, &screen.layout.height);
	wlr_output_transformed_resolution(&screen.output, &screen.width, &screen.height);
	return screen;
}

/* By wp_fractional_scale_v1's own words. */
static int drawn(const struct screen *screen, int size) {
	double scale = round((double)screen->output.scale * 120) / 120;
	return (int)floor(size * scale + 0.5);
}

/* Relative to the output; buffer sizes of 0 are the right ones. */
static struct latch_surface_place surface_at(
	const struct screen *screen, int x, int y, int width, int height) {
	return (struct latch_surface_place){
		.x = screen->layout.x + x,
		.y = screen->layout.y + y,
		.width = width,
		.height = height,
		.src_width = drawn(screen, width),
		.src_height = drawn(screen, height),
	};
}

static struct latch_layer layer_of(
	const struct screen *screen, const struct latch_surface_place *place) {
	struct latch_layer layer = latch_layer_default();
	layer.src = (struct wlr_fbox){.width = place->src_width, .height = place->src_height};
	layer.transform = screen->output.transform;
	layer.dst = latch_surface_pixels(
		&screen->output, &screen->layout, place, &layer.fills_output);
	return layer;
}

/* The box as it would be on an output that is not turned. */
static struct wlr_box upright(const struct screen *screen, const struct wlr_box *dst) {
	struct wlr_box box;
	wlr_box_transform(&box, dst, screen->output.transform, screen->output.width,
		screen->output.height);
	return box;
}

static void assert_box(const struct wlr_box *box, int x, int y, int width, int height) {
	if (box->x != x || box->y != y || box->width != width || box->height != height) {
		fail_msg("%dx%d+%d+%d, not %dx%d+%d+%d", box->width, box->height, box->x, box->y,
			width, height, x, y);
	}
}

static void a_fullscreen_window_fills_the_screen(void **state) {
	for (size_t i = 0; i < LEN(modes) * 8; i++) {
		struct screen screen = make_screen(i / 8, (int)(i % 8));
		const struct wlr_output *output = &screen.output;
		struct latch_surface_place place = surface_at(
			&screen, 0, 0, screen.layout.width, screen.layout.height);
		/* As the protocol asks: shown pixel by pixel from the upper left corner on. */
		struct latch_layer layer = layer_of(&screen, &place);
		assert_true(layer.fills_output);
		assert_true(latch_layer_fills_screen(&layer, output->width, output->height));
		/* Firefox and Chromium have their page in a subsurface. */
		place.subsurface = true;
		const struct latch_layer page = layer_of(&screen, &place);
		assert_true(page.fills_output && wlr_box_equal(&page.dst, &layer.dst));
		place.subsurface = false;
		if (output->scale != 1.67f) {
			assert_false(latch_layer_is_scaled(&layer));
			struct wlr_box box = upright(&screen, &layer.dst);
			assert_box(&box, 0, 0, (int)place.src_width, (int)place.src_height);
			assert_true(box.width <= screen.width && box.height <= screen.height);
			assert_true(screen.width - box.width < output->scale);
			assert_true(screen.height - box.height < output->scale);
		}

		/* By a client that knows the mode, by one that knows no scale. */
		const int sizes[][2] = {
			{screen.width, screen.height}, {screen.layout.width, screen.layout.height}};
		for (int j = 0; j < 2; j++) {
			place.src_width = sizes[j][0];
			place.src_height = sizes[j][1];
			layer = layer_of(&screen, &place);
			assert_true(layer.fills_output);
			assert_box(&layer.dst, 0, 0, output->width, output->height);
			assert_int_equal(
				latch_layer_is_scaled(&layer), j == 1 && output->scale != 1);
		}
	}
}

/* A unit less is a window with something beside it. */
static void a_smaller_window_does_not(void **state) {
	for (size_t i = 0; i < LEN(modes) * 8; i++) {
		struct screen screen = make_screen(i / 8, (int)(i % 8));
		for (int j = 0; j < 4; j++) {
			struct latch_surface_place place = surface_at(&screen, j == 2, j == 3,
				screen.layout.width - (j == 0 || j == 2),
				screen.layout.height - (j == 1 || j == 3));
			struct latch_layer layer = layer_of(&screen, &place);
			assert_false(layer.fills_output);
			assert_false(latch_layer_fills_screen(
				&layer, screen.output.width, screen.output.height));
		}
	}
}

static void windows_are_not_scaled_anywhere(void **state) {
	for (size_t i = 0; i < LEN(modes); i++) {
		for (int x = -7; x < 23; x++) {
			for (int width = 1; width < 60; width++) {
				struct screen screen = make_screen(i, (x + 7) % 8);
				struct latch_surface_place place =
					surface_at(&screen, x, 2 * x, width, 100 - width);
				struct latch_layer layer = layer_of(&screen, &place);
				assert_false(latch_layer_is_scaled(&layer));
				/* Where it was, give or take what is rounded. */
				place.subsurface = true;
				struct wlr_box edges = layer_of(&screen, &place).dst;
				assert_true(abs(edges.width - layer.dst.width) <= 1);
				assert_true(abs(edges.height - layer.dst.height) <= 1);
				edges = upright(&screen, &edges);
				struct wlr_box box = upright(&screen, &layer.dst);
				assert_int_equal(edges.x, box.x);
				assert_int_equal(edges.y, box.y);
			}
		}
	}
}

/* Whatever they are drawn as: one ends where the next begins, the last one at the screen's edge. */
static void neighbours_stay_neighbours(void **state) {
	for (size_t i = 0; i < LEN(modes); i++) {
		struct screen screen = make_screen(i, WL_OUTPUT_TRANSFORM_NORMAL);
		int end = 0;
		for (int x = 0, width = 1; x < screen.layout.width; x += width, width += 3) {
			if (width > screen.layout.width - x) {
				width = screen.layout.width - x;
			}
			struct latch_surface_place place = surface_at(&screen, x, 0, width, 10);
			place.subsurface = true;
			struct latch_layer layer = layer_of(&screen, &place);
			assert_int_equal(layer.dst.x, end);
			end = layer.dst.x + layer.dst.width;
		}
		assert_int_equal(end, screen.width);
	}
}

/* A client may put its surface anywhere, and what is far away has to stay there. */
static void what_is_far_away_stays_there(void **state) {
	const struct wlr_box layout = {0};
	for (int scale = 1; scale <= 16; scale *= 4) {
		struct wlr_output output = {.width = 100, .height = 80, .scale = (float)scale};
		for (int t = 0; t < 8; t++) {
			output.transform = (enum wl_output_transform)t;
			const struct latch_surface_place place = {
				.x = INT32_MIN, .y = INT32_MAX, .width = INT32_MAX, .height = 10};
			bool fills;
			struct wlr_box box = latch_surface_pixels(&output, &layout, &place, &fills);
			assert_false(fills);
			struct wlr_box screen = {.width = 100, .height = 80};
			assert_false(wlr_box_intersection(&box, &box, &screen));
		}
	}
}

TEST_MAIN("output-geometry", UNIT(a_fullscreen_window_fills_the_screen),
	UNIT(a_smaller_window_does_not), UNIT(windows_are_not_scaled_anywhere),
	UNIT(neighbours_stay_neighbours), UNIT(what_is_far_away_stays_there))
