/*
 * What has to be composed, compared with what was drawn: everything is seen through the
 * writeback connector, so from behind the last thing that latch can do wrong.
 */
#include <drm_fourcc.h>
#include <stdlib.h>

#include "case.h"
#include "client.h"
#include "machine.h"

struct scene {
	struct client client;
	struct surface base;
	struct memory base_memory;
	struct buffer base_buffer;
};

/* A fullscreen window in shared memory: its pixels are at known places. */
static void scene_init(struct scene *scene) {
	client_connect(&scene->client);
	surface_init_fullscreen(&scene->base, &scene->client);
	buffer_init_shm(&scene->base_buffer, &scene->client, &scene->base_memory,
		(uint32_t)scene->base.width, (uint32_t)scene->base.height, false);
	memory_draw(&scene->base_memory, 1);
}

/* Shows it all and takes the picture. */
static void scene_take(struct scene *scene, struct picture *picture) {
	struct frame frame;
	surface_commit(&scene->base, &scene->base_buffer, &frame, -1);
	frame_wait(&frame, 3000);
	picture_take(picture);
}

/* Compares a part of the screen with the same part of a drawn picture. */
static void check_part(const struct picture *picture, int x, int y, int width, int height,
	int drawn_x, int drawn_y, uint32_t number) {
	for (int row = 0; row < height; row++) {
		for (int column = 0; column < width; column++) {
			uint32_t is = picture_get(picture, x + column, y + row);
			uint32_t drawn = picture_pixel((uint32_t)(drawn_x + column),
						 (uint32_t)(drawn_y + row), number) &
					 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1,
				"%06x at %d,%d: picture %u has %06x at %d,%d", is, x + column,
				y + row, number, drawn, drawn_x + column, drawn_y + row);
		}
	}
}

static void shm_and_dmabuf(void) {
	struct scene scene;
	struct surface sub;
	struct memory memory;
	struct buffer buffer;
	struct picture picture;
	scene_init(&scene);
	surface_init_subsurface(&sub, &scene.client, &scene.base, 100, 50);
	memory_init_udmabuf(&memory, 200, 150);
	memory_draw(&memory, 2);
	buffer_init(&buffer, &scene.client, &memory, DRM_FORMAT_XRGB8888);
	surface_commit(&sub, &buffer, NULL, -1);
	scene_take(&scene, &picture);
	check_part(&picture, 100, 50, 200, 150, 0, 0, 2);
	check_part(&picture, 0, 0, (int)picture.width, 50, 0, 0, 1);
	check_part(&picture, 0, 50, 100, 150, 0, 50, 1);
	check_part(&picture, 300, 50, 300, 150, 300, 50, 1);
	check_part(&picture, 0, 200, (int)picture.width, 250, 0, 200, 1);
}

/* A commit that changes nothing is presented as well: of a buffer without damage, and of none. */
static void nothing_new_is_presented(void) {
	struct scene scene;
	scene_init(&scene);
	for (int i = 0; i < 6; i++) {
		struct frame frame = {0};
		surface_commit(&scene.base, &scene.base_buffer, &frame, -1);
		frame_wait(&frame, 3000);
	}
	for (int i = 0; i < 4; i++) {
		struct frame frame = {0};
		surface_commit_same(&scene.base, i % 2 == 0 ? &scene.base_buffer : NULL,
			&frame, -1);
		frame_wait(&frame, 300);
		/* Refused by the kernel, it would be tried again after 100 ms. */
		CHECK(frame.presented_ns - frame.commit_ns < 60 * MS, "presented after %lld ms",
			(long long)((frame.presented_ns - frame.commit_ns) / MS));
	}
}

#define PART_WIDTH 40
#define PART_HEIGHT 30

static void commit_part(struct scene *scene, struct buffer *buffer, int x, int y) {
	wl_surface_attach(scene->base.wl_surface, buffer->wl_buffer, 0, 0);
	wl_surface_damage_buffer(scene->base.wl_surface, x, y, PART_WIDTH, PART_HEIGHT);
	wl_surface_commit(scene->base.wl_surface);
}

static void copy_part(struct memory *to, const struct memory *from, int x, int y) {
	for (int row = y; row < y + PART_HEIGHT; row++) {
		for (int column = x; column < x + PART_WIDTH; column++) {
			const uint32_t i = (uint32_t)row * from->stride / 4 + (uint32_t)column;
			to->map[i] = from->map[i];
		}
	}
}

