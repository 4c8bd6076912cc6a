/* SPDX-License-Identifier: MIT */
/*
 * Who has the keyboard: one toplevel, the one that is activated.
 */
#include <wlr/types/wlr_compositor.h>

#include "shell/private.h"

void latch_focus_toplevel(struct latch_shell *shell, struct latch_toplevel *toplevel) {
	if (toplevel != NULL &&
		(shell->active != toplevel || shell->stack.next != &toplevel->stack.link)) {
		latch_stack_raise(&shell->stack, &toplevel->stack);
		latch_shell_changed(shell);
	}
	struct latch_toplevel *before = shell->active;
	if (toplevel != NULL) {
		latch_layers_click(shell, NULL);
		toplevel->minimized = false;
	}
	/* With nobody active, the surface of one that was unmapped may still have the
	 * keyboard. */
	if (before == toplevel && toplevel != NULL) {
		latch_foreign_update(toplevel);
		latch_popups_dismiss(shell, toplevel); // a layer's
		return;
	}
	if (before != NULL && before->xdg->base->initialized) {
		wlr_xdg_toplevel_set_activated(before->xdg, false);
	}
	shell->active = toplevel;
	if (toplevel != NULL) {
		wlr_xdg_toplevel_set_activated(toplevel->xdg, true);
	}
	if (before != NULL) {
		latch_foreign_update(before);
	}
	if (toplevel != NULL) {
		latch_foreign_update(toplevel);
	}
	latch_constraints_update(shell);
	latch_popups_dismiss(shell, toplevel);
	latch_keyboard_focus(shell);
}

struct latch_toplevel *latch_focus_surface(
	struct latch_shell *shell, struct wlr_surface *surface) {
	const struct latch_root root = latch_surface_root(surface);
	if (root.layer != NULL) {
		latch_layers_click(shell, root.layer);
	} else {
		latch_focus_toplevel(shell, root.toplevel);
	}
	return root.toplevel;
}

void latch_focus_front(struct latch_shell *shell) {
	struct latch_toplevel *toplevel, *front = NULL;
	wl_list_for_each(toplevel, &shell->stack, stack.link) {
		if (front == NULL && !toplevel->minimized) {
			front = toplevel;
		}
	}
	latch_focus_toplevel(shell, front);
}

void latch_focus_cycle(struct latch_shell *shell, int step) {
	struct latch_stack_item *item = latch_stack_cycle(&shell->stack, &shell->cycle, step);
	if (item != NULL) {
		struct latch_toplevel *toplevel = wl_container_of(item, toplevel, stack);
		latch_focus_toplevel(shell, toplevel);
		latch_shell_changed(shell);
	}
}
