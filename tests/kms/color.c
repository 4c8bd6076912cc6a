/*
 * Colours and alpha as clients ask for them, seen through the writeback connector: what the CPU
 * composes, and what the plane makes of the same buffer.
 */
#include <drm_fourcc.h>
#include <stdlib.h>
#include <string.h>

#include "case.h"
#include "client.h"
#include "machine.h"

#define WIDTH 128
#define HEIGHT 64
#define X 200
#define Y 100

#define COEFFICIENTS(name) WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_##name
#define RANGE(name) WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_##name

/* Of the colour that the buffers are full of; what comes out was calculated by hand from the
 * standards. */
#define SAMPLE_Y 150
#define SAMPLE_CB 170
#define SAMPLE_CR 90
#define BT601_LIMITED 0x5faaf1
#define BT601_FULL 0x61a3e0
#define BT709_LIMITED 0x58a7f5

struct scene {
	struct client client;
	struct surface base, sub;
	struct memory base_memory;
	struct buffer base_buffer;
};

/* A fullscreen window of one colour in shared memory, and a subsurface over it. */
static void scene_init(struct scene *scene) {
	client_connect(&scene->client);
	CHECK(scene->client.alpha_modifier != NULL, "no alpha-modifier-v1");
	CHECK(scene->client.color_representation != NULL, "no color-representation-v1");
	surface_init_fullscreen(&scene->base, &scene->client);
	buffer_init_shm(&scene->base_buffer, &scene->client, &scene->base_memory,
		(uint32_t)scene->base.width, (uint32_t)scene->base.height, false);
	memory_fill(&scene->base_memory, 0x204060);
	surface_init_subsurface(&scene->sub, &scene->client, &scene->base, X, Y);
}

struct plane {
	struct memory *memory;
	uint32_t offset, stride;
};

static struct wl_buffer *make_buffer(
	struct scene *scene, uint32_t fourcc, const struct plane *planes, uint32_t len) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(scene->client.dmabuf);
	for (uint32_t i = 0; i < len; i++) {
		zwp_linux_buffer_params_v1_add(params, planes[i].memory->fd, i, planes[i].offset,
			planes[i].stride, DRM_FORMAT_MOD_LINEAR >> 32,
			DRM_FORMAT_MOD_LINEAR & 0xffffffff);
	}
	struct wl_buffer *buffer =
		zwp_linux_buffer_params_v1_create_immed(params, WIDTH, HEIGHT, fourcc, 0);
	zwp_linux_buffer_params_v1_destroy(params);
	return buffer;
}

/* Both planes one behind the other. Memory is in pixels of 32 bits. */
static struct wl_buffer *make_nv12(struct scene *scene, struct memory *memory) {
	memory_init_udmabuf(memory, WIDTH / 4, HEIGHT * 3 / 2);
	uint8_t *bytes = (uint8_t *)memory->map;
	memset(bytes, SAMPLE_Y, memory->stride * HEIGHT);
	for (uint32_t i = 0; i < memory->stride * HEIGHT / 2; i += 2) {
		bytes[memory->stride * HEIGHT + i] = SAMPLE_CB;
		bytes[memory->stride * HEIGHT + i + 1] = SAMPLE_CR;
	}
	struct plane planes[] = {
		{memory, 0, memory->stride},
		{memory, memory->stride * HEIGHT, memory->stride},
	};
	return make_buffer(scene, DRM_FORMAT_NV12, planes, 2);
}

/* Commits it all and takes the picture. */
static void take(struct scene *scene, struct wl_buffer *wl_buffer, struct picture *picture) {
	struct buffer buffer = {.wl_buffer = wl_buffer};
	struct frame frame;
	surface_commit(&scene->sub, &buffer, NULL, -1);
	surface_commit(&scene->base, &scene->base_buffer, &frame, -1);
	frame_wait(&frame, 3000);
	picture_take(picture);
}