/* The client lies: its buffers are different everywhere. So it is seen what was read of them. */
static void only_damage_is_drawn(void) {
	struct scene scene;
	struct memory memory[3];
	struct buffer buffers[3];
	struct picture picture;
	scene_init(&scene);
	for (uint32_t i = 0; i < 3; i++) {
		buffer_init_shm(&buffers[i], &scene.client, &memory[i],
			(uint32_t)scene.base.width, (uint32_t)scene.base.height, false);
		memory_draw(&memory[i], 2 + i);
	}
	/* Each of latch's own buffers is drawn whole at first, and what the last frame before has
	 * changed is drawn again. */
	for (int i = 0; i < 6; i++) {
		struct frame frame;
		surface_commit(&scene.base, &scene.base_buffer, &frame, -1);
		frame_wait(&frame, 3000);
	}
	for (int i = 0; i < 4; i++) {
		commit_part(&scene, &scene.base_buffer, 0, 0);
		client_roundtrip(&scene.client);
		sleep_ms(40);
	}
	copy_part(&memory[0], &scene.base_memory, 0, 0);
	commit_part(&scene, &buffers[0], 60, 70);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_part(&picture, 60, 70, PART_WIDTH, PART_HEIGHT, 60, 70, 2);
	check_part(&picture, 0, 0, (int)picture.width, 70, 0, 0, 1);
	check_part(&picture, 0, 100, (int)picture.width, 200, 0, 100, 1);
	check_part(&picture, 100, 70, 200, 30, 100, 70, 1);

	/* Two at once: the first is not shown, but what it has changed is. */
	copy_part(&memory[1], &memory[0], 60, 70);
	copy_part(&memory[2], &memory[0], 60, 70);
	copy_part(&memory[2], &memory[1], 200, 150);
	commit_part(&scene, &buffers[1], 200, 150);
	commit_part(&scene, &buffers[2], 300, 250);
	client_roundtrip(&scene.client);
	sleep_ms(100);
	picture_take(&picture);
	check_part(&picture, 60, 70, PART_WIDTH, PART_HEIGHT, 60, 70, 2);
	check_part(&picture, 200, 150, PART_WIDTH, PART_HEIGHT, 200, 150, 3);
	check_part(&picture, 300, 250, PART_WIDTH, PART_HEIGHT, 300, 250, 4);
	check_part(&picture, 240, 150, 200, 30, 240, 150, 1);
	check_part(&picture, 0, 280, (int)picture.width, 100, 0, 280, 1);
}

/* Each frame is other than the last: what stays from an earlier one shows. */
static void moves(void) {
	struct scene scene;
	struct surface sub;
	struct memory memory;
	struct buffer buffer;
	struct picture picture;
	scene_init(&scene);
	surface_init_subsurface(&sub, &scene.client, &scene.base, 20, 30);
	memory_init_vgem(&memory, 120, 90);
	memory_draw(&memory, 3);
	buffer_init(&buffer, &scene.client, &memory, DRM_FORMAT_XRGB8888);
	surface_commit(&sub, &buffer, NULL, -1);
	struct frame frame;
	surface_commit(&scene.base, &scene.base_buffer, &frame, -1);
	frame_wait(&frame, 3000);
	/* The parent's commit applies the position; no damage of the parent's own. */
	for (int i = 1; i <= 5; i++) {
		wl_subsurface_set_position(sub.subsurface, 20 + 50 * i, 30 + 40 * i);
		wl_surface_commit(scene.base.wl_surface);
		client_roundtrip(&scene.client);
		sleep_ms(40);
	}
	picture_take(&picture);
	check_part(&picture, 270, 230, 120, 90, 0, 0, 3);
	check_part(&picture, 0, 0, 270, 400, 0, 0, 1);
	check_part(&picture, 270, 0, 300, 230, 270, 0, 1);
}

static uint32_t blend(uint32_t over, uint32_t under) {
	uint32_t result = 0, rest = 255 - (over >> 24);
	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t sum = (over >> shift & 255) + ((under >> shift & 255) * rest + 127) / 255;
		result |= (sum > 255 ? 255 : sum) << shift;
	}
	return result;
}

static void blends(void) {
	/* Premultiplied, as wl_surface has it. */
	static const uint32_t colours[] = {0x80402010, 0x00000000, 0xff123456, 0x40004020};
	struct scene scene;
	struct surface sub[4];
	struct memory memory[4];
	struct buffer buffer[4];
	struct picture picture;
	scene_init(&scene);
	for (int i = 0; i < 4; i++) {
		surface_init_subsurface(&sub[i], &scene.client, &scene.base, 300 + 70 * i, 200);
		if (i % 2 == 0) {
			memory_init_udmabuf(&memory[i], 64, 64);
			buffer_init(&buffer[i], &scene.client, &memory[i], DRM_FORMAT_ARGB8888);
		} else {
			buffer_init_shm(&buffer[i], &scene.client, &memory[i], 64, 64, true);
		}
		memory_fill(&memory[i], colours[i]);
		surface_commit(&sub[i], &buffer[i], NULL, -1);
	}
	scene_take(&scene, &picture);
	for (int i = 0; i < 4; i++) {
		for (int y = 200; y < 264; y++) {
			for (int x = 300 + 70 * i; x < 364 + 70 * i; x++) {
				uint32_t under = picture_pixel((uint32_t)x, (uint32_t)y, 1);
				uint32_t wanted = blend(colours[i], under);
				uint32_t is = picture_get(&picture, x, y);
				CHECK(colour_distance(is, wanted) <= 2,
					"%08x over %06x at %d,%d is %06x, not %06x", colours[i],
					under & 0xffffff, x, y, is, wanted);
			}
		}
	}
}

