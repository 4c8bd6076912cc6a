/* SPDX-License-Identifier: MIT */
/*
 * Colours and alpha as clients ask for them, seen through the writeback connector as the CPU
 * composes them. That planes make the same of them is what kms-layout is for.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "machine.h"
#include "scene.h"

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

static struct surface sub;
static struct buffer buffer; // the subsurface's
static struct wp_color_representation_surface_v1 *color;

/* A fullscreen window of one colour in shared memory, and a subsurface over it. */
static void init(void) {
	scene_init_shm();
	CHECK(scene.client.alpha_modifier != NULL, "no alpha-modifier-v1");
	CHECK(scene.client.color_representation != NULL, "no color-representation-v1");
	memory_fill(&scene.buffers[0].memory, 0x204060);
	surface_init_subsurface(&sub, &scene.client, &scene.surface, X, Y);
}

static void init_with_color(void) {
	init();
	color = wp_color_representation_manager_v1_get_surface(
		scene.client.color_representation, sub.wl_surface);
}

static void make_buffer(uint32_t fourcc, const struct buffer_plane *planes, size_t len) {
	buffer_init_planes(&buffer, &scene.client, planes, len, WIDTH, HEIGHT, fourcc);
}

static void make_rgb(uint32_t fourcc, uint32_t colour) {
	buffer_init(&buffer, &scene.client, memory_init_udmabuf, WIDTH, HEIGHT, fourcc);
	memory_fill(&buffer.memory, colour);
}

static void fill_chroma(uint8_t *bytes, size_t size) {
	for (size_t i = 0; i < size; i += 2) {
		bytes[i] = SAMPLE_CB;
		bytes[i + 1] = SAMPLE_CR;
	}
}

/* Both planes one behind the other. Memory is in pixels of 32 bits. */
static void make_nv12(void) {
	struct memory *memory = &buffer.memory;
	memory_init_udmabuf(memory, WIDTH / 4, HEIGHT * 3 / 2);
	const uint32_t stride = memory->stride, size = stride * HEIGHT;
	uint8_t *bytes = (uint8_t *)memory->map;
	memset(bytes, SAMPLE_Y, size);
	fill_chroma(bytes + size, size / 2);
	make_buffer(DRM_FORMAT_NV12,
		(const struct buffer_plane[]){
			{memory->fd, 0, 0, stride}, {memory->fd, 1, size, stride}},
		2);
}

/* Commits it all and waits until it is shown. */
static void show(void) {
	surface_commit(&sub, &buffer, NULL, -1);
	surface_show(&scene.surface, &scene.buffers[0], NULL, 3000);
}

/* All of the subsurface has the colour, and around it is the window's. */
static void check_colour(uint32_t colour) {
	struct screen picture = screen_take();
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			uint32_t is = screen_get(&picture, X + x, Y + y);
			CHECK(colour_distance(is, colour) <= 1, "%06x at %d,%d, not %06x", is, x, y,
				colour);
		}
	}
	static const int outside[][2] = {{-1, 0}, {0, -1}, {WIDTH, HEIGHT - 1}, {0, HEIGHT}};
	for (int i = 0; i < 4; i++) {
		uint32_t is = screen_get(&picture, X + outside[i][0], Y + outside[i][1]);
		CHECK(is == 0x204060, "%06x beside the surface", is);
	}
}

/* The same buffer, of which something else has been said. */
static void check_again(uint32_t colour) {
	wl_surface_commit(sub.wl_surface);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	check_colour(colour);
}

/* Luma in one dma-buf and chroma in another one, with offsets that are no page's. */
static void two_dmabufs(int unused) {
	struct memory luma, chroma;
	init();
	memory_init_udmabuf(&luma, WIDTH / 4, HEIGHT + 1);
	memory_init_udmabuf(&chroma, WIDTH / 4, HEIGHT / 2 + 1);
	memset(luma.map, SAMPLE_Y, luma.size);
	fill_chroma((uint8_t *)chroma.map, chroma.size);
	make_buffer(DRM_FORMAT_NV12,
		(const struct buffer_plane[]){
			{luma.fd, 0, 64, luma.stride}, {chroma.fd, 1, 32, chroma.stride}},
		2);
	show();
	check_colour(BT601_LIMITED);
}

/* The same buffer in other colours: at first with it, then told without a new one. */
static void encodings(int unused) {
	init_with_color();
	wp_color_representation_surface_v1_set_coefficients_and_range(
		color, COEFFICIENTS(BT709), RANGE(LIMITED));
	make_nv12();
	show();
	check_colour(BT709_LIMITED);

	wp_color_representation_surface_v1_set_coefficients_and_range(
		color, COEFFICIENTS(BT601), RANGE(FULL));
	check_again(BT601_FULL);

	wp_color_representation_surface_v1_destroy(color);
	check_again(BT601_LIMITED);
}

static void translucent(int unused) {
	init();
	struct wp_alpha_modifier_surface_v1 *alpha =
		wp_alpha_modifier_v1_get_surface(scene.client.alpha_modifier, sub.wl_surface);
	wp_alpha_modifier_surface_v1_set_multiplier(alpha, UINT32_MAX / 2);
	/* A format without alpha: it is the layer that is translucent. */
	make_rgb(DRM_FORMAT_XRGB8888, 0xffe0c0a0);
	show();
	check_colour(0x808080);

	wp_alpha_modifier_surface_v1_set_multiplier(alpha, 0);
	check_again(0x204060);

	wp_alpha_modifier_surface_v1_destroy(alpha);
	check_again(0xe0c0a0);
}

/* Half of the colour over half of the window's, in both ways to say it. */
static void straight_alpha(int unused) {
	init_with_color();
	wp_color_representation_surface_v1_set_alpha_mode(
		color, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT);
	make_rgb(DRM_FORMAT_ARGB8888, 0x80e0c0a0);
	show();
	check_colour(0x808080);

	memory_fill(&buffer.memory, 0x80706050);
	wp_color_representation_surface_v1_set_alpha_mode(
		color, WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL);
	wl_surface_damage_buffer(sub.wl_surface, 0, 0, WIDTH, HEIGHT);
	check_again(0x808080);
}

static void what_is_not_offered_is_an_error(int unused) {
	const char *interface;
	init_with_color();
	wp_color_representation_surface_v1_set_coefficients_and_range(
		color, COEFFICIENTS(ICTCP), RANGE(FULL));
	int code = client_error(&scene.client, &interface, 2000);
	CHECK(code == WP_COLOR_REPRESENTATION_SURFACE_V1_ERROR_COEFFICIENTS, "error %d of %s", code,
		interface);
}

const struct test_case test_cases[] = {
	{"NV12 of which nothing is said is BT.601, limited; in two dma-bufs", two_dmabufs},
	{"the surface's encoding and range count, also later, until they go", encodings},
	{"alpha-modifier makes a surface translucent", translucent},
	{"straight alpha", straight_alpha},
	{"an encoding that is not offered is a protocol error", what_is_not_offered_is_an_error},
	{0},
};
