/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a client shows. The animation depends on the frame number alone, never on the clock: a
 * frame that was skipped or shown twice is then visible, and any picture can be made again.
 */

enum picture {
	PICTURE_SCENE,	 /* balls on a knot, over a gradient; with the marks below */
	PICTURE_PATTERN, /* the test card, see pattern_pixel() */
	PICTURE_SOLID,	 /* one colour */
};

struct scene_options {
	enum picture picture;
	uint32_t solid; /* 0xRRGGBB */
	/* Transparent at the left to opaque at the right (CPU only); the colours are multiplied
	 * with alpha unless it is to be straight. */
	bool translucent, straight_alpha;
	unsigned load; /* extra rounds of arithmetic for each pixel (GPU only) */
};

#define SCENE_BALLS 44

/** A ball in pixels, from the top left. */
struct ball {
	float x, y, radius;
	float depth; /* 0 far to 1 near */
	float red, green, blue;
};

/** Places the balls, the farthest first, so that painting them in order is right. */
void scene_layout(uint32_t width, uint32_t height, uint32_t frame, struct ball balls[SCENE_BALLS]);

/** The height of the floor, in pixels from the top. */
float scene_floor(uint32_t height);

/** The background, in 0xRRGGBB; row 0 is the top. */
uint32_t scene_background(uint32_t row, uint32_t height);

#define SCENE_BITS 16
#define SCENE_MARKS (SCENE_BITS + 1)

/** A plain rectangle over the scene. */
struct mark {
	int x, y, width, height;
	uint32_t color; /* 0xRRGGBB */
};

/**
 * The marks that show faults to the eye: a bar that moves by the same step each frame (torn
 * pictures break it, uneven frames make it jump), and the frame number's low bits in the lower
 * left corner, bit 0 at the left, bright is 1.
 *
 * @return how many were filled; less than SCENE_MARKS in a small window
 */
size_t scene_marks(uint32_t width, uint32_t height, uint32_t frame, struct mark marks[SCENE_MARKS]);

/** Pixels of 0xAARRGGBB. */
struct scene_pixels {
	uint32_t width, height;
	uint32_t *pixels;
	size_t stride; /* in pixels */
};

/** Draws a frame by CPU. */
void scene_cpu_draw(
	const struct scene_options *options, const struct scene_pixels *to, uint32_t frame);

/** Draws by GL. Empty when zeroed. */
struct scene_gl {
	struct scene_options options;
	unsigned vertex_array;
	unsigned cover; /* the program of the whole picture; none for one colour */
	unsigned ball;
};

/** Compiles the programs in the current GLES 3 context. Returns false, having said why;
 * scene_gl_finish() is needed anyway. */
bool scene_gl_init(struct scene_gl *scene, const struct scene_options *options);

/** An empty one is fine. The context of scene_gl_init() must be current. */
void scene_gl_finish(struct scene_gl *scene);

/** Draws a frame into the framebuffer, whose first row in memory is the top of the picture. */
void scene_gl_draw(struct scene_gl *scene, unsigned framebuffer, uint32_t width, uint32_t height,
	uint32_t frame);
