/* SPDX-License-Identifier: MIT */
/*
 * What goes to a plane as it is, as the kernel tells it; and what has to be composed, compared with
 * what was drawn: it is seen through the writeback connector, so from behind the last thing that
 * latch can do wrong.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "machine.h"
#include "scene.h"

/* A fullscreen window in shared memory: its pixels are at known places. */
static void init(void) {
	scene_init_shm();
	memory_draw(&scene.buffers[0].memory, 1);
}

/* Shows it all. */
static void show(void) {
	surface_show(&scene.surface, &scene.buffers[0], NULL, 3000);
}

/* The client's own memory, nobody's copy. */
static void plane_has_the_clients(int unused) {
	struct frame frame;
	scene_init(KIND_NONE, 0, 1, memory_init_udmabuf);
	surface_show(&scene.surface, scene_next(), &frame, 2000);
	CHECK(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY,
		"presentation flags %#x: not zero-copy", frame.flags);
	CHECK(plane_state_read().imported, "the plane's memory was not imported");
}

/* Of the window, or of another picture. */
static void check_window(
	const struct screen *picture, uint32_t x, uint32_t y, uint32_t width, uint32_t height) {
	screen_check(picture, (int)x, (int)y, width, height, x, y, 1);
}

/* A commit that changes nothing is presented as well: of a buffer without damage, and of none. */
static void nothing_new_is_presented(int unused) {
	init();
	for (int i = 0; i < 6; i++) {
		show();
	}
	for (int i = 0; i < 4; i++) {
		struct frame frame = {0};
		surface_commit_same(
			&scene.surface, i % 2 == 0 ? &scene.buffers[0] : NULL, &frame, -1);
		frame_wait(&frame, 300);
		/* Refused by the kernel, it would be tried again after 100 ms. */
		CHECK(frame.presented_ns - frame.commit_ns < 60 * MS, "presented after %lld ms",
			(long long)((frame.presented_ns - frame.commit_ns) / MS));
	}
}

#define PART_WIDTH 40
#define PART_HEIGHT 30

static void commit_part(struct buffer *buffer, int x, int y) {
	wl_surface_attach(scene.surface.wl_surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(scene.surface.wl_surface, x, y, PART_WIDTH, PART_HEIGHT);
	wl_surface_commit(scene.surface.wl_surface);
}

static void copy_part(struct buffer *to, const struct buffer *from, uint32_t x, uint32_t y) {
	for (uint32_t row = y; row < y + PART_HEIGHT; row++) {
		for (uint32_t column = x; column < x + PART_WIDTH; column++) {
			const uint32_t i = row * from->memory.stride / 4 + column;
			to->memory.map[i] = from->memory.map[i];
		}
	}
}

/* The client lies: its buffers are different everywhere. So it is seen what was read of them. */
static void only_damage_is_drawn(int unused) {
	struct buffer buffers[3], *base = &scene.buffers[0];
	init();
	for (uint32_t i = 0; i < 3; i++) {
		buffer_init_shm(&buffers[i], &scene.client, (uint32_t)scene.surface.width,
			(uint32_t)scene.surface.height, false);
		memory_draw(&buffers[i].memory, 2 + i);
	}
	/* Each of latch's own buffers is drawn whole at first, and what the last frame before has
	 * changed is drawn again. */
	for (int i = 0; i < 6; i++) {
		show();
	}
	for (int i = 0; i < 4; i++) {
		commit_part(base, 0, 0);
		client_roundtrip(&scene.client);
		sleep_ms(40);
	}
	copy_part(&buffers[0], base, 0, 0);
	commit_part(&buffers[0], 60, 70);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	struct screen picture = screen_take();
	screen_check(&picture, 60, 70, PART_WIDTH, PART_HEIGHT, 60, 70, 2);
	check_window(&picture, 0, 0, picture.width, 70);
	check_window(&picture, 0, 100, picture.width, 200);
	check_window(&picture, 100, 70, 200, 30);

	/* Two at once: the first is not shown, but what it has changed is. */
	copy_part(&buffers[1], &buffers[0], 60, 70);
	copy_part(&buffers[2], &buffers[0], 60, 70);
	copy_part(&buffers[2], &buffers[1], 200, 150);
	commit_part(&buffers[1], 200, 150);
	commit_part(&buffers[2], 300, 250);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture = screen_take();
	screen_check(&picture, 60, 70, PART_WIDTH, PART_HEIGHT, 60, 70, 2);
	screen_check(&picture, 200, 150, PART_WIDTH, PART_HEIGHT, 200, 150, 3);
	screen_check(&picture, 300, 250, PART_WIDTH, PART_HEIGHT, 300, 250, 4);
	check_window(&picture, 240, 150, 200, 30);
	check_window(&picture, 0, 280, picture.width, 100);
}

/* Each frame is other than the last: what stays from an earlier one shows. */
static void moves(int unused) {
	struct surface sub;
	struct buffer buffer;
	init();
	surface_init_subsurface(&sub, &scene.client, &scene.surface, 20, 30);
	buffer_init(&buffer, &scene.client, memory_init_vgem, 120, 90, DRM_FORMAT_XRGB8888);
	memory_draw(&buffer.memory, 3);
	surface_commit(&sub, &buffer, NULL, -1);
	show();
	/* The parent's commit applies the position; no damage of the parent's own. */
	for (int i = 1; i <= 5; i++) {
		wl_subsurface_set_position(sub.subsurface, 20 + 50 * i, 30 + 40 * i);
		wl_surface_commit(scene.surface.wl_surface);
		client_roundtrip(&scene.client);
		sleep_ms(40);
	}
	struct screen picture = screen_take();
	screen_check(&picture, 270, 230, 120, 90, 0, 0, 3);
	check_window(&picture, 0, 0, 270, 400);
	check_window(&picture, 270, 0, 300, 230);
	check_window(&picture, 390, 230, 200, 90);
	check_window(&picture, 270, 320, 200, 80);
}

static uint32_t blend(uint32_t over, uint32_t under) {
	uint32_t result = 0, rest = 255 - (over >> 24);
	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t sum = (over >> shift & 255) + ((under >> shift & 255) * rest + 127) / 255;
		result |= (sum > 255 ? 255 : sum) << shift;
	}
	return result;
}

