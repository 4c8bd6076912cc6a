/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <math.h>
#include <stdlib.h>

#define TURN 6.28318530718f

/* Frames for one whole turn; at 60 Hz a calm 20 s. */
#define TURN_FRAMES 1200.0f

static int farther_first(const void *a, const void *b) {
	const struct ball *left = a, *right = b;
	return (left->depth > right->depth) - (left->depth < right->depth);
}

/* From teal over violet to amber and back, along the knot. */
static void color_ball(struct ball *ball, float along) {
	ball->red = 0.52f + 0.46f * cosf(TURN * (along + 0.55f));
	ball->green = 0.42f + 0.30f * cosf(TURN * (along * 2.0f + 0.12f));
	ball->blue = 0.58f + 0.38f * cosf(TURN * (along + 0.10f));
}

void scene_layout(uint32_t width, uint32_t height, uint32_t frame, struct ball balls[SCENE_BALLS]) {
	float spin = TURN * fmodf((float)frame / TURN_FRAMES, 1.0f);
	float scale = 0.25f * fminf((float)height, (float)width * 0.8f);
	float tilt = 0.45f + 0.12f * sinf(spin);

	for (int i = 0; i < SCENE_BALLS; i++) {
		/* A trefoil knot, along which the balls also creep. */
		float along = (float)i / SCENE_BALLS;
		float t = TURN * along + spin * 0.5f;
		float x = sinf(t) + 2.0f * sinf(2.0f * t);
		float y = cosf(t) - 2.0f * cosf(2.0f * t);
		float z = -sinf(3.0f * t) * 1.2f;

		float turned_x = x * cosf(spin) + z * sinf(spin);
		float turned_z = z * cosf(spin) - x * sinf(spin);
		float leaned_y = y * cosf(tilt) - turned_z * sinf(tilt);
		float leaned_z = turned_z * cosf(tilt) + y * sinf(tilt);

		/* leaned_z lies within -4 to 4; the eye is at 11. */
		float nearness = 11.0f / (11.0f - leaned_z);
		balls[i] = (struct ball){
			.x = (float)width * 0.5f + turned_x * 0.52f * scale * nearness,
			.y = (float)height * 0.44f - leaned_y * 0.46f * scale * nearness,
			.radius = 0.20f * scale * nearness,
			.depth = fminf(fmaxf((leaned_z + 4.0f) / 8.0f, 0.0f), 1.0f),
		};
		color_ball(&balls[i], along);
	}
	qsort(balls, SCENE_BALLS, sizeof(balls[0]), farther_first);
}

float scene_floor(uint32_t height) {
	return (float)height * 0.80f;
}

uint32_t scene_background(uint32_t row, uint32_t height) {
	float y = ((float)row + 0.5f) / (float)height;
	float glow = expf(-powf((y - 0.80f) * 5.0f, 2.0f));
	uint32_t red = (uint32_t)(10.0f + 24.0f * y + 70.0f * glow);
	uint32_t green = (uint32_t)(14.0f + 18.0f * y + 40.0f * glow);
	uint32_t blue = (uint32_t)(34.0f + 22.0f * y + 62.0f * glow);
	return red << 16 | green << 8 | blue;
}

size_t scene_marks(
	uint32_t width, uint32_t height, uint32_t frame, struct mark marks[SCENE_MARKS]) {
	/* 8 pixels a frame: at 60 Hz a screen's width in some 3 seconds. */
	int w = (int)width, h = (int)height;
	size_t n = 0;
	marks[n++] = (struct mark){
		.x = (int)((uint64_t)frame * 8 % width),
		.width = w < 400 ? 2 : 4,
		.height = h,
		.color = 0xc4d0f0,
	};
	int bit = h / 64 > 4 ? h / 64 : 4;
	if (w < (SCENE_BITS + 1) * bit * 3 / 2 || h < 4 * bit) {
		return n;
	}
	for (int i = 0; i < SCENE_BITS; i++) {
		marks[n++] = (struct mark){
			.x = bit + i * bit * 3 / 2,
			.y = h - 2 * bit,
			.width = bit,
			.height = bit,
			.color = frame >> i & 1 ? 0xffc860 : 0x2c3350,
		};
	}
	return n;
}