static void crops_and_scales(void) {
	struct scene scene;
	struct surface cropped, scaled;
	struct memory memory, halves;
	struct buffer buffer, halves_buffer;
	struct picture picture;
	scene_init(&scene);

	surface_init_subsurface(&cropped, &scene.client, &scene.base, 60, 300);
	memory_init_udmabuf(&memory, 256, 256);
	memory_draw(&memory, 4);
	buffer_init(&buffer, &scene.client, &memory, DRM_FORMAT_XRGB8888);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(scene.client.viewporter, cropped.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(33), wl_fixed_from_int(77),
		wl_fixed_from_int(100), wl_fixed_from_int(80));
	surface_commit(&cropped, &buffer, NULL, -1);

	/* Left red, right blue, twice as wide and three times as high. */
	surface_init_subsurface(&scaled, &scene.client, &scene.base, 400, 300);
	memory_init_udmabuf(&halves, 64, 32);
	for (uint32_t y = 0; y < 32; y++) {
		for (uint32_t x = 0; x < 64; x++) {
			halves.map[y * halves.stride / 4 + x] = x < 32 ? 0xffc00000 : 0xff0000c0;
		}
	}
	buffer_init(&halves_buffer, &scene.client, &halves, DRM_FORMAT_XRGB8888);
	viewport = wp_viewporter_get_viewport(scene.client.viewporter, scaled.wl_surface);
	wp_viewport_set_destination(viewport, 128, 96);
	surface_commit(&scaled, &halves_buffer, NULL, -1);

	scene_take(&scene, &picture);
	check_part(&picture, 60, 300, 100, 80, 33, 77, 4);
	check_part(&picture, 160, 300, 200, 80, 160, 300, 1);
	static const struct {
		int x, y;
		uint32_t colour;
	} points[] = {{402, 302, 0xc00000}, {460, 393, 0xc00000}, {468, 302, 0x0000c0},
		{525, 393, 0x0000c0}};
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		uint32_t is = picture_get(&picture, points[i].x, points[i].y);
		CHECK(colour_distance(is, points[i].colour) <= 2, "%06x at %d,%d, not %06x", is,
			points[i].x, points[i].y, points[i].colour);
	}
	check_part(&picture, 530, 300, 100, 96, 530, 300, 1);
	check_part(&picture, 400, 398, 128, 50, 400, 398, 1);
}

struct popup {
	bool configured;
	int32_t x, y, width, height;
};

static void handle_popup_configure(void *data, struct xdg_popup *xdg_popup, int32_t x, int32_t y,
	int32_t width, int32_t height) {
	struct popup *popup = data;
	popup->x = x;
	popup->y = y;
	popup->width = width;
	popup->height = height;
}

static void handle_popup_done(void *data, struct xdg_popup *xdg_popup) {
	fail("the popup was dismissed");
}