static void blends(int unused) {
	/* Premultiplied, as wl_surface has it. */
	static const uint32_t colours[] = {0x80402010, 0x00000000, 0xff123456, 0x40004020};
	struct surface sub[4];
	struct buffer buffer[4];
	init();
	for (int i = 0; i < 4; i++) {
		surface_init_subsurface(&sub[i], &scene.client, &scene.surface, 300 + 70 * i, 200);
		if (i % 2 == 0) {
			buffer_init(&buffer[i], &scene.client, memory_init_udmabuf, 64, 64,
				DRM_FORMAT_ARGB8888);
		} else {
			buffer_init_shm(&buffer[i], &scene.client, 64, 64, true);
		}
		memory_fill(&buffer[i].memory, colours[i]);
		surface_commit(&sub[i], &buffer[i], NULL, -1);
	}
	show();
	struct screen picture = screen_take();
	for (int i = 0; i < 4; i++) {
		for (int y = 200; y < 264; y++) {
			for (int x = 300 + 70 * i; x < 364 + 70 * i; x++) {
				uint32_t under = picture_pixel((uint32_t)x, (uint32_t)y, 1);
				uint32_t wanted = blend(colours[i], under);
				uint32_t is = screen_get(&picture, x, y);
				CHECK(colour_distance(is, wanted) <= 2,
					"%08x over %06x at %d,%d is %06x, not %06x", colours[i],
					under & 0xffffff, x, y, is, wanted);
			}
		}
	}
}

static void crops_and_scales(int unused) {
	struct surface cropped, scaled;
	struct buffer buffer, halves;
	init();

	surface_init_subsurface(&cropped, &scene.client, &scene.surface, 60, 300);
	buffer_init(&buffer, &scene.client, memory_init_udmabuf, 256, 256, DRM_FORMAT_XRGB8888);
	memory_draw(&buffer.memory, 4);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(scene.client.viewporter, cropped.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(33), wl_fixed_from_int(77),
		wl_fixed_from_int(100), wl_fixed_from_int(80));
	surface_commit(&cropped, &buffer, NULL, -1);

	/* Left red, right blue, twice as wide and three times as high. */
	surface_init_subsurface(&scaled, &scene.client, &scene.surface, 400, 300);
	buffer_init(&halves, &scene.client, memory_init_udmabuf, 64, 32, DRM_FORMAT_XRGB8888);
	for (uint32_t i = 0; i < 64 * 32; i++) { // its rows have no gaps
		halves.memory.map[i] = i % 64 < 32 ? 0xffc00000 : 0xff0000c0;
	}
	viewport = wp_viewporter_get_viewport(scene.client.viewporter, scaled.wl_surface);
	wp_viewport_set_destination(viewport, 128, 96);
	surface_commit(&scaled, &halves, NULL, -1);

	show();
	struct screen picture = screen_take();
	screen_check(&picture, 60, 300, 100, 80, 33, 77, 4);
	check_window(&picture, 160, 300, 200, 80);
	static const struct {
		int x, y;
		uint32_t colour;
	} points[] = {{402, 302, 0xc00000}, {460, 393, 0xc00000}, {468, 302, 0x0000c0},
		{525, 393, 0x0000c0}};
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		uint32_t is = screen_get(&picture, points[i].x, points[i].y);
		CHECK(colour_distance(is, points[i].colour) <= 2, "%06x at %d,%d, not %06x", is,
			points[i].x, points[i].y, points[i].colour);
	}
	check_window(&picture, 530, 300, 100, 96);
	check_window(&picture, 400, 398, 128, 50);
}

