/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <math.h>

/*
 * The test card of --pattern: every pixel says where it belongs and in which frame it was
 * drawn, so that a capture of the screen can be compared with it exactly. All drawing paths
 * make the same bytes, in formats of eight bits a channel.
 *
 *  - The first 8 rows, columns 0 to 255, hold the frame number in 32 blocks of 8x8 pixels,
 *    bit 0 at the left: white is 1, black is 0.
 *  - Everywhere else
 *        red   = x & 255
 *        green = y & 255
 *        blue  = ((x >> 8 & 15) | (y >> 8 & 15) << 4) ^ (frame * 29 & 255)
 *    so no two pixels of a frame are alike up to 4096x4096, and each one changes with each
 *    frame (29 is odd: 256 frames pass before a value comes again).
 */
#define PATTERN_BIT_SIZE 8
#define PATTERN_BITS 32

/* The colour of pixel (x, y), from the top left, in the given frame: 0xffRRGGBB. */
static uint32_t pattern_pixel(uint32_t x, uint32_t y, uint32_t frame) {
	if (y < PATTERN_BIT_SIZE && x < PATTERN_BITS * PATTERN_BIT_SIZE) {
		return frame >> (x / PATTERN_BIT_SIZE) & 1 ? 0xffffffff : 0xff000000;
	}
	uint32_t red = x & 255;
	uint32_t green = y & 255;
	uint32_t blue = ((x >> 8 & 15) | (y >> 8 & 15) << 4) ^ (frame * 29 & 255);
	return 0xff000000 | red << 16 | green << 8 | blue;
}

static uint32_t *row_of(const struct scene_pixels *to, uint32_t y) {
	return to->pixels + (size_t)y * to->stride;
}

/* How light falls on a ball, over the square around it: 0 is beside the ball, 1 to 255 from
 * dark to bright. Worked out once, so that a frame costs integers only: virtual machines and
 * small boards pay dearly for floats. */
#define SHADE_SIZE 128

static const uint8_t *shade_table(void) {
	static uint8_t table[SHADE_SIZE * SHADE_SIZE];
	static bool filled;
	for (int i = 0; !filled && i < SHADE_SIZE * SHADE_SIZE; i++) {
		float u = ((float)(i % SHADE_SIZE) + 0.5f) * 2.0f / SHADE_SIZE - 1.0f;
		float v = ((float)(i / SHADE_SIZE) + 0.5f) * 2.0f / SHADE_SIZE - 1.0f;
		float square = u * u + v * v;
		if (square < 1.0f) {
			/* The light stands at the upper left, before the scene. */
			float light = -0.45f * u - 0.62f * v + 0.64f * sqrtf(1.0f - square);
			table[i] = (uint8_t)(255.0f * (0.27f + 0.73f * fmaxf(light, 0.0f)));
		}
	}
	filled = true;
	return table;
}

static uint32_t scaled(float value, float fog) {
	return (uint32_t)(fminf(fmaxf(value, 0.0f), 1.0f) * fog * 255.0f);
}

static void draw_ball(const struct scene_pixels *to, const struct ball *ball) {
	const uint8_t *table = shade_table();
	float fog = 0.45f + 0.55f * ball->depth;
	uint32_t red = scaled(ball->red, fog);
	uint32_t green = scaled(ball->green, fog);
	uint32_t blue = scaled(ball->blue, fog);
	int size = (int)(ball->radius * 2.0f);
	int left = (int)(ball->x - ball->radius), top = (int)(ball->y - ball->radius);
	for (int y = 0; y < size; y++) {
		if (top + y < 0 || top + y >= (int)to->height) {
			continue;
		}
		uint32_t *row = row_of(to, (uint32_t)(top + y));
		const uint8_t *shades = &table[y * SHADE_SIZE / size * SHADE_SIZE];
		int begin = left < 0 ? -left : 0;
		int end = left + size > (int)to->width ? (int)to->width - left : size;
		for (int x = begin; x < end; x++) {
			uint32_t shade = shades[x * SHADE_SIZE / size];
			if (shade > 0) {
				row[left + x] = 0xff000000 | (red * shade / 255) << 16 |
						(green * shade / 255) << 8 | blue * shade / 255;
			}
		}
	}
}

static void draw_mark(const struct scene_pixels *to, const struct mark *mark) {
	for (int y = mark->y; y < mark->y + mark->height && y < (int)to->height; y++) {
		uint32_t *row = row_of(to, (uint32_t)y);
		for (int x = mark->x; x < mark->x + mark->width && x < (int)to->width; x++) {
			row[x] = 0xff000000 | mark->color;
		}
	}
}

static void draw_scene(const struct scene_pixels *to, uint32_t frame) {
	struct ball balls[SCENE_BALLS];
	scene_layout(to->width, to->height, frame, balls);
	for (size_t i = 0; i < SCENE_BALLS; i++) {
		draw_ball(to, &balls[i]);
	}
	struct mark marks[SCENE_MARKS];
	size_t num = scene_marks(to->width, to->height, frame, marks);
	for (size_t i = 0; i < num; i++) {
		draw_mark(to, &marks[i]);
	}
}

static uint32_t with_alpha(uint32_t color, uint32_t alpha, bool straight) {
	if (straight) {
		return alpha << 24 | (color & 0xffffff);
	}
	uint32_t red = ((color >> 16 & 255) * alpha + 127) / 255;
	uint32_t green = ((color >> 8 & 255) * alpha + 127) / 255;
	uint32_t blue = ((color & 255) * alpha + 127) / 255;
	return alpha << 24 | red << 16 | green << 8 | blue;
}

static void fade(const struct scene_pixels *to, bool straight) {
	for (uint32_t y = 0; y < to->height; y++) {
		uint32_t *row = row_of(to, y);
		for (uint32_t x = 0; x < to->width; x++) {
			uint32_t alpha = to->width > 1 ? x * 255 / (to->width - 1) : 255;
			row[x] = with_alpha(row[x], alpha, straight);
		}
	}
}

void scene_cpu_draw(
	const struct scene_options *options, const struct scene_pixels *to, uint32_t frame) {
	for (uint32_t y = 0; y < to->height; y++) {
		uint32_t *row = row_of(to, y);
		if (options->picture == PICTURE_PATTERN) {
			for (uint32_t x = 0; x < to->width; x++) {
				row[x] = pattern_pixel(x, y, frame);
			}
			continue;
		}
		uint32_t color = 0xff000000 | (options->picture == PICTURE_SOLID
							      ? options->solid
							      : scene_background(y, to->height));
		for (uint32_t x = 0; x < to->width; x++) {
			row[x] = color;
		}
	}
	if (options->picture == PICTURE_SCENE) {
		draw_scene(to, frame);
	}
	if (options->translucent) {
		fade(to, options->straight_alpha);
	}
}
