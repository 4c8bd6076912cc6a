/* SPDX-License-Identifier: MIT */
/*
 * Locked and confined pointers (pointer-constraints) and how far they were moved (relative-pointer):
 * what games, remote desktops and virtual machines ask for. A constraint is active while its surface
 * has the pointer and its window is the active one, so that Alt+Tab always leads out of it.
 */
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_pointer_constraints_v1.h>
#include <wlr/types/wlr_relative_pointer_v1.h>
#include <wlr/util/region.h>

#include "shell/private.h"

/* Where the client would like the pointer to appear after a lock. */
static void take_hint(
	struct latch_shell *shell, const struct wlr_pointer_constraint_v1 *constraint) {
	const struct wlr_seat_pointer_state *state = &shell->seat->pointer_state;
	if (constraint->type == WLR_POINTER_CONSTRAINT_V1_LOCKED &&
		constraint->current.cursor_hint.enabled &&
		state->focused_surface == constraint->surface) {
		latch_cursor_warp(shell,
			shell->cursor.x - state->sx + constraint->current.cursor_hint.x,
			shell->cursor.y - state->sy + constraint->current.cursor_hint.y);
	}
}

static void handle_constraint_destroy(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.constraint_destroy);
	take_hint(shell, shell->constraint);
	latch_unlisten(&shell->on.constraint_destroy);
	shell->constraint = NULL;
}

void latch_constraints_update(struct latch_shell *shell) {
	struct wlr_surface *surface = shell->seat->pointer_state.focused_surface;
	struct wlr_pointer_constraint_v1 *wanted = NULL;
	if (surface != NULL && shell->active != NULL &&
		latch_surface_toplevel(surface) == shell->active) {
		wanted = wlr_pointer_constraints_v1_constraint_for_surface(
			shell->constraints, surface, shell->seat);
	}
	struct wlr_pointer_constraint_v1 *before = shell->constraint;
	if (wanted == before) {
		return;
	}
	latch_unlisten(&shell->on.constraint_destroy);
	shell->constraint = wanted;
	if (before != NULL) {
		wlr_pointer_constraint_v1_send_deactivated(before); // a oneshot goes with it
	}
	if (wanted != NULL) {
		latch_listen(&wanted->events.destroy, &shell->on.constraint_destroy,
			handle_constraint_destroy);
		wlr_pointer_constraint_v1_send_activated(wanted);
	}
}

bool latch_constraints_limit(struct latch_shell *shell, double *x, double *y) {
	const struct wlr_pointer_constraint_v1 *constraint = shell->constraint;
	if (constraint == NULL) {
		return true;
	}
	if (constraint->type == WLR_POINTER_CONSTRAINT_V1_LOCKED) {
		return false;
	}
	const struct wlr_seat_pointer_state *state = &shell->seat->pointer_state;
	const double left = shell->cursor.x - state->sx, top = shell->cursor.y - state->sy;
	/* constraint->region does not follow the surface's size. */
	pixman_region32_t region;
	pixman_region32_init(&region);
	pixman_region32_copy(&region, &constraint->surface->input_region);
	if (pixman_region32_not_empty(&constraint->current.region)) {
		pixman_region32_intersect(&region, &region, &constraint->current.region);
	}
	double sx, sy;
	if (wlr_region_confine(&region, state->sx, state->sy, *x - left, *y - top, &sx,
		    &sy)) {
		*x = left + sx;
		*y = top + sy;
	}
	pixman_region32_fini(&region);
	return true;
}

void latch_constraints_send_relative(
	struct latch_shell *shell, const struct wlr_pointer_motion_event *event) {
	const uint64_t usec = (uint64_t)latch_event_ns(event->time_msec) / 1000;
	wlr_relative_pointer_manager_v1_send_relative_motion(shell->relative_pointers, shell->seat,
		usec, event->delta_x, event->delta_y, event->unaccel_dx, event->unaccel_dy);
}

static void handle_new_constraint(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_constraint);
	latch_constraints_update(shell);
}

bool latch_constraints_init(struct latch_shell *shell) {
	shell->constraints = wlr_pointer_constraints_v1_create(shell->options.display);
	shell->relative_pointers = wlr_relative_pointer_manager_v1_create(shell->options.display);
	if (shell->constraints == NULL || shell->relative_pointers == NULL) {
		return false;
	}
	latch_listen(&shell->constraints->events.new_constraint, &shell->on.new_constraint,
		handle_new_constraint);
	return true;
}