/* At the lower right corner of its anchor; a second one slides back onto the screen. */
static void popups(int unused) {
	init();
	show();
	const struct {
		int32_t anchor_x, anchor_y, x, y;
	} places[] = {
		{200, 210, 250, 250},
		{scene.surface.width - 70, 300, scene.surface.width - 90, 340},
	};
	struct buffer buffer[2];
	struct surface surface[2];
	for (unsigned i = 0; i < 2; i++) {
		struct surface *popup = &surface[i];
		struct xdg_positioner *positioner =
			xdg_wm_base_create_positioner(scene.client.wm_base);
		xdg_positioner_set_size(positioner, 90, 60);
		xdg_positioner_set_anchor_rect(
			positioner, places[i].anchor_x, places[i].anchor_y, 50, 40);
		xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT);
		xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
		xdg_positioner_set_constraint_adjustment(
			positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
		surface_init_popup(popup, &scene.surface, positioner);
		CHECK(popup->x == places[i].x && popup->y == places[i].y && popup->width == 90 &&
				popup->height == 60,
			"configured to %d,%d %dx%d, not %d,%d 90x60", popup->x, popup->y,
			popup->width, popup->height, places[i].x, places[i].y);
		buffer_init_shm(&buffer[i], &scene.client, 90, 60, false);
		memory_draw(&buffer[i].memory, 6 + i);
		surface_show(popup, &buffer[i], NULL, 2000);
	}
	struct screen picture = screen_take();
	for (unsigned i = 0; i < 2; i++) {
		screen_check(&picture, places[i].x, places[i].y, 90, 60, 0, 0, 6 + i);
	}
	check_window(&picture, 200, 210, 50, 40);
}

#define WINDOW_WIDTH 240
#define WINDOW_HEIGHT 180

static bool is_inside(int x, int y) {
	return x >= 0 && x < WINDOW_WIDTH && y >= 0 && y < WINDOW_HEIGHT;
}

/* Of two clients, in shared memory and in a dma-buf, where the shell puts them: in the middle, and
 * below to the right of it. */
static void two_windows(int unused) {
	enum { STEP = 32 };
	struct client clients[2];
	struct surface surfaces[2];
	struct buffer buffers[2];
	for (unsigned i = 0; i < 2; i++) {
		client_connect(&clients[i]);
		surface_init_window(&surfaces[i], &clients[i], "window");
		if (i == 0) {
			buffer_init_shm(
				&buffers[i], &clients[i], WINDOW_WIDTH, WINDOW_HEIGHT, false);
		} else {
			buffer_init(&buffers[i], &clients[i], memory_init_udmabuf, WINDOW_WIDTH,
				WINDOW_HEIGHT, DRM_FORMAT_XRGB8888);
		}
		memory_draw(&buffers[i].memory, 8 + i);
		surface_show(&surfaces[i], &buffers[i], NULL, 3000);
	}
	struct screen picture = screen_take();
	int left = ((int)picture.width - WINDOW_WIDTH) / 2;
	int top = ((int)picture.height - WINDOW_HEIGHT) / 2;
	screen_check(&picture, left + STEP, top + STEP, WINDOW_WIDTH, WINDOW_HEIGHT, 0, 0, 9);
	screen_check(&picture, left, top, WINDOW_WIDTH, STEP, 0, 0, 8);
	screen_check(&picture, left, top + STEP, STEP, WINDOW_HEIGHT - STEP, 0, STEP, 8);
	/* The pointer is in the last rows. */
	for (int y = 0; y < (int)picture.height - STEP; y++) {
		for (int x = 0; x < (int)picture.width; x++) {
			CHECK(is_inside(x - left, y - top) ||
					is_inside(x - left - STEP, y - top - STEP) ||
					screen_get(&picture, x, y) == 0,
				"%06x at %d,%d, not black", screen_get(&picture, x, y), x, y);
		}
	}
}

const struct test_case test_cases[] = {
	{"the buffer on the plane is the client's", plane_has_the_clients},
	{"a subsurface that moves leaves nothing behind", moves},
	{"a commit without damage is presented", nothing_new_is_presented},
	{"only what is damaged is read and drawn anew", only_damage_is_drawn},
	{"translucent surfaces blend", blends},
	{"a viewport crops and scales", crops_and_scales},
	{"popups are at their positioner's place", popups},
	{"two windows, and black around them", two_windows},
	{0},
};
