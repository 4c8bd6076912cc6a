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
	latch_keyboard_focus(shell);
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
	if (item != NULL) {
		struct latch_toplevel *toplevel = wl_container_of(item, toplevel, stack);
		latch_focus_toplevel(shell, toplevel);
		latch_shell_changed(shell);
	}
}