/* All of the subsurface has the colour, and around it is the window's. */
static void check_colour(const struct picture *picture, uint32_t colour) {
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			uint32_t is = picture_get(picture, X + x, Y + y);
			CHECK(colour_distance(is, colour) <= 1, "%06x at %d,%d, not %06x", is, x, y,
				colour);
		}
	}
	static const int outside[][2] = {{-1, 0}, {0, -1}, {WIDTH, HEIGHT - 1}, {0, HEIGHT}};
	for (int i = 0; i < 4; i++) {
		uint32_t is = picture_get(picture, X + outside[i][0], Y + outside[i][1]);
		CHECK(is == 0x204060, "%06x beside the surface", is);
	}
}

static void nothing_said(void) {
	struct scene scene;
	struct memory memory;
	struct picture picture;
	scene_init(&scene);
	take(&scene, make_nv12(&scene, &memory), &picture);
	check_colour(&picture, BT601_LIMITED);
}

/* Luma in one dma-buf and chroma in another one, with offsets that are no page's. */
static void two_dmabufs(void) {
	struct scene scene;
	struct memory luma, chroma;
	struct picture picture;
	scene_init(&scene);
	memory_init_udmabuf(&luma, WIDTH / 4, HEIGHT + 1);
	memory_init_udmabuf(&chroma, WIDTH / 4, HEIGHT / 2 + 1);
	memset(luma.map, SAMPLE_Y, luma.size);
	for (size_t i = 0; i < chroma.size; i += 2) {
		((uint8_t *)chroma.map)[i] = SAMPLE_CB;
		((uint8_t *)chroma.map)[i + 1] = SAMPLE_CR;
	}
	struct plane planes[] = {{&luma, 64, luma.stride}, {&chroma, 32, chroma.stride}};
	take(&scene, make_buffer(&scene, DRM_FORMAT_NV12, planes, 2), &picture);
	check_colour(&picture, BT601_LIMITED);
}

static void packed(void) {
	struct scene scene;
	struct memory memory;
	struct picture picture;
	scene_init(&scene);
	memory_init_udmabuf(&memory, WIDTH / 2, HEIGHT);
	memory_fill(&memory,
		(uint32_t)SAMPLE_CR << 24 | SAMPLE_Y << 16 | SAMPLE_CB << 8 | SAMPLE_Y);
	struct plane plane = {&memory, 0, memory.stride};
	take(&scene, make_buffer(&scene, DRM_FORMAT_YUYV, &plane, 1), &picture);
	check_colour(&picture, BT601_LIMITED);
}

/* The same buffer in other colours: at first with it, then told without a new one. */
static void encodings(void) {
	struct scene scene;
	struct memory memory;
	struct picture picture;
	scene_init(&scene);
	struct wp_color_representation_surface_v1 *color =
		wp_color_representation_manager_v1_get_surface(
			scene.client.color_representation, scene.sub.wl_surface);
	wp_color_representation_surface_v1_set_coefficients_and_range(
		color, COEFFICIENTS(BT709), RANGE(LIMITED));
	struct wl_buffer *buffer = make_nv12(&scene, &memory);
	take(&scene, buffer, &picture);
	check_colour(&picture, BT709_LIMITED);

	wp_color_representation_surface_v1_set_coefficients_and_range(
		color, COEFFICIENTS(BT601), RANGE(FULL));
	wl_surface_commit(scene.sub.wl_surface);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_colour(&picture, BT601_FULL);

	wp_color_representation_surface_v1_destroy(color);
	wl_surface_commit(scene.sub.wl_surface);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_colour(&picture, BT601_LIMITED);
}

/* With updates it goes to a plane; nobody may see that. */
static void plane_and_composed_are_alike(void) {
	static const struct {
		uint32_t coefficients, range, colour;
	} wanted[] = {
		{COEFFICIENTS(BT601), RANGE(LIMITED), BT601_LIMITED},
		{COEFFICIENTS(BT601), RANGE(FULL), BT601_FULL},
		{COEFFICIENTS(BT709), RANGE(LIMITED), BT709_LIMITED},
	};
	struct scene scene;
	struct memory memory;
	struct picture picture;
	scene_init(&scene);
	struct wp_color_representation_surface_v1 *color =
		wp_color_representation_manager_v1_get_surface(
			scene.client.color_representation, scene.sub.wl_surface);
	struct buffer buffer = {.wl_buffer = make_nv12(&scene, &memory)};
	take(&scene, buffer.wl_buffer, &picture);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		wp_color_representation_surface_v1_set_coefficients_and_range(
			color, wanted[i].coefficients, wanted[i].range);
		struct frame frame = {0};
		for (int j = 0; j < 60; j++) {
			surface_commit(&scene.sub, &buffer, &frame, -1);
			frame_wait(&frame, 3000);
			if (j > 20 && (frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY)) {
				break;
			}
		}
		CHECK(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY, "not on a plane");
		picture_take(&picture);
		check_colour(&picture, wanted[i].colour);
	}
}

