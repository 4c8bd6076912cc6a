/* SPDX-License-Identifier: MIT */
/*
 * What the files of shell/ share with each other, and with nobody else.
 */
#pragma once

#include <linux/input-event-codes.h>
#include <wlr/types/wlr_input_method_v2.h>
#include <wlr/types/wlr_layer_shell_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_seat.h>
#include <wlr/types/wlr_xdg_shell.h>

#include "base/source.h"
#include "shell/bindings.h"
#include "shell/shell.h"
#include "shell/stack.h"

#define LATCH_TOUCH_POINTS 16

struct latch_toplevel {
	/* In shell->stack while mapped. */
	struct latch_stack_item stack;
	/* In shell->toplevels always. */
	struct wl_list link;
	struct latch_shell *shell;
	struct wlr_xdg_toplevel *xdg;
	struct wlr_xdg_toplevel_decoration_v1 *decoration;
	uint64_t id;

	/* Upper left corner of the window geometry, in layout coordinates. */
	int32_t x, y;
	/* Where it goes back to when it stops to fill its output; width 0: not known. */
	struct wlr_box restore;
	/* What we asked of the client; what it shows already is in xdg->current. */
	bool fullscreen, maximized;
	/* Its user sent it away, to the back, and has not called it since. */
	bool minimized;
	/* Of latch_toplevels_suspend_hidden(): it is to be seen on an output, and something covers
	 * it on one. */
	bool seen, covered;
	/* xdg->current was fullscreen or maximized at the last commit. */
	bool filled;
	/* It was mapped before: x and y are where the user had it. */
	bool placed;
	/* The edges that a resize drags, until the client's last size has come. */
	uint32_t resize_edges;
	struct wlr_box resize_start;

	/* NULL: there is no output. output_box: where that was when we last looked. */
	struct wlr_output *output;
	struct wlr_box output_box;
	/* The part of it that layers leave to windows. */
	struct wlr_box area;
	/* The output where the user had it: it returns there with the output. */
	char *home;

	struct {
		struct wl_listener map, unmap, commit, destroy;
		/* Requests. */
		struct wl_listener fullscreen, maximize, minimize, move, resize, set_parent;
		struct wl_listener mode, decoration_destroy; // of the decoration
	} on;

	/* What others see of it, while it is mapped; NULL without memory. */
	struct {
		struct wlr_ext_foreign_toplevel_handle_v1 *listed;
		struct wlr_foreign_toplevel_handle_v1 *managed;
		struct {
			struct wl_listener activate, close, maximize, fullscreen, minimize;
			struct wl_listener title, app_id;
		} on;
	} foreign;
};

#define LATCH_LAYER_LEVELS 4

/* A surface of wlr-layer-shell. */
struct latch_layer_surface {
	struct wl_list link; /* latch_shell.layers */
	struct latch_shell *shell;
	/* output is never NULL. */
	struct wlr_layer_surface_v1 *wlr;
	/* Where it is, in layout coordinates; the size is the one it was told last. */
	struct wlr_box box;
	struct {
		struct wl_listener map, unmap, commit, destroy;
	} on;
};

/* A toplevel or a layer; the other one is NULL. Both are NULL where there is none. */
struct latch_root {
	struct latch_toplevel *toplevel;
	struct latch_layer_surface *layer;
	/* The upper left corner of its surface in the layout: shadows and the like are outside the
	 * window geometry. */
	int32_t x, y;
};

/* A window that the pointer or a finger drags; one at a time. */
struct latch_grab {
	enum latch_grab_kind kind;
	/* NULL with LATCH_GRAB_NONE, and with LATCH_GRAB_KEEP when it has gone. */
	struct latch_toplevel *toplevel;
	/* It is the finger of that number, else the pointer. */
	bool touch;
	int32_t touch_id;
	/* Where that is and was at the beginning, in layout coordinates. */
	double x, y, start_x, start_y;
	/* The window at the beginning. */
	struct wlr_box start;
	/* The size that a resize asks for, and the serial of what the client has not acknowledged
	 * yet; 0: it has all. */
	int32_t width, height;
	uint32_t unacked;
	struct wl_listener ack;
};

struct latch_pointer {
	/* The last press of a button that latch kept. */
	struct latch_click click;

