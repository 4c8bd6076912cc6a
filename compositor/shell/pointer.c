/* SPDX-License-Identifier: MIT */
/*
 * Pointers: which surface hears of them.
 */
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>

#include "shell/private.h"

/* Between press and release the surface that got the press gets all motion, also
 * outside of it; unless a popup or a drag and drop has grabbed the pointer, which
 * wants to see other surfaces (wl_pointer, "implicit grab"). */
static bool is_down(struct latch_shell *shell) {
	return shell->pointer.down && shell->seat->pointer_state.focused_surface != NULL &&
	       !wlr_seat_pointer_has_grab(shell->seat);
}

/* The pointer drags a window, and no client hears of it. */
static bool has_grab(const struct latch_shell *shell) {
	return shell->grab.kind != LATCH_GRAB_NONE && !shell->grab.touch;
}

/* An event is about to be sent to whoever has the pointer. */
static void tell_time(const struct latch_shell *shell, int64_t time_ns) {
	const struct wlr_seat_client *client = shell->seat->pointer_state.focused_client;
	if (client != NULL) {
		latch_timestamps_send(&client->pointers, time_ns);
	}
}

/* Says nothing when the position on the surface is the same. */
static void notify_motion(struct latch_shell *shell, uint32_t time_msec, double sx, double sy) {
	const struct wlr_seat_pointer_state *state = &shell->seat->pointer_state;
	if (sx != state->sx || sy != state->sy) {
		tell_time(shell, latch_event_ns(time_msec));
	}
	wlr_seat_pointer_notify_motion(shell->seat, time_msec, sx, sy);
}

/* Tells the client under the pointer where it is. The caller ends the frame (wl_pointer.frame). */
static void notify_position(struct latch_shell *shell, uint32_t time_msec) {
	struct latch_pointer *pointer = &shell->pointer;
	pointer->moved = false;
	if (has_grab(shell) || !(shell->seat->capabilities & WL_SEAT_CAPABILITY_POINTER)) {
		return;
	}
	double x = shell->cursor.x, y = shell->cursor.y;
	if (is_down(shell)) {
		notify_motion(shell, time_msec, x - pointer->down_dx, y - pointer->down_dy);
		return;
	}
	double sx, sy;
	struct wlr_surface *surface = latch_surface_at(shell, x, y, &sx, &sy);
	if (surface == NULL) {
		wlr_seat_pointer_notify_clear_focus(shell->seat);
		return;
	}
	wlr_seat_pointer_notify_enter(shell->seat, surface, sx, sy);
	notify_motion(shell, time_msec, sx, sy);
}

void latch_pointer_refocus(struct latch_shell *shell, uint32_t time_msec) {
	notify_position(shell, time_msec);
	wlr_seat_pointer_notify_frame(shell->seat);
}

static void moved(struct latch_shell *shell, uint32_t time_msec) {
	if (has_grab(shell)) {
		latch_grab_motion(shell, shell->cursor.x, shell->cursor.y);
		return;
	}
	if (shell->drag_icon != NULL) {
		latch_shell_changed(shell);
	}
	shell->pointer.moved = true;
	shell->pointer.moved_msec = time_msec;
}

static void press(struct latch_shell *shell, const struct wlr_pointer_button_event *event) {
	double sx, sy;
	struct wlr_surface *surface =
		latch_surface_at(shell, shell->cursor.x, shell->cursor.y, &sx, &sy);
	if (surface == NULL) {
		return;
	}
	shell->cycle = 0;
	struct latch_toplevel *toplevel = latch_focus_surface(shell, surface);
	struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(shell->seat);
	const uint32_t modifiers = keyboard != NULL ? wlr_keyboard_get_modifiers(keyboard) : 0;
	const enum latch_grab_kind kind = shell->options.no_keys
						  ? LATCH_GRAB_NONE
						  : latch_binding_button(modifiers, event->button);
	if (kind != LATCH_GRAB_NONE && toplevel != NULL) {
		const struct latch_click click = {
			.window = toplevel->id,
			.button = event->button,
			.time_msec = event->time_msec,
			.x = shell->cursor.x,
			.y = shell->cursor.y,
		};
		bool twice = latch_click_again(&shell->pointer.click, &click);
		if (latch_grab_press(toplevel, kind, twice)) {
			return;
		}
	}
	shell->pointer.down = true;
	shell->pointer.down_dx = shell->cursor.x - sx;
	shell->pointer.down_dy = shell->cursor.y - sy;
}

