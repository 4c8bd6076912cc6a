/* SPDX-License-Identifier: MIT */
/*
 * Clients whose buffers nobody can use: each gets the answer to that, and nobody else notices.
 * Clients that break rules are latch-stress --bad's; see stress.sh.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "machine.h"
#include "scene.h"

#define SIZE 64
/* vkms makes framebuffers of up to 8192 pixels in width. */
#define TOO_WIDE 8200
#define SHOWN 300

/* A case has a process of its own, and one of each of these. */
static struct client client;
static struct surface surface;
static struct buffer buffer;

/* Who must not notice: it is on the screen before, and shows its next frame afterwards. */
static struct client other;
static struct surface other_surface;
static struct buffer other_buffer;

static void begin(void) {
	client_connect(&other);
	surface_init_window(&other_surface, &other, "other");
	buffer_init_shm(&other_buffer, &other, SIZE, SIZE, false);
	surface_show(&other_surface, &other_buffer, NULL, 2000);
	client_connect(&client);
}

static void end(void) {
	surface_show(&other_surface, &other_buffer, NULL, 2000);
}

/* What the display can't take is composed where somebody can read it. */
static void too_wide_is_composed(int unused) {
	struct surface wide;
	struct frame frame;
	scene_init(KIND_NONE, 0, 1, memory_init_udmabuf);
	surface_init_subsurface(&wide, &scene.client, &scene.surface, 100, 80);
	buffer_init(
		&buffer, &scene.client, memory_init_udmabuf, TOO_WIDE, SIZE, DRM_FORMAT_XRGB8888);
	memory_draw(&buffer.memory, 2);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(scene.client.viewporter, wide.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(0), wl_fixed_from_int(0),
		wl_fixed_from_int(SHOWN), wl_fixed_from_int(SIZE));
	surface_commit(&wide, &buffer, &frame, -1);
	surface_show(&scene.surface, scene_next(), NULL, 3000);
	frame_wait(&frame, 1000);
	CHECK(!(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY),
		"a buffer of %d pixels in width is zero-copy", TOO_WIDE);
	struct screen picture = screen_take();
	screen_check(&picture, 100, 80, SHOWN, SIZE, 0, 0, 2);
}

/* No dma-buf at all; or too wide for the display, and of rows of 16-bit pixels that are no whole
 * words, which the CPU does not read. */
static struct buffer_plane make_useless(bool in_memfd) {
	struct memory *memory = &buffer.memory;
	if (in_memfd) {
		memory_init_memfd(memory, SIZE, SIZE);
		return (struct buffer_plane){memory->fd, .stride = memory->stride};
	}
	memory_init_udmabuf(memory, TOO_WIDE, SIZE);
	return (struct buffer_plane){memory->fd, .stride = TOO_WIDE * 2 + 2};
}

static void check_failed(struct offer *offer) {
	offer_wait(&client, offer);
	CHECK(offer->answer == ANSWER_FAILED, "the answer is %s",
		offer->answer == ANSWER_CREATED ? "created" : "none");
}

static void useless_fails(int unused) {
	begin();
	struct buffer_plane plane = make_useless(false);
	for (int i = 0; i < 3; i++) {
		struct offer offer;
		struct zwp_linux_buffer_params_v1 *params =
			params_create(&client, &plane, 1, &offer);
		zwp_linux_buffer_params_v1_create(
			params, TOO_WIDE, SIZE - 2, DRM_FORMAT_RGB565, 0);
		check_failed(&offer);
		zwp_linux_buffer_params_v1_destroy(params);
	}
	end();
}

/* With create_immed the client has a wl_buffer before it hears that there is nothing behind it: it
 * shows nothing and comes back, and the same client goes on with a better one. */
static void useless_at_once(int in_memfd) {
	struct buffer good;
	struct offer offer;
	begin();
	surface_init_window(&surface, &client, "useless");
	struct buffer_plane plane = make_useless(in_memfd);
	buffer_init_from_params(&buffer, params_create(&client, &plane, 1, &offer),
		buffer.memory.width, SIZE - 2, DRM_FORMAT_RGB565);
	surface_commit(&surface, &buffer, NULL, -1);
	check_failed(&offer);
	surface_wait_callback(&surface, 2000);
	buffer_init(&good, &client, memory_init_udmabuf, SIZE, SIZE, DRM_FORMAT_XRGB8888);
	surface_show(&surface, &good, NULL, 3000);
	client_pump_ms(&client, 100);
	CHECK(buffer.releases == 1, "%d releases", buffer.releases);
	end();
}

const struct test_case test_cases[] = {
	{"a buffer that can't be imported is composed", too_wide_is_composed},
	{"a buffer that nobody can read gets failed, and others live on", useless_fails},
	{"one that is used before the answer shows nothing", useless_at_once, false},
	{"so does one that is no dma-buf", useless_at_once, true},
	{0},
};
