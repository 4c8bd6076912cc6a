/*
 * Buffers that the display can't take: composed if somebody can read them, else refused, and
 * nobody else suffers.
 */
#include <drm_fourcc.h>

#include "case.h"
#include "client.h"
#include "machine.h"
#include "victim.h"

/* vkms makes framebuffers of up to 8192 pixels in width. */
#define TOO_WIDE 8200
#define HEIGHT 16
#define SHOWN 300

static void too_wide_is_composed(void) {
	struct client client;
	struct surface base, wide;
	struct memory base_memory, memory;
	struct buffer base_buffer, buffer;
	struct frame frame, wide_frame;
	struct picture picture;
	client_connect(&client);
	surface_init_fullscreen(&base, &client);
	memory_init_udmabuf(&base_memory, (uint32_t)base.width, (uint32_t)base.height);
	memory_draw(&base_memory, 1);
	buffer_init(&base_buffer, &client, &base_memory, DRM_FORMAT_XRGB8888);
	surface_init_subsurface(&wide, &client, &base, 100, 80);
	memory_init_udmabuf(&memory, TOO_WIDE, HEIGHT);
	memory_draw(&memory, 2);
	buffer_init(&buffer, &client, &memory, DRM_FORMAT_XRGB8888);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(client.viewporter, wide.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(0), wl_fixed_from_int(0),
		wl_fixed_from_int(SHOWN), wl_fixed_from_int(HEIGHT));
	surface_commit(&wide, &buffer, &wide_frame, -1);
	surface_commit(&base, &base_buffer, &frame, -1);
	frame_wait(&frame, 3000);
	frame_wait(&wide_frame, 1000);
	CHECK(!(wide_frame.flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY),
		"a buffer of %d pixels in width is zero-copy", TOO_WIDE);
	picture_take(&picture);
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < SHOWN; x++) {
			uint32_t is = picture_get(&picture, 100 + x, 80 + y);
			uint32_t drawn = picture_pixel((uint32_t)x, (uint32_t)y, 2) & 0xffffff;
			CHECK(colour_distance(is, drawn) <= 1, "%06x at %d,%d: %06x was drawn", is,
				x, y, drawn);
		}
	}
}

enum answer {
	ANSWER_NONE,
	ANSWER_CREATED,
	ANSWER_FAILED,
};

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	enum answer *answer = data;
	*answer = ANSWER_CREATED;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	enum answer *answer = data;
	*answer = ANSWER_FAILED;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

/* Too wide for the display, and of rows that are no whole words, which the CPU does not read. */
static enum answer offer_useless(struct client *client, struct memory *memory) {
	enum answer answer = ANSWER_NONE;
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(client->dmabuf);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, &answer);
	zwp_linux_buffer_params_v1_add(params, memory->fd, 0, 0, TOO_WIDE * 4 + 2,
		DRM_FORMAT_MOD_LINEAR >> 32, DRM_FORMAT_MOD_LINEAR & 0xffffffff);
	zwp_linux_buffer_params_v1_create(params, TOO_WIDE, HEIGHT - 2, DRM_FORMAT_XRGB8888, 0);
	int64_t end_ns = now_ns() + 2000 * MS;
	while (answer == ANSWER_NONE && client_pump(client, end_ns)) {
	}
	zwp_linux_buffer_params_v1_destroy(params);
	return answer;
}

static void useless_fails(void) {
	struct client client;
	struct memory memory;
	struct victim victim;
	victim_start(&victim);
	client_connect(&client);
	memory_init_udmabuf(&memory, TOO_WIDE, HEIGHT);
	for (int i = 0; i < 3; i++) {
		enum answer answer = offer_useless(&client, &memory);
		CHECK(answer == ANSWER_FAILED, "the answer is %s",
			answer == ANSWER_CREATED ? "created" : "none");
	}
	client_roundtrip(&client);
	victim_check_alive(&victim, 4);
	victim_stop(&victim);
}

/* With create_immed the client has a wl_buffer before it knows: it shows nothing. */
static void useless_at_once(void) {
	struct client client;
	struct surface surface;
	struct memory memory, good_memory;
	struct victim victim;
	struct frame frame;
	victim_start(&victim);
	client_connect(&client);
	memory_init_udmabuf(&memory, TOO_WIDE, HEIGHT);
	struct buffer_plane plane = {.memory = &memory, .stride = TOO_WIDE * 4 + 2};
	struct buffer useless, good;
	buffer_init_planes(&useless, &client, &plane, 1, TOO_WIDE, HEIGHT - 2, DRM_FORMAT_XRGB8888);
	surface_init_window(&surface, &client, "useless");
	surface_commit(&surface, &useless, NULL, -1);
	sleep_ms(100);
	client_roundtrip(&client);
	victim_check_alive(&victim, 4);
	/* The same client goes on with a better one. */
	memory_init_udmabuf(&good_memory, 200, 100);
	buffer_init(&good, &client, &good_memory, DRM_FORMAT_XRGB8888);
	surface_commit(&surface, &good, &frame, -1);
	frame_wait(&frame, 3000);
	victim_stop(&victim);
}

int main(int argc, char **argv) {
	static const struct test_case cases[] = {
		{"a buffer that can't be imported is composed", too_wide_is_composed, 0},
		{"a buffer that nobody can read gets failed, and others live on", useless_fails, 0},
		{"one that is used before the answer shows nothing", useless_at_once, 0},
	};
	return test_main(argc, argv, cases, sizeof(cases) / sizeof(cases[0]));
}
