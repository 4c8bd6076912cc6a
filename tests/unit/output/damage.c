/* SPDX-License-Identifier: MIT */
/* Where a part of a buffer is to be seen, compared with what pixman draws when the part changes. */
#include <drm_fourcc.h>
#include <math.h>
#include <wlr/render/pass.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>

#include "../test.h"
#include "memory.h"
#include "output/look.h"
#include "plan/layer.h"

#define SCREEN_WIDTH 96
#define SCREEN_HEIGHT 80
#define BUFFER_WIDTH 24
#define BUFFER_HEIGHT 20

static uint32_t buffer_pixels[BUFFER_WIDTH * BUFFER_HEIGHT];
static uint32_t before_pixels[SCREEN_WIDTH * SCREEN_HEIGHT];
static uint32_t after_pixels[SCREEN_WIDTH * SCREEN_HEIGHT];

static void draw(struct wlr_renderer *renderer, const struct latch_layer *layer,
	struct memory *from, struct memory *to) {
	struct wlr_texture *texture = wlr_texture_from_buffer(renderer, &from->base);
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(renderer, &to->base, NULL);
	assert_non_null(texture);
	assert_non_null(pass);
	float alpha;
	struct wlr_render_texture_options options = {.texture = texture};
	latch_layer_texture_options(layer, &options, &alpha);
	wlr_render_pass_add_texture(pass, &options);
	assert_true(wlr_render_pass_submit(pass));
	wlr_texture_destroy(texture);
}

/* The smallest box around what is different. */
static bool difference(struct wlr_box *box) {
	int x1 = SCREEN_WIDTH, y1 = SCREEN_HEIGHT, x2 = 0, y2 = 0;
	for (int y = 0; y < SCREEN_HEIGHT; y++) {
		for (int x = 0; x < SCREEN_WIDTH; x++) {
			if (before_pixels[y * SCREEN_WIDTH + x] ==
				after_pixels[y * SCREEN_WIDTH + x]) {
				continue;
			}
			x1 = x < x1 ? x : x1;
			y1 = y < y1 ? y : y1;
			x2 = x + 1 > x2 ? x + 1 : x2;
			y2 = y + 1 > y2 ? y + 1 : y2;
		}
	}
	*box = (struct wlr_box){x1, y1, x2 - x1, y2 - y1};
	return x1 < x2;
}

static void paint(const pixman_box32_t *part) {
	memset(buffer_pixels, 0, sizeof(buffer_pixels));
	for (int y = part->y1; y < part->y2; y++) {
		for (int x = part->x1; x < part->x2; x++) {
			buffer_pixels[y * BUFFER_WIDTH + x] = 0xffffff;
		}
	}
}

struct screen {
	struct wlr_renderer *renderer;
	struct memory buffer, before, after;
};

