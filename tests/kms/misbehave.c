/*
 * Clients that break a rule, or whose buffers nobody can use: each gets the answer of that rule,
 * and nobody else notices. The rules of linux-dmabuf and of both explicit-sync protocols are
 * latch-stress --bad's; see stress.sh.
 */
#include <drm_fourcc.h>
#include <string.h>

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

static void expect(const char *interface, int code) {
	const char *got_interface;
	int got = client_error(&client, &got_interface, 2000);
	CHECK(got == code && strcmp(got_interface, interface) == 0, "error %d of %s, not %d of %s",
		got, got_interface, code, interface);
	end();
}

static void two_roles(int unused) {
	struct surface sub;
	begin();
	surface_init_window(&surface, &client, "parent");
	surface_init_subsurface(&sub, &client, &surface, 0, 0);
	struct xdg_surface *xdg_surface =
		xdg_wm_base_get_xdg_surface(client.wm_base, sub.wl_surface);
	/* xdg-shell lets the compositor say so here, or when the role is given. */
	xdg_surface_get_toplevel(xdg_surface);
	expect("xdg_wm_base", XDG_WM_BASE_ERROR_ROLE);
}

static void unconfigured(int unused) {
	begin();
	struct wl_surface *wl_surface = wl_compositor_create_surface(client.compositor);
	xdg_surface_get_toplevel(xdg_wm_base_get_xdg_surface(client.wm_base, wl_surface));
	buffer_init_shm(&buffer, &client, 32, 32, false);
	wl_surface_attach(wl_surface, buffer.wl_buffer, 0, 0);
	wl_surface_commit(wl_surface);
	expect("xdg_surface", XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER);
}

static void bad_viewport(int unused) {
	begin();
	surface_init_window(&surface, &client, "misbehave");
	buffer_init(&buffer, &client, memory_init_udmabuf, SIZE, SIZE, DRM_FORMAT_XRGB8888);
	struct wp_viewport *viewport =
		wp_viewporter_get_viewport(client.viewporter, surface.wl_surface);
	wp_viewport_set_source(viewport, wl_fixed_from_int(SIZE / 2), 0, wl_fixed_from_int(SIZE),
		wl_fixed_from_int(SIZE));
	surface_commit(&surface, &buffer, NULL, -1);
	expect("wp_viewport", WP_VIEWPORT_ERROR_OUT_OF_BUFFER);
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
	struct picture picture = picture_take();
	picture_check(&picture, 100, 80, SHOWN, SIZE, 0, 0, 2);
}

/* No dma-buf at all; or too wide for the display, and of rows that are no whole words, which the
 * CPU does not read. */
static struct buffer_plane make_useless(bool in_memfd) {
	struct memory *memory = &buffer.memory;
	if (in_memfd) {
		memory_init_memfd(memory, SIZE, SIZE);
		return (struct buffer_plane){memory->fd, .stride = memory->stride};
	}
	memory_init_udmabuf(memory, TOO_WIDE, SIZE);
	return (struct buffer_plane){memory->fd, .stride = TOO_WIDE * 4 + 2};
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
			params, TOO_WIDE, SIZE - 2, DRM_FORMAT_XRGB8888, 0);
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
		buffer.memory.width, SIZE - 2, DRM_FORMAT_XRGB8888);
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
	{"a surface with two roles is refused", two_roles},
	{"a buffer before the first configure is refused", unconfigured},
	{"a viewport beyond its buffer is refused", bad_viewport},
	{"a buffer that can't be imported is composed", too_wide_is_composed},
	{"a buffer that nobody can read gets failed, and others live on", useless_fails},
	{"one that is used before the answer shows nothing", useless_at_once, false},
	{"so does one that is no dma-buf", useless_at_once, true},
	{0},
};
