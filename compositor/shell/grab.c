/* SPDX-License-Identifier: MIT */
/*
 * A window that the pointer or a finger moves or resizes: because its client asked for it, or
 * because Alt is held, which works with every window.
 */
#include <math.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/edges.h>
#include <wlr/xcursor.h>

#include "shell/place.h"
#include "shell/private.h"

/* How far a maximised window has to be dragged until it gives up being maximised: more than a
 * hand trembles. */
#define UNMAXIMIZE_DISTANCE 16

/* A fullscreen window stays, and a maximised one has the size of its output. */
static bool is_allowed(const struct latch_toplevel *toplevel, enum latch_grab_kind kind) {
	return !toplevel->fullscreen && !toplevel->xdg->current.fullscreen &&
	       !(kind == LATCH_GRAB_RESIZE && (toplevel->maximized || toplevel->filled));
}

static void move(struct latch_grab *grab, int32_t dx, int32_t dy) {
	struct latch_toplevel *toplevel = grab->toplevel;
	if (toplevel->maximized && !toplevel->fullscreen) {
		if (hypot(dx, dy) >= UNMAXIMIZE_DISTANCE) {
			toplevel->maximized = false;
			latch_arrange_configure(toplevel);
		}
	} else if (!toplevel->filled) {
		toplevel->x = grab->start.x + dx;
		toplevel->y = grab->start.y + dy;
		latch_shell_changed(toplevel->shell);
	}
}

/* One size at a time: the next one is sent when the client has acknowledged the one before, so
 * that a slow client is not flooded with sizes that are stale when it comes to them. */
static void send_size(struct latch_grab *grab) {
	struct wlr_xdg_toplevel *xdg = grab->toplevel->xdg;
	if (grab->unacked == 0 &&
		(xdg->scheduled.width != grab->width || xdg->scheduled.height != grab->height)) {
		grab->unacked = wlr_xdg_toplevel_set_size(xdg, grab->width, grab->height);
	}
}

static void handle_ack(struct wl_listener *listener, void *data) {
	struct latch_grab *grab = wl_container_of(listener, grab, ack);
	const struct wlr_xdg_surface_configure *configure = data;
	/* Serials wrap around. */
	if (grab->unacked != 0 && (int32_t)(configure->serial - grab->unacked) >= 0) {
		grab->unacked = 0;
		send_size(grab);
	}
}

static void resize(struct latch_grab *grab, int32_t dx, int32_t dy) {
	struct latch_toplevel *toplevel = grab->toplevel;
	const struct wlr_xdg_toplevel_state *state = &toplevel->xdg->current;
	const struct latch_size_limits limits = {
		.min_width = state->min_width,
		.min_height = state->min_height,
		.max_width = state->max_width,
		.max_height = state->max_height,
	};
	latch_place_resize(
		&grab->start, toplevel->resize_edges, dx, dy, &limits, &grab->width, &grab->height);
	send_size(grab);
}

void latch_grab_motion(struct latch_shell *shell, double x, double y) {
	struct latch_grab *grab = &shell->grab;
	grab->x = x;
	grab->y = y;
	int32_t dx = (int32_t)lround(x - grab->start_x);
	int32_t dy = (int32_t)lround(y - grab->start_y);
	if (grab->kind == LATCH_GRAB_MOVE) {
		move(grab, dx, dy);
	} else if (grab->kind == LATCH_GRAB_RESIZE) {
		resize(grab, dx, dy);
	}
}

/* By a finger: touch_id and its position in x and y are set. */
static void begin(
	struct latch_toplevel *toplevel, enum latch_grab_kind kind, uint32_t edges, bool touch) {
	struct latch_shell *shell = toplevel->shell;
	struct latch_grab *grab = &shell->grab;
	grab->kind = kind;
	grab->toplevel = toplevel;
	grab->touch = touch;
	if (!touch) {
		grab->x = shell->cursor.x;
		grab->y = shell->cursor.y;
	}
	grab->start_x = grab->x;
	grab->start_y = grab->y;
	grab->start = latch_toplevel_box(toplevel);
	/* What is left of a resize before counts no more. */
	toplevel->resize_edges = kind == LATCH_GRAB_RESIZE ? edges : 0;
	if (kind == LATCH_GRAB_RESIZE) {
		toplevel->resize_start = grab->start;
		grab->width = grab->start.width;
		grab->height = grab->start.height;
		/* Of the size that it has: 0x0 would let it choose another one. */
		wlr_xdg_toplevel_set_size(toplevel->xdg, grab->width, grab->height);
		grab->unacked = wlr_xdg_toplevel_set_resizing(toplevel->xdg, true);
		latch_listen(&toplevel->xdg->base->events.ack_configure, &grab->ack, handle_ack);
	}
	if (touch) {
		return;
	}
	if (kind != LATCH_GRAB_KEEP) {
		latch_cursor_set_override(
			shell, kind == LATCH_GRAB_RESIZE
				       ? wlr_xcursor_get_resize_name((enum wlr_edges)edges)
				       : "grabbing");
	}
	/* From here on no client hears of the pointer, nor of the release. */
	wlr_seat_pointer_notify_clear_focus(shell->seat);
}

