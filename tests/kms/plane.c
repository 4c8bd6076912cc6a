/*
 * What is on the plane: the client's own buffer, as the kernel tells it, and its pixels.
 */
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "client.h"
#include "machine.h"

static void show_fullscreen(struct client *client, struct surface *surface, struct memory *memory,
	struct buffer *buffer, struct frame *frame) {
	client_connect(client);
	surface_init_fullscreen(surface, client);
	memory_init_udmabuf(memory, (uint32_t)surface->width, (uint32_t)surface->height);
	memory_draw(memory, 5);
	buffer_init(buffer, client, memory, DRM_FORMAT_XRGB8888);
	surface_commit(surface, buffer, frame, -1);
	frame_wait(frame, 2000);
}

static void is_the_clients(void) {
	struct client client;
	struct surface surface;
	struct memory memory;
	struct buffer buffer;
	struct frame frame;
	struct plane_state plane;
	show_fullscreen(&client, &surface, &memory, &buffer, &frame);
	CHECK(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY,
		"presentation flags %#x: not zero-copy", frame.flags);
	CHECK(plane_state_read(&plane), "no framebuffer on a plane");
	CHECK(plane.width == memory.width && plane.height == memory.height,
		"a framebuffer of %ux%u is on the plane", plane.width, plane.height);
	CHECK(strncmp(plane.format, "XR24", 4) == 0, "its format is %s", plane.format);
	CHECK(plane.imported, "its memory was not imported");
	CHECK(dmabuf_is_attached(
		      memory.fd, getenv("LATCH_DRIVER") ? getenv("LATCH_DRIVER") : "vkms"),
		"the client's dma-buf is not attached to the KMS device");
}

static void pixels(void) {
	struct client client;
	struct surface surface;
	struct memory memory;
	struct buffer buffer;
	struct frame frame;
	struct picture picture;
	show_fullscreen(&client, &surface, &memory, &buffer, &frame);
	picture_take(&picture);
	CHECK(picture.width == memory.width && picture.height == memory.height,
		"the picture is %ux%u", picture.width, picture.height);
	for (uint32_t y = 0; y < memory.height; y++) {
		for (uint32_t x = 0; x < memory.width; x++) {
			uint32_t is = picture_get(&picture, (int)x, (int)y);
			uint32_t drawn = picture_pixel(x, y, 5) & 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1, "%06x at %u,%u: %06x was drawn", is,
				x, y, drawn);
		}
	}
}

/* Three formats, three exporters: each must be on the plane. */
static void exporters(void) {
	struct client client;
	struct surface surface;
	struct memory memory[3];
	struct buffer buffer;
	struct frame frame;
	client_connect(&client);
	surface_init_fullscreen(&surface, &client);
	uint32_t width = (uint32_t)surface.width, height = (uint32_t)surface.height;
	static const char *const names[] = {"udmabuf", "vgem", "dumb"};
	memory_init_udmabuf(&memory[0], width, height);
	memory_init_vgem(&memory[1], width, height);
	memory_init_dumb(&memory[2], width, height);
	for (int i = 0; i < 3; i++) {
		buffer_init(&buffer, &client, &memory[i], DRM_FORMAT_XRGB8888);
		surface_commit(&surface, &buffer, &frame, -1);
		frame_wait(&frame, 2000);
		CHECK(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY, "%s is not zero-copy",
			names[i]);
	}
}

/* ARGB may be transparent: nothing lies behind but black, and the pixels must say so. */
static void translucent_fullscreen(void) {
	struct client client;
	struct surface surface;
	struct memory memory;
	struct buffer buffer;
	struct frame frame;
	struct picture picture;
	client_connect(&client);
	surface_init_fullscreen(&surface, &client);
	memory_init_udmabuf(&memory, (uint32_t)surface.width, (uint32_t)surface.height);
	memory_fill(&memory, 0x80402010);
	buffer_init(&buffer, &client, &memory, DRM_FORMAT_ARGB8888);
	surface_commit(&surface, &buffer, &frame, -1);
	frame_wait(&frame, 2000);
	picture_take(&picture);
	uint32_t is = picture_get(&picture, 40, 400);
	CHECK(colour_distance(is, 0x402010) <= 2, "%06x, not 402010 over black", is);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"the buffer on the plane is the client's", is_the_clients, 0},
		{"the pixels on the screen are those that were drawn", pixels, 0},
		{"buffers of udmabuf, vgem and dumb memory go to the plane", exporters, 0},
		{"a translucent fullscreen buffer lies over black", translucent_fullscreen, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
