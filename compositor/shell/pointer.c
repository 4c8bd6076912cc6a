/*
 * Pointers: which surface hears of them, and windows that they drag.
 */
#include <math.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/util/edges.h>
#include <wlr/xcursor.h>

#include "shell/place.h"
#include "shell/private.h"

/* Between press and release the surface that got the press gets all motion, also
 * outside of it; unless a popup or a drag and drop has grabbed the pointer, which
 * wants to see other surfaces (wl_pointer, "implicit grab"). */
static bool is_down(struct latch_shell *shell) {
	return shell->pointer.down && shell->seat->pointer_state.focused_surface != NULL &&
	       !wlr_seat_pointer_has_grab(shell->seat);
}

void latch_pointer_refocus(struct latch_shell *shell, uint32_t time_msec) {
	struct latch_pointer *pointer = &shell->pointer;
	if (pointer->grab != LATCH_GRAB_NONE || !latch_seat_has(shell, WLR_INPUT_DEVICE_POINTER)) {
		return;
	}
	double x = shell->cursor.x, y = shell->cursor.y;
	if (is_down(shell)) {
		wlr_seat_pointer_notify_motion(
			shell->seat, time_msec, x - pointer->down_dx, y - pointer->down_dy);
		return;
	}
	double sx, sy;
	struct wlr_surface *surface = latch_surface_at(shell, x, y, &sx, &sy, NULL);
	if (surface == NULL) {
		wlr_seat_pointer_notify_clear_focus(shell->seat);
		return;
	}
	wlr_seat_pointer_notify_enter(shell->seat, surface, sx, sy);
	/* Says nothing when the position on the surface is the same. */
	wlr_seat_pointer_notify_motion(shell->seat, time_msec, sx, sy);
	wlr_seat_pointer_notify_frame(shell->seat);
}

static void drag_move(struct latch_shell *shell, int32_t dx, int32_t dy) {
	struct latch_toplevel *toplevel = shell->pointer.grabbed;
	toplevel->x = shell->pointer.grab_start.x + dx;
	toplevel->y = shell->pointer.grab_start.y + dy;
	latch_shell_changed(shell);
}

static void drag_resize(struct latch_shell *shell, int32_t dx, int32_t dy) {
	struct latch_toplevel *toplevel = shell->pointer.grabbed;
	const struct wlr_xdg_toplevel_state *state = &toplevel->xdg->current;
	const struct latch_size_limits limits = {
		.min_width = state->min_width,
		.min_height = state->min_height,
		.max_width = state->max_width,
		.max_height = state->max_height,
	};
	int32_t width, height;
	latch_place_resize(
		&toplevel->resize_start, toplevel->resize_edges, dx, dy, &limits, &width, &height);
	if (toplevel->xdg->scheduled.width != width || toplevel->xdg->scheduled.height != height) {
		wlr_xdg_toplevel_set_size(toplevel->xdg, width, height);
	}
}

static void moved(struct latch_shell *shell, uint32_t time_msec) {
	struct latch_pointer *pointer = &shell->pointer;
	int32_t dx = (int32_t)lround(shell->cursor.x - pointer->grab_x);
	int32_t dy = (int32_t)lround(shell->cursor.y - pointer->grab_y);
	switch (pointer->grab) {
	case LATCH_GRAB_MOVE:
		drag_move(shell, dx, dy);
		return;
	case LATCH_GRAB_RESIZE:
		drag_resize(shell, dx, dy);
		return;
	case LATCH_GRAB_NONE:
		break;
	}
	if (shell->drag_icon != NULL) {
		latch_shell_changed(shell);
	}
	latch_pointer_refocus(shell, time_msec);
}

void latch_pointer_begin_grab(struct latch_shell *shell, struct latch_toplevel *toplevel,
	enum latch_grab grab, uint32_t edges) {
	struct latch_pointer *pointer = &shell->pointer;
	/* A window that fills its output has no other place to go to. */
	if (!toplevel->xdg->base->surface->mapped || toplevel->filled ||
		pointer->grab != LATCH_GRAB_NONE) {
		return;
	}
	pointer->grab = grab;
	pointer->grabbed = toplevel;
	pointer->grab_x = shell->cursor.x;
	pointer->grab_y = shell->cursor.y;
	pointer->grab_start = latch_toplevel_box(toplevel);
	if (grab == LATCH_GRAB_RESIZE) {
		toplevel->resize_edges = edges;
		toplevel->resize_start = pointer->grab_start;
		wlr_xdg_toplevel_set_resizing(toplevel->xdg, true);
		latch_cursor_set_override(
			shell, wlr_xcursor_get_resize_name((enum wlr_edges)edges));
	} else {
		latch_cursor_set_override(shell, "grabbing");
	}
	/* The client has given the pointer away: it gets no release either. */
	wlr_seat_pointer_notify_clear_focus(shell->seat);
}

