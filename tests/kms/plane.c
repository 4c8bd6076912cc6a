/*
 * What is on the plane: the client's own buffer, as the kernel tells it, and its pixels.
 */
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "machine.h"
#include "scene.h"

static struct frame frame;

/* A fullscreen picture, number 5. */
static void show(void) {
	scene_init(KIND_NONE, 0, 1, memory_init_udmabuf);
	memory_draw(&scene.buffers[0].memory, 5);
	surface_show(&scene.surface, scene_next(), &frame, 2000);
}

static void is_the_clients(int unused) {
	const struct memory *memory = &scene.buffers[0].memory;
	show();
	CHECK(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY,
		"presentation flags %#x: not zero-copy", frame.flags);
	struct plane_state plane = plane_state_read();
	CHECK(plane.width == memory->width && plane.height == memory->height,
		"a framebuffer of %ux%u is on the plane", plane.width, plane.height);
	CHECK(strncmp(plane.format, "XR24", 4) == 0, "its format is %s", plane.format);
	CHECK(plane.imported, "its memory was not imported");
	CHECK(dmabuf_is_attached(
		      memory->fd, getenv("LATCH_DRIVER") ? getenv("LATCH_DRIVER") : "vkms"),
		"the client's dma-buf is not attached to the KMS device");
}

static void pixels(int unused) {
	const struct memory *memory = &scene.buffers[0].memory;
	show();
	struct picture picture = picture_take();
	CHECK(picture.width == memory->width && picture.height == memory->height,
		"the picture is %ux%u", picture.width, picture.height);
	picture_check(&picture, 0, 0, memory->width, memory->height, 0, 0, 5);
}

/* Three exporters: each one's memory must be on the plane. */
static void exporters(int unused) {
	static const struct {
		const char *name;
		memory_init_func init_memory;
	} kinds[] = {
		{"udmabuf", memory_init_udmabuf},
		{"vgem", memory_init_vgem},
		{"dumb", memory_init_dumb},
	};
	struct buffer buffer;
	scene_init(KIND_NONE, 0, 0, NULL);
	for (int i = 0; i < 3; i++) {
		buffer_init(&buffer, &scene.client, kinds[i].init_memory,
			(uint32_t)scene.surface.width, (uint32_t)scene.surface.height,
			DRM_FORMAT_XRGB8888);
		surface_show(&scene.surface, &buffer, &frame, 2000);
		CHECK(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY, "%s is not zero-copy",
			kinds[i].name);
	}
}

/* ARGB may be transparent: nothing lies behind but black, and the pixels must say so. */
static void translucent_fullscreen(int unused) {
	struct buffer buffer;
	scene_init(KIND_NONE, 0, 0, NULL);
	buffer_init(&buffer, &scene.client, memory_init_udmabuf, (uint32_t)scene.surface.width,
		(uint32_t)scene.surface.height, DRM_FORMAT_ARGB8888);
	memory_fill(&buffer.memory, 0x80402010);
	surface_show(&scene.surface, &buffer, NULL, 2000);
	struct picture picture = picture_take();
	uint32_t is = picture_get(&picture, 40, 400);
	CHECK(colour_distance(is, 0x402010) <= 2, "%06x, not 402010 over black", is);
}

const struct test_case test_cases[] = {
	{"the buffer on the plane is the client's", is_the_clients},
	{"the pixels on the screen are those that were drawn", pixels},
	{"buffers of udmabuf, vgem and dumb memory go to the plane", exporters},
	{"a translucent fullscreen buffer lies over black", translucent_fullscreen},
	{0},
};
