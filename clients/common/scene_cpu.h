#ifndef CLIENT_SCENE_CPU_H
#define CLIENT_SCENE_CPU_H

#include <stddef.h>

#include "scene.h"

/** Pixels of 0xAARRGGBB. */
struct scene_pixels {
	uint32_t width, height;
	uint32_t *pixels;
	size_t stride; /* in pixels */
};

/** Draws a frame. */
void scene_cpu_draw(
	const struct scene_options *options, const struct scene_pixels *to, uint32_t frame);

#endif
