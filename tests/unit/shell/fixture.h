/* SPDX-License-Identifier: MIT */
/*
 * The shell with a real client: both in this process, one socket between them, and a
 * headless backend. What the client sees and what the output code would get must fit.
 */
#pragma once

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
/* Without input for so long, outputs go dark. */
#define IDLE_OFF_MS 80
#define MAX_WINDOWS 4

enum finger_event { FINGER_DOWN, FINGER_MOVES, FINGER_UP, FINGER_CANCELLED };

/* A window, or a popup, of the client. */
struct window {
	struct wl_surface *surface; /* NULL: there is none */
	struct xdg_surface *xdg;
	struct xdg_toplevel *toplevel;
	struct xdg_popup *popup;
	int32_t x, y, width, height;
	uint32_t states; /* a bit for each enum xdg_toplevel_state */
	/* Of the last configure event, which a lazy client does not acknowledge. */
	uint32_t serial;
	bool lazy;
	int configures, closes;
};

extern struct fixture {
	/* The server's side. */
	struct wl_display *server;
	struct wlr_backend *backend;
	struct wlr_output_layout *layout;
	struct wlr_output *output;
	struct latch_shell *shell;
	struct wlr_pointer pointer;
	struct wlr_keyboard keyboard;
	struct wlr_touch touch;
	/* The time of buttons. */
	uint32_t time_msec;
	int damages, inputs, recordings, terminations;
	/* Whether outputs are to be dark; idles: how often that was another answer. */
	bool dark;
	int idles;

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
	struct window windows[MAX_WINDOWS];

	/* Of a script: the window that it tells of, the last image of the cursor. */
	struct window *window;
	uint64_t image_serial;
} f;

/* For TEST(): the fixture. */
int setup(void **test_state);
int teardown(void **test_state);

/* Let both sides hear all that there is, and look at the list of surfaces again. */
void pump(void);
/* name: NULL for the backend's own. */
struct wlr_output *add_output(const char *name, int width, int height);

/* A toplevel before its first commit. All windows that are left go with the fixture. */
struct window *window_create(void);
/* A mapped one. */
struct window *window_open(int32_t width, int32_t height);
/* One that fills the output as it was told to. */
struct window *window_open_fullscreen(void);
void window_finish(struct window *window);
/* Commits what is pending, and hears the answer. */
void commit(struct window *window);
void unmap(struct window *window);
/* What it was told last. */
void assert_size(const struct window *window, int32_t width, int32_t height);
/* A popup of 100x80. */
struct window *popup_create(struct window *parent, int32_t x, int32_t y, uint32_t adjustment);
struct window *popup_open(struct window *parent, int32_t x, int32_t y, uint32_t adjustment);
/* Commit a buffer of that size. */
void commit_size(struct wl_surface *surface, int32_t width, int32_t height);
/* All surfaces from the front to the back, as in "popup 50,70 toplevel 0,10". */
void assert_listed(const char *expected);
/* The one in front is a toplevel, there. */
void assert_at(int32_t x, int32_t y);

/* It was told that it is "activated", "fullscreen", "maximized", "resizing", "suspended". */
bool is(const struct window *window, const char *state);

/* What the user does. Keys and buttons are linux/input-event-codes.h's. */
void move_pointer(double x, double y);
void press(uint32_t code, bool down);
/* In pixels of the output. */
void finger(enum finger_event event, double x, double y);

/*
 * Plays a script of words with blanks between. One word is the name of a window, a to d, or opens
 * one: a=400x300, a=full. Those that follow tell of that window:
 *
 *   draw:400x300 unmap commit finish  what its client does
 *   min:400x300 max:400x300           and what it sets for its next commit
 *   ask:move                          and asks for; see ask() in fixture.c
 *   size:400x300 is:maximized not:resizing configures:3 closes:1  what it was told
 *
 * What the user does:
 *
 *   to:500,400                    the pointer goes there
 *   +left -left left              the button, or key, is pressed, released, both
 *   +finger:5,4 finger:6,4 -finger cancel
 *   double:200                    two clicks with Alt, with so many milliseconds between
 *   away back                     the session
 *
 * What there is to be seen:
 *
 *   at:300,250                    where the window in front is
 *   shown:300,250/0,0             where all are, from the front on; there is nothing else
 *   focus nofocus                 whether a surface has the pointer
 *   image image:new image:same    the cursor, compared with the one at the last such word
 *   buttons:2 touches:2 cancels:0 inputs:2 terminations:0    events that came in all
 */
void play(const char *script);
