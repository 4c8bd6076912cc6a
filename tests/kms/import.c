/*
 * Buffers that the display can't take: composed if somebody can read them, else refused, and
 * nobody else suffers.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "machine.h"
#include "scene.h"
#include "victim.h"

/* vkms makes framebuffers of up to 8192 pixels in width. */
#define TOO_WIDE 8200
#define HEIGHT 16
#define SHOWN 300

static void too_wide_is_composed(int unused) {
	struct surface wide;
	struct buffer buffer;
	struct frame frame;
	scene_init(KIND_NONE, 0, 1, memory_init_udmabuf);
	surface_init_subsurface(&wide, &scene.client, &scene.surface, 100, 80);
	buffer_init(
		&buffer, &scene.client, memory_init_udmabuf, TOO_WIDE, HEIGHT, DRM_FORMAT_XRGB8888);
	memory_draw(&buffer.memory, 2);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(scene.client.viewporter, wide.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(0), wl_fixed_from_int(0),
		wl_fixed_from_int(SHOWN), wl_fixed_from_int(HEIGHT));
	surface_commit(&wide, &buffer, &frame, -1);
	surface_show(&scene.surface, scene_next(), NULL, 3000);
	frame_wait(&frame, 1000);
	CHECK(!(frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY),
		"a buffer of %d pixels in width is zero-copy", TOO_WIDE);
	struct picture picture = picture_take();
	picture_check(&picture, 100, 80, SHOWN, HEIGHT, 0, 0, 2);
}

/* Too wide for the display, and of rows that are no whole words, which the CPU does not read. */
static struct buffer_plane useless_plane(struct memory *memory) {
	memory_init_udmabuf(memory, TOO_WIDE, HEIGHT);
	return (struct buffer_plane){memory->fd, .stride = TOO_WIDE * 4 + 2};
}

static void useless_fails(int unused) {
	struct client client;
	struct memory memory;
	victim_start();
	client_connect(&client);
	struct buffer_plane plane = useless_plane(&memory);
	for (int i = 0; i < 3; i++) {
		struct offer offer;
		struct zwp_linux_buffer_params_v1 *params =
			params_create(&client, &plane, 1, &offer);
		zwp_linux_buffer_params_v1_create(
			params, TOO_WIDE, HEIGHT - 2, DRM_FORMAT_XRGB8888, 0);
		offer_wait(&client, &offer);
		zwp_linux_buffer_params_v1_destroy(params);
		CHECK(offer.answer == ANSWER_FAILED, "the answer is %s",
			offer.answer == ANSWER_CREATED ? "created" : "none");
	}
	client_roundtrip(&client);
	victim_check_alive(4);
	victim_stop();
}

/* With create_immed the client has a wl_buffer before it knows: it shows nothing. */
static void useless_at_once(int unused) {
	struct client client;
	struct surface surface;
	struct buffer useless = {0}, good;
	victim_start();
	client_connect(&client);
	struct buffer_plane plane = useless_plane(&useless.memory);
	buffer_init_planes(&useless, &client, &plane, 1, TOO_WIDE, HEIGHT - 2, DRM_FORMAT_XRGB8888);
	surface_init_window(&surface, &client, "useless");
	surface_commit(&surface, &useless, NULL, -1);
	sleep_ms(100);
	client_roundtrip(&client);
	victim_check_alive(4);
	/* The same client goes on with a better one. */
	buffer_init(&good, &client, memory_init_udmabuf, 200, 100, DRM_FORMAT_XRGB8888);
	surface_show(&surface, &good, NULL, 3000);
	victim_stop();
}

const struct test_case test_cases[] = {
	{"a buffer that can't be imported is composed", too_wide_is_composed},
	{"a buffer that nobody can read gets failed, and others live on", useless_fails},
	{"one that is used before the answer shows nothing", useless_at_once},
	{0},
};
