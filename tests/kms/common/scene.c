/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <drm_fourcc.h>

struct scene scene;

void scene_init(
	enum fence_kind kind, uint32_t size, unsigned num_buffers, memory_init_func init_memory) {
	struct surface *surface = &scene.surface;
	client_connect(&scene.client);
	if (size == 0) {
		surface_init_fullscreen(surface, &scene.client);
	} else {
		surface_init_window(surface, &scene.client, "scene");
	}
	surface_use(surface, kind);
	scene.num_buffers = num_buffers;
	for (uint32_t i = 0; i < num_buffers; i++) {
		buffer_init(&scene.buffers[i], &scene.client, init_memory,
			size != 0 ? size : (uint32_t)surface->width,
			size != 0 ? size : (uint32_t)surface->height, DRM_FORMAT_XRGB8888);
		memory_fill(&scene.buffers[i].memory, 0x00080402 * (i + 1));
	}
}

void scene_init_shm(void) {
	scene_init(KIND_NONE, 0, 0, NULL);
	scene.num_buffers = 1;
	buffer_init_shm(&scene.buffers[0], &scene.client, (uint32_t)scene.surface.width,
		(uint32_t)scene.surface.height, false);
}

struct buffer *scene_next(void) {
	return &scene.buffers[scene.commits++ % scene.num_buffers];
}