void latch_grab_request(struct latch_toplevel *toplevel, struct wlr_seat_client *client,
	uint32_t serial, enum latch_grab_kind kind, uint32_t edges) {
	struct latch_shell *shell = toplevel->shell;
	struct latch_grab *grab = &shell->grab;
	struct wlr_seat *seat = shell->seat;
	struct wlr_touch_point *point;
	if (grab->kind != LATCH_GRAB_NONE || !toplevel->xdg->base->surface->mapped ||
		!is_allowed(toplevel, kind)) {
		return;
	}
	if (wlr_seat_validate_pointer_grab_serial(seat, NULL, serial) &&
		seat->pointer_state.focused_client == client) {
		begin(toplevel, kind, edges, false);
	} else if (wlr_seat_validate_touch_grab_serial(seat, NULL, serial, &point) &&
		   point->client == client && latch_touch_take(shell, point, &grab->x, &grab->y)) {
		grab->touch_id = point->touch_id;
		begin(toplevel, kind, edges, true);
		/* The finger is ours now. This frees the point. */
		wlr_seat_touch_notify_cancel(seat, client);
	}
}

bool latch_grab_press(struct latch_toplevel *toplevel, enum latch_grab_kind kind, bool twice) {
	struct latch_shell *shell = toplevel->shell;
	struct latch_grab *grab = &shell->grab;
	if (grab->kind != LATCH_GRAB_NONE) {
		return false;
	}
	if (!is_allowed(toplevel, kind)) {
		kind = LATCH_GRAB_KEEP;
	} else if (twice && kind == LATCH_GRAB_MOVE) {
		toplevel->maximized = !toplevel->maximized;
		latch_arrange_configure(toplevel);
		kind = LATCH_GRAB_KEEP;
	}
	const struct wlr_box window = latch_toplevel_box(toplevel);
	begin(toplevel, kind, latch_place_nearest_edges(&window, shell->cursor.x, shell->cursor.y),
		false);
	return true;
}

/* The window is left where it is and as it is. */
static void let_go(struct latch_shell *shell) {
	struct latch_grab *grab = &shell->grab;
	struct latch_toplevel *toplevel = grab->toplevel;
	latch_unlisten(&grab->ack);
	grab->unacked = 0;
	grab->toplevel = NULL;
	if (toplevel == NULL) {
		return;
	}
	if (grab->kind == LATCH_GRAB_RESIZE && toplevel->xdg->base->initialized) {
		if (is_allowed(toplevel, LATCH_GRAB_RESIZE)) {
			wlr_xdg_toplevel_set_size(toplevel->xdg, grab->width, grab->height);
		}
		wlr_xdg_toplevel_set_resizing(toplevel->xdg, false);
	}
	latch_cursor_set_override(shell, NULL);
	if (!toplevel->xdg->base->surface->mapped) {
		return;
	}
	struct wlr_box window = latch_toplevel_box(toplevel);
	struct wlr_output *output = wlr_output_layout_output_at(shell->options.layout,
		window.x + window.width / 2.0, window.y + window.height / 2.0);
	if (output != NULL && !toplevel->filled) {
		latch_arrange_assign(toplevel, output);
		latch_arrange_set_home(toplevel);
	}
	latch_popups_reposition(toplevel->xdg->base);
	latch_shell_changed(shell);
}

void latch_grab_end(struct latch_shell *shell) {
	if (shell->grab.kind != LATCH_GRAB_NONE) {
		let_go(shell);
		shell->grab.kind = LATCH_GRAB_NONE;
		latch_shell_changed(shell);
	}
}

void latch_grab_drop(struct latch_toplevel *toplevel) {
	struct latch_grab *grab = &toplevel->shell->grab;
	if (grab->toplevel == toplevel) {
		let_go(toplevel->shell);
		/* The button is still down, and whatever is under the pointer now was not told. */
		grab->kind = LATCH_GRAB_KEEP;
	}
}

void latch_grab_refit(struct latch_toplevel *toplevel, struct wlr_box *window) {
	struct latch_grab *grab = &toplevel->shell->grab;
	if (grab->toplevel != toplevel) {
		return;
	}
	if (grab->kind == LATCH_GRAB_RESIZE) {
		latch_grab_drop(toplevel);
	} else if (grab->kind == LATCH_GRAB_MOVE && !toplevel->filled) {
		/* As if it had been of this size from the beginning. */
		latch_place_under(&grab->start, grab->start_x, grab->start_y, window);
		grab->start = *window;
		window->x += (int)lround(grab->x - grab->start_x);
		window->y += (int)lround(grab->y - grab->start_y);
	}
}
