/*
 * Who has the keyboard: one toplevel, the one that is activated.
 */
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_keyboard.h>

#include "shell/private.h"

void latch_focus_keyboard(struct latch_shell *shell) {
	struct wlr_seat *seat = shell->seat;
	if (shell->active == NULL) {
		wlr_seat_keyboard_notify_clear_focus(seat);
		return;
	}
	struct wlr_surface *surface = shell->active->xdg->base->surface;
	const struct wlr_keyboard *keyboard = wlr_seat_get_keyboard(seat);
	uint32_t keys[WLR_KEYBOARD_KEYS_CAP];
	size_t count = latch_keyboard_pressed(shell, keys);
	wlr_seat_keyboard_notify_enter(
		seat, surface, keys, count, keyboard != NULL ? &keyboard->modifiers : NULL);
}

void latch_focus_toplevel(struct latch_shell *shell, struct latch_toplevel *toplevel) {
	if (toplevel != NULL &&
		(shell->active != toplevel || shell->stack.next != &toplevel->stack.link)) {
		latch_stack_raise(&shell->stack, &toplevel->stack);
		latch_shell_changed(shell);
	}
	/* With nobody active, the surface of one that was unmapped may still have the
	 * keyboard. */
	if (shell->active == toplevel && toplevel != NULL) {
		return;
	}
	struct latch_toplevel *before = shell->active;
	if (before != NULL && before->xdg->base->initialized) {
		wlr_xdg_toplevel_set_activated(before->xdg, false);
	}
	shell->active = toplevel;
	if (toplevel != NULL) {
		wlr_xdg_toplevel_set_activated(toplevel->xdg, true);
	}
	latch_focus_keyboard(shell);
}

void latch_focus_front(struct latch_shell *shell) {
	struct latch_toplevel *front = NULL;
	if (!wl_list_empty(&shell->stack)) {
		front = wl_container_of(shell->stack.next, front, stack.link);
	}
	latch_focus_toplevel(shell, front);
}

void latch_focus_cycle(struct latch_shell *shell, int step) {
	struct latch_stack_item *item = latch_stack_cycle(&shell->stack, &shell->cycle, step);
	if (item == NULL) {
		return;
	}
	struct latch_toplevel *toplevel = wl_container_of(item, toplevel, stack);
	latch_focus_toplevel(shell, toplevel);
	latch_shell_changed(shell);
}