	/* Layout coordinates minus surface coordinates where a button went down: until
	 * it comes up, all motion belongs to that surface. */
	double down_dx, down_dy;
	bool down;

	/* What the devices have said since the last frame, in this order. */
	bool moved, has_button;
	uint32_t moved_msec;
	struct wlr_pointer_button_event button;
};

struct latch_touch_point {
	int32_t id;
	bool used;
	/* As latch_pointer.down_dx. */
	double dx, dy;
	struct latch_shell *shell;
	struct wl_listener surface_destroy;
};

/* A popup of the input method, beside the text's cursor. */
struct latch_input_popup {
	struct wl_list link; /* latch_input_method.popups */
	struct latch_shell *shell;
	struct wlr_input_popup_surface_v2 *wlr;
	/* Of its surface, in layout coordinates. */
	int32_t x, y;
	/* Where it was told that the text's cursor is. */
	struct wlr_box told;
	struct wl_listener destroy;
};

struct latch_input_method {
	struct wlr_text_input_manager_v3 *texts;
	/* NULL: there is none. */
	struct wlr_input_method_v2 *wlr;
	struct wl_list popups; /* latch_input_popup.link */
	/* The text field that is enabled, in the surface with the keyboard; NULL: none is. */
	struct wlr_text_input_v3 *text;
	struct {
		struct wl_listener commit, new_popup, grab, destroy;
	} on;
};

/* Whose a key is that is down. */
enum latch_key_owner { LATCH_KEY_CLIENT, LATCH_KEY_BINDING, LATCH_KEY_INPUT_METHOD };

struct latch_keyboard {
	/* All keyboards as one; NULL when there is no keymap. */
	struct wlr_keyboard_group *group;
	/* enum latch_key_owner: the release goes where the press went. */
	uint8_t owners[KEY_CNT];
};

struct latch_cursor {
	/* Collects the events of all pointers and touch screens. Position and image are
	 * ours: wlr_cursor's own need a renderer (see cursor.c). */
	struct wlr_cursor *devices;
	double x, y;
	bool placed;
	struct wlr_output *output;
	/* Of the output, when the image was chosen. */
	float scale;

	struct wlr_xcursor_manager *themes;
	/* The theme's name for the image, or NULL; override goes before everything. */
	const char *name, *override;
	struct wlr_surface *surface;
	int32_t hotspot_x, hotspot_y;
	struct latch_cursor_image image;

	struct wl_listener commit, destroy; // of surface
};

struct latch_shell {
	struct latch_shell_options options;
	struct wlr_seat *seat;
	struct wlr_xdg_shell *xdg_shell;

	struct wl_list toplevels; /* latch_toplevel.link */
	struct wl_list stack;	  /* latch_toplevel.stack.link */
	struct wl_list layers;	  /* latch_layer_surface.link, the newest first */
	struct wl_list inputs;	  /* of seat.c */
	uint64_t next_id;
	/* Has the keyboard focus, unless a layer has. */
	struct latch_toplevel *active;
	/* Wants keys, and was clicked after all windows; or NULL. */
	struct latch_layer_surface *clicked_layer;
	/* Of latch_stack_cycle(). */
	int cycle;

	struct latch_pointer pointer;
	struct latch_grab grab;
	struct latch_touch_point touch[LATCH_TOUCH_POINTS];
	struct latch_keyboard keyboard;
	struct latch_input_method input_method;
	struct latch_cursor cursor;
	struct wlr_pointer_constraints_v1 *constraints;
	struct wlr_relative_pointer_manager_v1 *relative_pointers;
	/* The one that is active; NULL: none is. */
	struct wlr_pointer_constraint_v1 *constraint;
	struct wlr_idle_notifier_v1 *idle_notifier;
	struct wlr_idle_inhibit_manager_v1 *idle_inhibit;
	struct {
		struct wl_event_source *timer; // NULL: outputs stay on
		int64_t input_ns;
		bool inhibited, dark;
	} idle;
	struct wlr_ext_foreign_toplevel_list_v1 *foreign_list;
	struct wlr_foreign_toplevel_manager_v1 *foreign_manager;
	struct wlr_drag_icon *drag_icon;
	int32_t drag_dx, drag_dy;

	struct wl_event_source *refresh;

