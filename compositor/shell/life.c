/* SPDX-License-Identifier: MIT */
/*
 * The shell as a whole: how it is made and ended, and how everybody hears of a change.
 */
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/util/log.h>

#include "base/clock.h"
#include "shell/private.h"

/* Since version 6 there is the suspended state, which is how hidden clients learn to rest. */
#define XDG_SHELL_VERSION 7

static void handle_refresh(void *data) {
	struct latch_shell *shell = data;
	shell->refresh = NULL;
	latch_toplevels_suspend_hidden(shell);
	latch_input_method_place(shell);
	latch_surfaces_enter_outputs(shell);
	latch_idle_update(shell);
	struct latch_toplevel *toplevel;
	wl_list_for_each(toplevel, &shell->stack, stack.link) {
		latch_foreign_update(toplevel);
	}
	latch_pointer_refocus(shell, latch_now_msec());
	shell->options.damage_all(shell->options.data);
}

void latch_shell_changed(struct latch_shell *shell) {
	if (shell->refresh != NULL) {
		return;
	}
	struct wl_event_loop *loop = wl_display_get_event_loop(shell->options.display);
	shell->refresh = wl_event_loop_add_idle(loop, handle_refresh, shell);
	if (shell->refresh == NULL) {
		wlr_log(WLR_ERROR, "out of memory: the screen is not brought up to date");
	}
}

static void handle_layout(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.layout);
	latch_layers_arrange(shell);
	latch_arrange_all(shell);
	latch_cursor_update_outputs(shell);
	latch_shell_changed(shell);
}

void latch_shell_set_active(struct latch_shell *shell, bool active) {
	/* Releases of keys and buttons that were down are not reported to us reliably
	 * while away; whatever they had begun ends now. */
	shell->cycle = 0;
	memset(shell->keyboard.owners, 0, sizeof(shell->keyboard.owners));
	latch_grab_end(shell);
	shell->pointer.down = false;
	if (active) {
		latch_shell_changed(shell);
	}
}

struct latch_shell *latch_shell_create(const struct latch_shell_options *options) {
	struct latch_shell *shell = calloc(1, sizeof(*shell));
	if (shell == NULL) {
		return NULL;
	}
	shell->options = *options;
	wl_list_init(&shell->toplevels);
	wl_list_init(&shell->stack);
	wl_list_init(&shell->inputs);

	const bool ok = latch_layers_init(shell) && latch_foreign_init(shell) && latch_cursor_init(shell) &&
			latch_seat_init(shell);
	/* Globals have no destroy function of their own: they go with the display. */
	shell->xdg_shell = wlr_xdg_shell_create(options->display, XDG_SHELL_VERSION);
	struct wlr_xdg_decoration_manager_v1 *decorations =
		wlr_xdg_decoration_manager_v1_create(options->display);
	if (!ok || shell->xdg_shell == NULL || decorations == NULL) {
		wlr_log(WLR_ERROR, "out of memory for the shell");
		latch_shell_destroy(shell);
		return NULL;
	}

	latch_listen(&options->compositor->events.new_surface, &shell->on.new_surface,
		latch_handle_new_surface);
	latch_listen(&shell->xdg_shell->events.new_toplevel, &shell->on.new_toplevel,
		latch_handle_new_toplevel);
	latch_listen(
		&shell->xdg_shell->events.new_popup, &shell->on.new_popup, latch_handle_new_popup);
	latch_listen(&decorations->events.new_toplevel_decoration, &shell->on.new_decoration,
		latch_handle_new_decoration);
	latch_listen(&options->layout->events.change, &shell->on.layout, handle_layout);
	latch_cursor_update_outputs(shell);
	return shell;
}

void latch_shell_destroy(struct latch_shell *shell) {
	if (shell == NULL) {
		return;
	}
	latch_touch_finish(shell);
	latch_seat_finish(shell);
	latch_cursor_finish(shell);
	latch_source_clear(&shell->refresh);
	latch_idle_finish(shell);
	free(shell);
}