static void try_part(
	struct screen *screen, const struct latch_layer *layer, const pixman_box32_t *part) {
	paint(&(pixman_box32_t){0});
	draw(screen->renderer, layer, &screen->buffer, &screen->before);
	paint(part);
	draw(screen->renderer, layer, &screen->buffer, &screen->after);

	struct wlr_box is, seen = {0};
	const bool differs = difference(&is);
	const bool shown = latch_look_damage(layer, part, &seen);
	if (!differs) {
		return;
	}
	const bool turned = (layer->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	const double scale_x =
		layer->dst.width / (turned ? layer->src.height : layer->src.width);
	const double scale_y =
		layer->dst.height / (turned ? layer->src.width : layer->src.height);
	const bool exact = scale_x == 1 && scale_y == 1 && layer->src.x == floor(layer->src.x);
	/* A filter reaches less far than the GPU's worst. */
	const int spare_x = exact ? 0 : 1 + 2 * (int)ceil(fmax(2, 2 * scale_x));
	const int spare_y = exact ? 0 : 1 + 2 * (int)ceil(fmax(2, 2 * scale_y));
	if (!shown || seen.x > is.x || seen.y > is.y ||
		seen.x + seen.width < is.x + is.width ||
		seen.y + seen.height < is.y + is.height || is.x - seen.x > spare_x ||
		is.y - seen.y > spare_y || seen.width - is.width > 2 * spare_x ||
		seen.height - is.height > 2 * spare_y) {
		fail_msg("transform %d, to %dx%d+%d+%d: %d,%d to %d,%d is %dx%d+%d+%d, not "
			 "%dx%d+%d+%d",
			(int)layer->transform, layer->dst.width, layer->dst.height, layer->dst.x,
			layer->dst.y, part->x1, part->y1, part->x2, part->y2, is.width, is.height,
			is.x, is.y, seen.width, seen.height, seen.x, seen.y);
	}
}

static void damage_is_all_that_changes(void **state) {
	static const struct {
		struct wlr_fbox src;
		struct wlr_box dst; // as it is when nothing is turned
	} views[] = {
		{{0, 0, 24, 20}, {7, 5, 24, 20}},     // as it is
		{{3, 2, 16, 12}, {40, 30, 16, 12}},   // a crop
		{{0, 0, 24, 20}, {7, 5, 48, 60}},     // larger
		{{0, 0, 24, 20}, {11, 9, 17, 9}},     // smaller
		{{2.5, 1.25, 18, 16}, {3, 4, 33, 20}}, // both, and between pixels
	};
	struct screen screen = {.renderer = wlr_pixman_renderer_create()};
	memory_init(
		&screen.buffer, DRM_FORMAT_XRGB8888, buffer_pixels, BUFFER_WIDTH, BUFFER_HEIGHT);
	memory_init(
		&screen.before, DRM_FORMAT_XRGB8888, before_pixels, SCREEN_WIDTH, SCREEN_HEIGHT);
	memory_init(&screen.after, DRM_FORMAT_XRGB8888, after_pixels, SCREEN_WIDTH, SCREEN_HEIGHT);
	assert_non_null(screen.renderer);
	srand(1);
	for (size_t view = 0; view < LEN(views); view++) {
		for (int transform = 0; transform < 8; transform++) {
			struct latch_layer layer = latch_layer_default();
			layer.fourcc = DRM_FORMAT_XRGB8888;
			layer.opaque = true;
			layer.src = views[view].src;
			layer.dst = views[view].dst;
			layer.transform = (enum wl_output_transform)transform;
			if (transform & WL_OUTPUT_TRANSFORM_90) {
				layer.dst.width = views[view].dst.height;
				layer.dst.height = views[view].dst.width;
			}
			memset(before_pixels, 0, sizeof(before_pixels));
			memset(after_pixels, 0, sizeof(after_pixels));
			for (int i = 0; i < 60; i++) {
				pixman_box32_t part = {
					.x1 = rand() % BUFFER_WIDTH, .y1 = rand() % BUFFER_HEIGHT};
				part.x2 = part.x1 + 1 + rand() % (BUFFER_WIDTH - part.x1);
				part.y2 = part.y1 + 1 + rand() % (BUFFER_HEIGHT - part.y1);
				try_part(&screen, &layer, &part);
			}
		}
	}
	wlr_renderer_destroy(screen.renderer);
	wlr_buffer_drop(&screen.buffer.base);
	wlr_buffer_drop(&screen.before.base);
	wlr_buffer_drop(&screen.after.base);
}

static void what_is_not_shown_is_no_damage(void **state) {
	struct latch_layer layer = latch_layer_default();
	struct wlr_box box;
	layer.src = (struct wlr_fbox){10, 10, 10, 10};
	layer.dst = (struct wlr_box){100, 100, 10, 10};
	assert_false(latch_look_damage(&layer, &(pixman_box32_t){0, 0, 10, 10}, &box));
	assert_false(latch_look_damage(&layer, &(pixman_box32_t){20, 10, 30, 20}, &box));
	assert_false(latch_look_damage(&layer, &(pixman_box32_t){12, 12, 12, 20}, &box));
	assert_true(latch_look_damage(&layer, &(pixman_box32_t){0, 0, 11, 12}, &box));
	assert_true(wlr_box_equal(&box, &(struct wlr_box){100, 100, 1, 2}));
}

TEST_MAIN("output-damage", UNIT(damage_is_all_that_changes), UNIT(what_is_not_shown_is_no_damage))