	struct {
		struct wl_listener new_surface, new_toplevel, new_popup, new_decoration, new_layer;
		struct wl_listener new_constraint, constraint_destroy;
		struct wl_listener new_virtual_pointer, new_virtual_keyboard;
		struct wl_listener new_inhibitor, activation;
		struct wl_listener new_text_input, new_input_method, text_focus, grab_destroy;
		struct wl_listener layout, new_input;
		/* The seat's: clients' requests first. */
		struct wl_listener set_cursor, set_shape, set_selection, set_primary, ask_drag;
		struct wl_listener pointer_focus, grab_begin, grab_end;
		struct wl_listener start_drag, icon_commit, icon_destroy;
		struct wl_listener motion, motion_absolute, button, axis, frame; // of pointers
		struct wl_listener touch_down, touch_up, touch_motion, touch_cancel, touch_frame;
		struct wl_listener key, modifiers, leave; // of keyboards
	} on;
};

/* life.c */

/* Something was mapped, unmapped, moved, resized or restacked: tell everybody, once,
 * before the event loop sleeps. */
void latch_shell_changed(struct latch_shell *shell);

/* surfaces.c */

/* The surface under a point, with the point in its coordinates; NULL if none takes
 * input there. */
struct wlr_surface *latch_surface_at(
	struct latch_shell *shell, double x, double y, double *sx, double *sy);
/* What a surface of any role belongs to, popups and subsurfaces included. */
struct latch_root latch_surface_root(struct wlr_surface *surface);
/* The part of the layout that its popups may take, its output; empty: it is on none. */
struct wlr_box latch_root_room(const struct latch_root *root);
/* The upper left corner of a toplevel's, a layer's or a popup's surface in the layout. */
struct wlr_box latch_surface_position(struct wlr_surface *surface);
/* The same where only a toplevel counts; NULL: there is none. */
struct latch_toplevel *latch_surface_toplevel(struct wlr_surface *surface);
/* Tell surfaces which outputs they are on. */
void latch_surfaces_enter_outputs(struct latch_shell *shell);
/* Tell a client what buffers would suit: for fractional-scale-v1 and for wl_surface. */
void latch_surface_prefer(
	struct wlr_surface *surface, float scale, enum wl_output_transform transform);
/* Tells the toplevels to rest of which nothing can be seen: fullscreen windows are in front of them
 * wherever they are, or there is no output. */
void latch_toplevels_suspend_hidden(struct latch_shell *shell);

/* watch.c */

/* Watches a new surface for changes of what is where. */
void latch_handle_new_surface(struct wl_listener *listener, void *data);
/* The buffer of a surface that is a cursor, or has no role yet; else NULL. */
struct wlr_buffer *latch_watch_cursor_buffer(struct wlr_surface *surface);

/* toplevel.c */

void latch_handle_new_toplevel(struct wl_listener *listener, void *data);
void latch_handle_new_decoration(struct wl_listener *listener, void *data);
/* The one that this is a dialog of, mapped or not; NULL: of none. */
struct latch_toplevel *latch_toplevel_parent(const struct latch_toplevel *toplevel);
/* Puts it behind all others, as there is no place to minimise a window to. */
void latch_toplevel_minimize(struct latch_toplevel *toplevel);
/* Its window geometry in layout coordinates. */
struct wlr_box latch_toplevel_box(const struct latch_toplevel *toplevel);

/* arrange.c */

/* The box of an output; false if it is not in the layout or has no size. */
bool latch_output_box(struct latch_shell *shell, struct wlr_output *output, struct wlr_box *box);
/* The output that something new goes to, the one with the pointer; NULL: there is none. */
struct wlr_output *latch_choose_output(struct latch_shell *shell);
/* Put a toplevel on an output (NULL: on a good one), without moving it yet. */
void latch_arrange_assign(struct latch_toplevel *toplevel, struct wlr_output *output);
/* Remember where the user has it. */
void latch_arrange_set_home(struct latch_toplevel *toplevel);
/* Ask the client for the states that are wanted now, and the size that goes with them. */
void latch_arrange_configure(struct latch_toplevel *toplevel);
/* Position by the state that the client shows now. */
void latch_arrange_place(struct latch_toplevel *toplevel);
/* Position of a window that was just mapped. */
void latch_arrange_place_new(struct latch_toplevel *toplevel);
/* Outputs came, went, or have another size. */
void latch_arrange_all(struct latch_shell *shell);

