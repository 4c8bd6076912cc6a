/*
 * Clients that break a rule: each gets the error of that rule, and nobody else notices. The rules
 * of linux-dmabuf and of both explicit-sync protocols are latch-stress --bad's; see stress.sh.
 */
#include <drm_fourcc.h>
#include <string.h>

#include "case.h"
#include "client.h"
#include "victim.h"

/* Frames in a quarter of a second: it may miss a few while the others are set up. */
#define ALIVE 10
#define SIZE 64

/* A case has a process of its own, and one of each of these. */
static struct client client;
static struct surface surface;
static struct buffer buffer;

/* The victim is looked after in the same case, so that a failure has a name. */
static void begin(void) {
	victim_start();
	client_connect(&client);
}

static void end(void) {
	victim_check_alive(ALIVE);
	victim_stop();
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

/* The client uses the wl_buffer before it hears that there is nothing behind it. */
static void failed_buffer_shown(int unused) {
	struct memory memory;
	struct offer offer;
	begin();
	surface_init_window(&surface, &client, "misbehave");
	memory_init_memfd(&memory, SIZE, SIZE);
	struct buffer_plane plane = {memory.fd, .stride = memory.stride};
	buffer_init_from_params(&buffer, params_create(&client, &plane, 1, &offer), SIZE, SIZE,
		DRM_FORMAT_XRGB8888);
	surface_commit(&surface, &buffer, NULL, -1);
	/* What can only be found out by trying is answered by `failed`; the client lives. */
	offer_wait(&client, &offer);
	CHECK(offer.answer == ANSWER_FAILED, "the answer is %s",
		offer.answer == ANSWER_CREATED ? "created" : "none");
	surface_wait_callback(&surface, 2000);
	wl_surface_attach(surface.wl_surface, NULL, 0, 0);
	wl_surface_commit(surface.wl_surface);
	int64_t end_ns = now_ns() + 2000 * MS;
	while (buffer.releases == 0 && client_pump(&client, end_ns)) {
	}
	CHECK(buffer.releases == 1, "%d releases", buffer.releases);
	end();
}

const struct test_case test_cases[] = {
	{"a surface with two roles is refused", two_roles},
	{"a buffer before the first configure is refused", unconfigured},
	{"a viewport beyond its buffer is refused", bad_viewport},
	{"a buffer that failed is shown as nothing", failed_buffer_shown},
	{0},
};