void latch_pointer_end_grab(struct latch_shell *shell) {
	struct latch_pointer *pointer = &shell->pointer;
	struct latch_toplevel *toplevel = pointer->grabbed;
	if (pointer->grab == LATCH_GRAB_NONE) {
		return;
	}
	enum latch_grab grab = pointer->grab;
	pointer->grab = LATCH_GRAB_NONE;
	pointer->grabbed = NULL;
	if (grab == LATCH_GRAB_RESIZE && toplevel->xdg->base->initialized) {
		wlr_xdg_toplevel_set_resizing(toplevel->xdg, false);
	}
	struct wlr_box window = latch_toplevel_box(toplevel);
	struct wlr_output *output = wlr_output_layout_output_at(shell->options.layout,
		window.x + window.width / 2.0, window.y + window.height / 2.0);
	if (output != NULL) {
		latch_arrange_assign(toplevel, output);
		latch_arrange_set_home(toplevel);
	}
	latch_popups_reposition(toplevel);
	latch_cursor_set_override(shell, NULL);
	latch_shell_changed(shell);
}

static void handle_motion(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, pointer.motion);
	struct wlr_pointer_motion_event *event = data;
	latch_cursor_warp(
		shell, shell->cursor.x + event->delta_x, shell->cursor.y + event->delta_y);
	moved(shell, event->time_msec);
}

static void handle_motion_absolute(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, pointer.motion_absolute);
	struct wlr_pointer_motion_absolute_event *event = data;
	double x, y;
	latch_absolute_to_layout(shell, event->pointer->output_name, event->x, event->y, &x, &y);
	latch_cursor_warp(shell, x, y);
	moved(shell, event->time_msec);
}

static void press(struct latch_shell *shell) {
	double sx, sy;
	struct latch_toplevel *toplevel;
	struct wlr_surface *surface =
		latch_surface_at(shell, shell->cursor.x, shell->cursor.y, &sx, &sy, &toplevel);
	if (surface == NULL || toplevel == NULL) {
		return;
	}
	shell->cycle = 0;
	latch_focus_toplevel(shell, toplevel);
	shell->pointer.down = true;
	shell->pointer.down_dx = shell->cursor.x - sx;
	shell->pointer.down_dy = shell->cursor.y - sy;
}

static void handle_button(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, pointer.button);
	struct wlr_pointer_button_event *event = data;
	struct wlr_seat_pointer_state *state = &shell->seat->pointer_state;

	if (event->state == WL_POINTER_BUTTON_STATE_PRESSED && state->button_count == 0 &&
		shell->pointer.grab == LATCH_GRAB_NONE) {
		press(shell);
	}
	latch_seat_note_input(shell);
	wlr_seat_pointer_notify_button(shell->seat, event->time_msec, event->button, event->state);
	if (event->state == WL_POINTER_BUTTON_STATE_RELEASED && state->button_count == 0) {
		shell->pointer.down = false;
		latch_pointer_end_grab(shell);
		/* What is under the pointer was not told while another had it. */
		latch_pointer_refocus(shell, event->time_msec);
	}
}

static void handle_axis(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, pointer.axis);
	struct wlr_pointer_axis_event *event = data;
	latch_seat_note_input(shell);
	wlr_seat_pointer_notify_axis(shell->seat, event->time_msec, event->orientation,
		event->delta, event->delta_discrete, event->source, event->relative_direction);
}

static void handle_frame(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, pointer.frame);
	wlr_seat_pointer_notify_frame(shell->seat);
}

void latch_pointer_init(struct latch_shell *shell) {
	struct latch_pointer *pointer = &shell->pointer;
	struct wlr_cursor *devices = shell->cursor.devices;
	latch_listen(&devices->events.motion, &pointer->motion, handle_motion);
	latch_listen(&devices->events.motion_absolute, &pointer->motion_absolute,
		handle_motion_absolute);
	latch_listen(&devices->events.button, &pointer->button, handle_button);
	latch_listen(&devices->events.axis, &pointer->axis, handle_axis);
	latch_listen(&devices->events.frame, &pointer->frame, handle_frame);
}

void latch_pointer_finish(struct latch_shell *shell) {
	struct latch_pointer *pointer = &shell->pointer;
	latch_unlisten(&pointer->motion);
	latch_unlisten(&pointer->motion_absolute);
	latch_unlisten(&pointer->button);
	latch_unlisten(&pointer->axis);
	latch_unlisten(&pointer->frame);
}