/* layers.c */

bool latch_layers_init(struct latch_shell *shell);
/* Outputs came, went, or have another size. */
void latch_layers_arrange(struct latch_shell *shell);
/* Takes the strips that an output's layers keep for themselves out of its box. */
void latch_layers_reserve(
	struct latch_shell *shell, const struct wlr_output *output, struct wlr_box *area);
/* The layer that has the keyboard; NULL: none has. */
struct wlr_surface *latch_layers_get_focus(const struct latch_shell *shell);
/* Gives a layer that was pressed the keyboard if it wants it; NULL: a window was pressed. */
void latch_layers_click(struct latch_shell *shell, struct latch_layer_surface *layer);

/* focus.c */

/* This surface was pressed: its window, which is returned, comes to the front. NULL: it is a
 * layer's, which gets the keyboard if it wants it. */
struct latch_toplevel *latch_focus_surface(
	struct latch_shell *shell, struct wlr_surface *surface);
/* Raise it and give it the keyboard; NULL: nobody has it. */
void latch_focus_toplevel(struct latch_shell *shell, struct latch_toplevel *toplevel);
/* The front window that can be seen gets the keyboard. */
void latch_focus_front(struct latch_shell *shell);
void latch_focus_cycle(struct latch_shell *shell, int step);

/* popup.c */

/** A popup may have grabbed the seat, perhaps not for the first time. */
void latch_popups_grabbed(struct latch_shell *shell);
/* The front popup of those that have grabbed the seat, which has the keyboard; NULL: none has. */
struct wlr_surface *latch_popups_get_focus(const struct latch_shell *shell);
/* Another toplevel is active: popups that have grabbed the seat for another one go. */
void latch_popups_dismiss(struct latch_shell *shell, const struct latch_toplevel *active);

void latch_handle_new_popup(struct wl_listener *listener, void *data);
/* A toplevel was moved: its popups that asked for it are placed anew, and theirs. */
void latch_popups_reposition(struct wlr_xdg_surface *parent);

/* constraints.c */

bool latch_constraints_init(struct latch_shell *shell);
/* The pointer may be on another surface, or another window active. */
void latch_constraints_update(struct latch_shell *shell);
/* Changes the place that the pointer would go to, in layout coordinates, to one where it may go.
 * Returns false where it is locked. */
bool latch_constraints_limit(struct latch_shell *shell, double *x, double *y);
void latch_constraints_send_relative(
	struct latch_shell *shell, const struct wlr_pointer_motion_event *event);

/* virtual.c */

bool latch_virtual_init(struct latch_shell *shell);

/* input_method.c */

bool latch_input_method_init(struct latch_shell *shell);
/* What the input method has grabbed the keyboard with; NULL: it has not. */
struct wlr_input_method_keyboard_grab_v2 *latch_input_method_get_grab(
	const struct latch_shell *shell);
/* Its popups, or what they stand beside, may be at another place. */
void latch_input_method_place(struct latch_shell *shell);
/* The surface that a popup of the input method stands in; NULL: it is none, or in no surface. */
struct wlr_surface *latch_input_popup_parent(struct wlr_surface *surface);

/* idle.c */

bool latch_idle_init(struct latch_shell *shell);
void latch_idle_finish(struct latch_shell *shell);
/* The user has pressed, moved or touched something. */
void latch_idle_note_input(struct latch_shell *shell);
/* Finds out whether a surface that is to be seen keeps the screen awake. */
void latch_idle_update(struct latch_shell *shell);

/* foreign.c */

bool latch_foreign_init(struct latch_shell *shell);
void latch_foreign_map(struct latch_toplevel *toplevel);
/* Its title, its state or its outputs may be other ones. */
void latch_foreign_update(struct latch_toplevel *toplevel);
void latch_foreign_unmap(struct latch_toplevel *toplevel);

/* seat.c */

bool latch_seat_init(struct latch_shell *shell);
void latch_seat_finish(struct latch_shell *shell);
/* Takes a device of the backend or of a client. */
void latch_seat_add_input(struct latch_shell *shell, struct wlr_input_device *device);

/* timestamps.c */