static void note_input(struct latch_shell *shell, uint32_t time_msec) {
	const int64_t time_ns = latch_event_ns(time_msec);
	latch_idle_note_input(shell);
	shell->options.input(
		shell->options.data, shell->seat->pointer_state.focused_surface, time_ns);
	tell_time(shell, time_ns);
}

static void notify_button(
	struct latch_shell *shell, const struct wlr_pointer_button_event *event) {
	struct wlr_seat_pointer_state *state = &shell->seat->pointer_state;

	if (event->state == WL_POINTER_BUTTON_STATE_PRESSED && state->button_count == 0 &&
		!has_grab(shell)) {
		press(shell, event);
	}
	if (!has_grab(shell)) {
		note_input(shell, event->time_msec);
	}
	/* With a grab nothing has the focus: the seat only counts the buttons that are down. */
	wlr_seat_pointer_notify_button(shell->seat, event->time_msec, event->button, event->state);
	if (event->state == WL_POINTER_BUTTON_STATE_RELEASED && state->button_count == 0) {
		shell->pointer.down = false;
		if (has_grab(shell)) {
			latch_grab_end(shell);
		}
		/* What is under the pointer was not told while another had it. */
		notify_position(shell, event->time_msec);
	}
}

/* What a device has said since its last frame. "Indicates the end of a set of events that logically
 * belong together" (wl_pointer.frame): clients hear of all of it together. */
static void notify_frame_so_far(struct latch_shell *shell) {
	struct latch_pointer *pointer = &shell->pointer;
	if (pointer->moved) {
		notify_position(shell, pointer->moved_msec);
	}
	if (pointer->has_button) {
		pointer->has_button = false;
		notify_button(shell, &pointer->button);
	}
}

static void go_to(struct latch_shell *shell, double x, double y, uint32_t time_msec) {
	if (shell->pointer.has_button) {
		notify_frame_so_far(shell); // in order
	}
	latch_idle_note_input(shell);
	if (latch_constraints_limit(shell, &x, &y)) {
		latch_cursor_warp(shell, x, y);
		moved(shell, time_msec);
	}
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.motion);
	struct wlr_pointer_motion_event *event = data;
	latch_constraints_send_relative(shell, event);
	go_to(shell, shell->cursor.x + event->delta_x, shell->cursor.y + event->delta_y,
		event->time_msec);
}

static void handle_motion_absolute(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.motion_absolute);
	struct wlr_pointer_motion_absolute_event *event = data;
	double x, y;
	latch_absolute_to_layout(shell, &event->pointer->base, event->pointer->output_name,
		event->x, event->y, &x, &y);
	go_to(shell, x, y, event->time_msec);
}

static void handle_button(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.button);
	const struct wlr_pointer_button_event *event = data;
	if (shell->pointer.has_button) {
		notify_frame_so_far(shell);
	}
	shell->pointer.button = *event;
	shell->pointer.has_button = true;
}

static void handle_axis(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.axis);
	struct wlr_pointer_axis_event *event = data;
	notify_frame_so_far(shell);
	note_input(shell, event->time_msec);
	wlr_seat_pointer_notify_axis(shell->seat, event->time_msec, event->orientation,
		event->delta, event->delta_discrete, event->source, event->relative_direction);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.frame);
	notify_frame_so_far(shell);
	wlr_seat_pointer_notify_frame(shell->seat);
}

void latch_pointer_init(struct latch_shell *shell) {
	struct wlr_cursor *devices = shell->cursor.devices;
	latch_listen(&devices->events.motion, &shell->on.motion, handle_motion);
	latch_listen(&devices->events.motion_absolute, &shell->on.motion_absolute,
		handle_motion_absolute);
	latch_listen(&devices->events.button, &shell->on.button, handle_button);
	latch_listen(&devices->events.axis, &shell->on.axis, handle_axis);
	latch_listen(&devices->events.frame, &shell->on.frame, handle_frame);
}