static void translucent(void) {
	struct scene scene;
	struct memory memory;
	struct picture picture;
	scene_init(&scene);
	struct wp_alpha_modifier_surface_v1 *alpha = wp_alpha_modifier_v1_get_surface(
		scene.client.alpha_modifier, scene.sub.wl_surface);
	wp_alpha_modifier_surface_v1_set_multiplier(alpha, UINT32_MAX / 2);
	memory_init_udmabuf(&memory, WIDTH, HEIGHT);
	memory_fill(&memory, 0xffe0c0a0);
	struct plane plane = {&memory, 0, memory.stride};
	/* A format without alpha: it is the layer that is translucent. */
	take(&scene, make_buffer(&scene, DRM_FORMAT_XRGB8888, &plane, 1), &picture);
	check_colour(&picture, 0x808080);

	wp_alpha_modifier_surface_v1_set_multiplier(alpha, 0);
	wl_surface_commit(scene.sub.wl_surface);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_colour(&picture, 0x204060);

	wp_alpha_modifier_surface_v1_destroy(alpha);
	wl_surface_commit(scene.sub.wl_surface);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_colour(&picture, 0xe0c0a0);
}

/* Half of the colour over half of the window's, in both ways to say it. */
static void straight_alpha(void) {
	struct scene scene;
	struct memory memory;
	struct picture picture;
	scene_init(&scene);
	struct wp_color_representation_surface_v1 *color =
		wp_color_representation_manager_v1_get_surface(
			scene.client.color_representation, scene.sub.wl_surface);
	wp_color_representation_surface_v1_set_alpha_mode(
		color, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT);
	memory_init_udmabuf(&memory, WIDTH, HEIGHT);
	memory_fill(&memory, 0x80e0c0a0);
	struct plane plane = {&memory, 0, memory.stride};
	take(&scene, make_buffer(&scene, DRM_FORMAT_ARGB8888, &plane, 1), &picture);
	check_colour(&picture, 0x808080);

	memory_fill(&memory, 0x80706050);
	wp_color_representation_surface_v1_set_alpha_mode(
		color, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL);
	wl_surface_damage_buffer(scene.sub.wl_surface, 0, 0, WIDTH, HEIGHT);
	wl_surface_commit(scene.sub.wl_surface);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_colour(&picture, 0x808080);
}

static void what_is_not_offered_is_an_error(void) {
	struct scene scene;
	const char *interface;
	scene_init(&scene);
	struct wp_color_representation_surface_v1 *color =
		wp_color_representation_manager_v1_get_surface(
			scene.client.color_representation, scene.sub.wl_surface);
	wp_color_representation_surface_v1_set_coefficients_and_range(
		color, COEFFICIENTS(ICTCP), RANGE(FULL));
	int code = client_error(&scene.client, &interface, 2000);
	CHECK(code == WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_COEFFICIENTS, "error %d of %s", code,
		interface);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"NV12 of which nothing is said is BT.601, limited", nothing_said, 0},
		{"luma and chroma in different dma-bufs", two_dmabufs, 0},
		{"YUYV", packed, 0},
		{"the surface's encoding and range count, also later", encodings, 0},
		{"a plane shows the same colours as composing", plane_and_composed_are_alike, 0},
		{"alpha-modifier makes a surface translucent", translucent, 0},
		{"straight alpha", straight_alpha, 0},
		{"an encoding that is not offered is a protocol error",
			what_is_not_offered_is_an_error, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