bool latch_timestamps_init(struct wl_display *display);
/* When an event was that tells so many ms: the lower bits of CLOCK_MONOTONIC's, where it is libinput's.
 * Not later than now, and right to 1 ms. */
int64_t latch_event_ns(uint32_t time_msec);
/* An event of that time is about to be sent to these objects: a list of struct wlr_seat_client. */
void latch_timestamps_send(const struct wl_list *resources, int64_t time_ns);

/* keyboard.c */

bool latch_keyboard_init(struct latch_shell *shell);
void latch_keyboard_finish(struct latch_shell *shell);
void latch_keyboard_add(struct latch_shell *shell, struct wlr_keyboard *keyboard);
/* The keyboards of the computer have the seat, after one that a client has made. */
void latch_keyboard_take_seat(struct latch_shell *shell);
/* Tells the focus of a key that is no binding. */
void latch_keyboard_send(
	struct latch_shell *shell, const struct wlr_keyboard_key_event *event);
/* Tells the active window that it has the keyboard, and which keys are down that it may know of;
 * also after a grab that kept the keyboard away. */
void latch_keyboard_focus(struct latch_shell *shell);

/* pointer.c */

void latch_pointer_init(struct latch_shell *shell);
/* What is under the pointer may be another surface now, or at another place. */
void latch_pointer_refocus(struct latch_shell *shell, uint32_t time_msec);

/* grab.c */

/* A client wants its window to be moved, or resized by edges (enum wlr_edges). serial is of the
 * button or the finger that went down; of another one nothing comes. */
void latch_grab_request(struct latch_toplevel *toplevel, struct wlr_seat_client *client,
	uint32_t serial, enum latch_grab_kind kind, uint32_t edges);
/* A button that is latch's own was pressed on the window. twice: for the second time in a row.
 * Returns false when another grab is under way; then the button is the client's. */
bool latch_grab_press(struct latch_toplevel *toplevel, enum latch_grab_kind kind, bool twice);
/* The pointer or the finger that has the grab is there now, in layout coordinates. */
void latch_grab_motion(struct latch_shell *shell, double x, double y);
/* The button or the finger is up, or the session goes. Fine without a grab. */
void latch_grab_end(struct latch_shell *shell);
/* The window goes. */
void latch_grab_drop(struct latch_toplevel *toplevel);
/* The window fills its output now, or does so no more and *window is its new place, which is
 * changed to be under what drags it. */
void latch_grab_refit(struct latch_toplevel *toplevel, struct wlr_box *window);

/* touch.c */

void latch_touch_init(struct latch_shell *shell);
void latch_touch_finish(struct latch_shell *shell);
/* Take the finger away from its client: latch hears of it alone. *x, *y: where it is, in layout
 * coordinates. False: it is none of ours. */
bool latch_touch_take(
	struct latch_shell *shell, const struct wlr_touch_point *seat_point, double *x, double *y);
/* Maps a device's 0 to 1 to the layout. The device belongs to the output with that name (udev's
 * WL_OUTPUT). Without a name, a touch screen belongs to the built-in panel if there is one; and any
 * device belongs to the output if there is only one. In all other cases it spans the layout. */
void latch_absolute_to_layout(struct latch_shell *shell, const struct wlr_input_device *device,
	const char *output_name, double x, double y, double *lx, double *ly);

/* cursor.c */

bool latch_cursor_init(struct latch_shell *shell);
void latch_cursor_finish(struct latch_shell *shell);
/* Go to a place in the layout, or to the nearest one on an output. */
void latch_cursor_warp(struct latch_shell *shell, double x, double y);
/* An image of the theme; name is static. NULL: hide. */
void latch_cursor_set_name(struct latch_shell *shell, const char *name);
/* A client's image; NULL: hide. */
void latch_cursor_set_surface(struct latch_shell *shell, struct wlr_surface *surface,
	int32_t hotspot_x, int32_t hotspot_y);
/* An image of the theme before any other, while a window is dragged; NULL: none. */
void latch_cursor_set_override(struct latch_shell *shell, const char *name);
/* Outputs are others now. */
void latch_cursor_update_outputs(struct latch_shell *shell);
/* An output goes. */
void latch_cursor_leave(struct latch_shell *shell, struct wlr_output *output);
