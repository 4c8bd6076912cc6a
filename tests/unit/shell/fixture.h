/*
 * The shell with a real client: both in this process, one socket between them, and a
 * headless backend. What the client sees and what the output code would get must fit.
 */
#ifndef LATCH_TESTS_UNIT_SHELL_FIXTURE_H
#define LATCH_TESTS_UNIT_SHELL_FIXTURE_H

#include <linux/input-event-codes.h>
#include <wayland-client.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_touch.h>

#include "../test.h"
#include "shell/private.h"
#include "xdg-decoration-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define MAX_SURFACES 16

struct fixture {
	/* The server's side. */
	struct wl_display *server;
	struct wl_event_loop *loop;
	struct wlr_backend *backend;
	struct wlr_output_layout *layout;
	struct wlr_output *output;
	struct latch_shell *shell;
	struct wlr_pointer pointer;
	struct wlr_keyboard keyboard;
	struct wlr_touch touch;
	/* The time of buttons. */
	uint32_t time_msec;
	int damages, cursor_moves, inputs, terminations;

	struct latch_shell_surface list[MAX_SURFACES];
	size_t count;

	/* The client's. */
	struct wl_display *client;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct wl_pointer *wl_pointer;
	struct wl_touch *wl_touch;
	struct xdg_wm_base *wm_base;
	struct wl_data_device_manager *data_devices;
	struct zxdg_decoration_manager_v1 *decorations;
	/* serial: of the last button or finger; buttons, touches: events that came. */
	uint32_t enter_serial, serial;
	int buttons, touches, cancels;
	/* Where the last finger went down, on its surface. */
	double touch_x, touch_y;
};

/* A window, or a popup, of the client. */
struct window {
	struct fixture *fixture;
	struct wl_surface *surface;
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	struct xdg_popup *popup;
	int32_t x, y, width, height;
	bool activated, fullscreen, maximized, suspended, resizing;
	/* Of the last configure event, which a lazy client does not acknowledge. */
	uint32_t serial;
	bool lazy;
	int configures, closes, dones;
};

/* For TEST(): a fixture. */
int setup(void **test_state);
int teardown(void **test_state);

/* Let both sides hear all that there is, and look at the list of surfaces again. */
void pump(struct fixture *f);
struct wlr_output *add_output(struct fixture *f, int width, int height);
struct wlr_output *add_named_output(struct fixture *f, const char *name, int width, int height);

/* A toplevel before its first commit. */
void window_init(struct fixture *f, struct window *window);
/* A mapped one. */
void window_open(struct fixture *f, struct window *window, int32_t width, int32_t height);
/* One that fills the output as it was told to. */
void window_open_fullscreen(struct fixture *f, struct window *window);
void window_finish(struct window *window);
/* Commits what is pending, and hears the answer. */
void commit(struct window *window);
void unmap(struct window *window);
/* What it was told last. */
void assert_size(const struct window *window, int32_t width, int32_t height);
void popup_init(struct fixture *f, struct window *popup, struct window *parent, int32_t x,
	int32_t y, uint32_t adjustment);
void popup_open(struct fixture *f, struct window *popup, struct window *parent, int32_t x,
	int32_t y, uint32_t adjustment);
/* Commit a buffer of that size. */
void commit_size(struct fixture *f, struct wl_surface *surface, int32_t width, int32_t height);
/* The index-th surface from the front is of that kind and there. */
void assert_listed(
	struct fixture *f, size_t index, enum latch_shell_kind kind, int32_t x, int32_t y);

/* What the user does. Keys and buttons are linux/input-event-codes.h's. */
void move_pointer(struct fixture *f, double x, double y);
void button(struct fixture *f, uint32_t code, bool down);
/* Pressed and released. */
void tap(struct fixture *f, uint32_t code);
void click(struct fixture *f, uint32_t code);
void key(struct fixture *f, uint32_t keycode, bool down);

#endif