static const struct xdg_popup_listener popup_listener = {
	.configure = handle_popup_configure,
	.popup_done = handle_popup_done,
};

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial) {
	struct popup *popup = data;
	popup->configured = true;
	xdg_surface_ack_configure(xdg_surface, serial);
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

/* At the lower right corner of its anchor; a second one slides back onto the screen. */
static void popups(void) {
	struct scene scene;
	struct picture picture;
	struct frame frame;
	scene_init(&scene);
	surface_commit(&scene.base, &scene.base_buffer, &frame, -1);
	frame_wait(&frame, 3000);
	const struct {
		int32_t anchor_x, anchor_y, x, y;
	} places[] = {
		{200, 210, 250, 250},
		{scene.base.width - 70, 300, scene.base.width - 90, 340},
	};
	struct memory memory[2];
	struct buffer buffer[2];
	struct surface surface[2];
	for (unsigned i = 0; i < 2; i++) {
		struct popup popup = {0};
		struct xdg_positioner *positioner =
			xdg_wm_base_create_positioner(scene.client.wm_base);
		xdg_positioner_set_size(positioner, 90, 60);
		xdg_positioner_set_anchor_rect(
			positioner, places[i].anchor_x, places[i].anchor_y, 50, 40);
		xdg_positioner_set_anchor(positioner, XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT);
		xdg_positioner_set_gravity(positioner, XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT);
		xdg_positioner_set_constraint_adjustment(
			positioner, XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X);
		surface[i] = (struct surface){
			.client = &scene.client,
			.wl_surface = wl_compositor_create_surface(scene.client.compositor),
		};
		struct xdg_surface *xdg_surface =
			xdg_wm_base_get_xdg_surface(scene.client.wm_base, surface[i].wl_surface);
		xdg_surface_add_listener(xdg_surface, &xdg_surface_listener, &popup);
		struct xdg_popup *xdg_popup =
			xdg_surface_get_popup(xdg_surface, scene.base.xdg_surface, positioner);
		xdg_popup_add_listener(xdg_popup, &popup_listener, &popup);
		wl_surface_commit(surface[i].wl_surface);
		int64_t end_ns = now_ns() + 2000 * MS;
		while (!popup.configured && client_pump(&scene.client, end_ns)) {
		}
		CHECK(popup.configured, "the popup was not configured");
		CHECK(popup.x == places[i].x && popup.y == places[i].y && popup.width == 90 &&
				popup.height == 60,
			"configured to %d,%d %dx%d, not %d,%d 90x60", popup.x, popup.y, popup.width,
			popup.height, places[i].x, places[i].y);
		buffer_init_shm(&buffer[i], &scene.client, &memory[i], 90, 60, false);
		memory_draw(&memory[i], 6 + i);
		surface_commit(&surface[i], &buffer[i], &frame, -1);
		frame_wait(&frame, 2000);
	}
	picture_take(&picture);
	for (unsigned i = 0; i < 2; i++) {
		check_part(&picture, places[i].x, places[i].y, 90, 60, 0, 0, 6 + i);
	}
	check_part(&picture, 200, 210, 50, 40, 200, 210, 1);
}

/* The upper left corner of a drawn picture; false when it is nowhere. */
static bool find_corner(
	const struct picture *picture, uint32_t number, int *found_x, int *found_y) {
	for (int y = 0; y < (int)picture->height; y++) {
		for (int x = 0; x < (int)picture->width; x++) {
			int i = 0;
			while (i < 24 &&
				picture_get(picture, x + i, y) ==
					(picture_pixel((uint32_t)i, 0, number) & 0xffffff)) {
				i++;
			}
			if (i == 24) {
				*found_x = x;
				*found_y = y;
				return true;
			}
		}
	}
	return false;
}

/* Two windows where the shell puts them: one of shared memory, one of a dma-buf. */
static void two_windows(void) {
	struct client clients[2];
	struct surface surfaces[2];
	struct memory memory[2];
	struct buffer buffers[2];
	struct frame frame;
	struct picture picture;
	int x[2], y[2];
	for (unsigned i = 0; i < 2; i++) {
		client_connect(&clients[i]);
		surface_init_window(&surfaces[i], &clients[i], i == 0 ? "shm" : "dma-buf");
		if (i == 0) {
			buffer_init_shm(&buffers[i], &clients[i], &memory[i], 240, 180, false);
		} else {
			memory_init_udmabuf(&memory[i], 200, 160);
			buffer_init(&buffers[i], &clients[i], &memory[i], DRM_FORMAT_XRGB8888);
		}
		memory_draw(&memory[i], 8 + i);
		surface_commit(&surfaces[i], &buffers[i], &frame, -1);
		frame_wait(&frame, 3000);
	}
	picture_take(&picture);
	for (unsigned i = 0; i < 2; i++) {
		CHECK(find_corner(&picture, 8 + i, &x[i], &y[i]), "window %u is not on the screen",
			i);
	}
	note("windows at %d,%d and %d,%d", x[0], y[0], x[1], y[1]);
	check_part(&picture, x[1], y[1], 200, 160, 0, 0, 9);
	/* Of the first one, what the second does not hide. */
	for (int row = 0; row < 180; row++) {
		for (int column = 0; column < 240; column++) {
			int at_x = x[0] + column, at_y = y[0] + row;
			if (at_x < x[1] || at_x >= x[1] + 200 || at_y < y[1] ||
				at_y >= y[1] + 160) {
				check_part(&picture, at_x, at_y, 1, 1, column, row, 8);
			}
		}
	}
	/* The rest is black. */
	CHECK(picture_get(&picture, 3, 3) == 0, "%06x in the corner", picture_get(&picture, 3, 3));
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a dma-buf over shared memory, pixel by pixel", shm_and_dmabuf, 0},
		{"a subsurface that moves leaves nothing behind", moves, 0},
		{"a commit without damage is presented", nothing_new_is_presented, 0},
		{"only what is damaged is read and drawn anew", only_damage_is_drawn, 0},
		{"translucent surfaces blend", blends, 0},
		{"a viewport crops and scales", crops_and_scales, 0},
		{"popups are at their positioner's place", popups, 0},
		{"two windows, of shared memory and of a dma-buf", two_windows, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
