/* SPDX-License-Identifier: MIT */
/*
 * The shell: which surfaces are on the screen, where, and in which order; who
 * has the focus; what keys and pointers do. It knows toplevels, popups,
 * subsurfaces, the seat and the cursor, and nothing of buffers, planes or
 * renderers: the output code asks it for a flat list and shows that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-protocol.h>
#include <wlr/util/box.h>

#include "shell/device.h"

struct wlr_output;
struct wlr_surface;

struct latch_shell_options {
	struct wl_display *display;
	struct wlr_backend *backend;
	struct wlr_compositor *compositor;
	/* For the keys that switch the VT; NULL when latch runs in a window. */
	struct wlr_session *session;
	/* Outputs appear and vanish here; the owner adds and removes them. */
	struct wlr_output_layout *layout;

	/* The list of latch_shell_surfaces() is another one now: something was
	 * mapped, unmapped, moved, resized or restacked. Content alone (a commit with
	 * a new buffer of the same size) does not call it. */
	void (*damage_all)(void *data);
	/* What latch_shell_cursor() returns has changed: position, image or both. */
	void (*cursor_moved)(void *data);
	/* A surface's client is told of a key, a button, a wheel or a finger, and may be about to draw
	 * the answer. surface: NULL where none has the focus. time_ns: the event's, right to 1 ms. */
	void (*input)(void *data, struct wlr_surface *surface, int64_t time_ns);
	struct latch_device_settings devices;
	/* No cursor is shown, whatever clients set. */
	bool no_cursor;
	/* No key and no button does anything but for the client that has the focus. */
	bool no_keys;
	/* After so long without input outputs are to go dark, unless a surface keeps the screen
	 * awake (idle-inhibit); 0: never. */
	int64_t idle_off_ns;
	/* They are to go dark (true), or to be lit again. */
	void (*idle)(void *data, bool is_idle);
	/* The user is about to switch to another VT: while the device is still ours. */
	void (*leave)(void *data);
	/* The user wants to have the last seconds of frames (Ctrl+Alt+R). */
	void (*record)(void *data);
	/* The user asked for the end of the session (Ctrl+Alt+Backspace). */
	void (*terminate)(void *data);
	void *data;
};

enum latch_shell_kind {
	/* The root surface of an xdg_toplevel. */
	LATCH_SHELL_TOPLEVEL,
	/* The root surface of a layer (wlr-layer-shell). */
	LATCH_SHELL_LAYER,
	/* The root surface of an xdg_popup. */
	LATCH_SHELL_POPUP,
	/* A subsurface of any of the others. */
	LATCH_SHELL_SUBSURFACE,
	/* What a drag and drop carries under the pointer. */
	LATCH_SHELL_DRAG_ICON,
};

/* One surface on the screen. */
struct latch_shell_surface {
	struct wlr_surface *surface;
	/* Its upper left corner, in layout coordinates; size and crop are the
	 * surface's own (surface->current). */
	int32_t x, y;
	enum latch_shell_kind kind;
	/* The toplevel it belongs to, popups included; NULL for a layer and a drag icon. */
	struct latch_toplevel *toplevel;
};

/* The cursor: where it is and what it looks like. The shell draws nothing: the output code puts the
 * image on the cursor plane or composes it. */
struct latch_cursor_image {
	/* A theme's image (ARGB8888, readable by data pointer access) or a client's
	 * buffer of any kind. Owned by the cursor. */
	struct wlr_buffer *buffer;
	/* The part of the buffer that is shown, in its pixels. */
	struct wlr_fbox src;
	/* wl_surface.set_buffer_transform. */
	enum wl_output_transform transform;
	/* From the image's upper left corner to the point that points, in layout
	 * units. A theme's images need not have a whole number of them. */
	double hotspot_x, hotspot_y;
	/* Size on the screen, in layout units. */
	double width, height;
	/* Another value whenever anything above changed, or the pixels did. */
	uint64_t serial;
};

/**
 * Create the shell and its globals: xdg_wm_base, wl_seat, wl_data_device_manager,
 * zwp_primary_selection_device_manager_v1, wp_cursor_shape_manager_v1,
 * zwp_input_timestamps_manager_v1, zxdg_decoration_manager_v1.
 *
 * Call it before the backend starts, so that no input device is missed. All the
 * objects in options are borrowed and must outlive the shell.
 *
 * Returns NULL when out of memory or a global can't be made; that is logged.
 */
struct latch_shell *latch_shell_create(const struct latch_shell_options *options);

/**
 * Destroy the shell. Clients must be gone (wl_display_destroy_clients) and the
 * display, the layout and the backend still there. NULL is fine.
 */
void latch_shell_destroy(struct latch_shell *shell);

/**
 * Put the mapped surfaces that touch output_box (layout coordinates) into out,
 * front to back: the drag icon, the input method's popups, then per toplevel in
 * stacking order its popups, the subsurfaces above it, itself and the subsurfaces
 * below it. Nothing is listed that is behind a toplevel which fills the whole box; what that does not cover is
 * black (xdg-shell, xdg_toplevel.set_fullscreen).
 *
 * Returns how many there are, which can be more than cap: then only the first
 * cap were written and the caller may come again with more room. Allocates
 * nothing. The pointers are valid until control returns to the event loop.
 */
size_t latch_shell_surfaces(struct latch_shell *shell, const struct wlr_box *output_box,
	struct latch_shell_surface *out, size_t cap);

/**
 * The cursor's position in layout coordinates and its image; NULL when there is
 * nothing to show: hidden by the client, or a seat without a pointer. The image
 * is valid until control returns to the event loop; lock its buffer to keep it.
 */
const struct latch_cursor_image *latch_shell_cursor(
	struct latch_shell *shell, double *x, double *y);

/**
 * The client's surface that the cursor's image comes from, for its frame
 * callbacks and presentation feedback; NULL when the image is the theme's.
 */
struct wlr_surface *latch_shell_cursor_surface(struct latch_shell *shell);

/** The title as the client sets it, "" when it has none. Valid until it changes. */
const char *latch_toplevel_title(const struct latch_toplevel *toplevel);

/** The app_id as the client sets it, "" when it has none. Valid until it changes. */
const char *latch_toplevel_app_id(const struct latch_toplevel *toplevel);

/** Whether it is fullscreen on an output that contains this part of the layout, and hides all that is
 * behind it. */
bool latch_toplevel_covers(const struct latch_toplevel *toplevel, const struct wlr_box *area);

/** An output is about to leave the layout: the surfaces that are on it leave it. */
void latch_shell_leave_output(struct latch_shell *shell, struct wlr_output *output);

/** The backend goes, before the shell: no input devices come any more. */
void latch_shell_backend_gone(struct latch_shell *shell);

/**
 * The session was switched to (true) or away from (false). While it is away no key
 * counts as held.
 */
void latch_shell_set_active(struct latch_shell *shell, bool active);
