/* SPDX-License-Identifier: MIT */
/*
 * Tells clients when the user is away (ext-idle-notify), and the outputs to go dark (--idle-off),
 * unless a surface that is on an output keeps the screen awake (idle-inhibit).
 */
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_idle_inhibit_v1.h>
#include <wlr/types/wlr_idle_notify_v1.h>

#include "base/clock.h"
#include "shell/private.h"

struct inhibitor {
	struct latch_shell *shell;
	struct wl_listener destroy;
};

static void set_timer(struct latch_shell *shell, int64_t wait_ns) {
	/* Not too early: rounded up. */
	wl_event_source_timer_update(shell->idle.timer, (int)(wait_ns / 1000000) + 1);
}

/* Input sets no timer, which would be many: it only leaves its time. */
static int handle_timer(void *data) {
	struct latch_shell *shell = data;
	const int64_t wait_ns =
		shell->options.idle_off_ns - (latch_now_ns() - shell->idle.input_ns);
	if (shell->idle.inhibited) {
		return 0; // it begins anew when that ends
	}
	if (wait_ns > 0) {
		set_timer(shell, wait_ns);
		return 0;
	}
	shell->idle.dark = true;
	shell->options.idle(shell->options.data, true);
	return 0;
}

void latch_idle_note_input(struct latch_shell *shell) {
	shell->idle.input_ns = latch_now_ns();
	if (shell->idle.dark) {
		shell->idle.dark = false;
		shell->options.idle(shell->options.data, false);
		set_timer(shell, shell->options.idle_off_ns);
	}
	wlr_idle_notifier_v1_notify_activity(shell->idle_notifier, shell->seat);
}

void latch_idle_update(struct latch_shell *shell) {
	const struct wlr_idle_inhibitor_v1 *inhibitor;
	bool inhibited = false;
	wl_list_for_each(inhibitor, &shell->idle_inhibit->inhibitors, link) {
		inhibited = inhibited || (inhibitor->surface->mapped &&
						 !wl_list_empty(&inhibitor->surface->current_outputs));
	}
	wlr_idle_notifier_v1_set_inhibited(shell->idle_notifier, inhibited);
	if (shell->idle.inhibited && !inhibited && shell->idle.timer != NULL) {
		shell->idle.input_ns = latch_now_ns();
		set_timer(shell, shell->options.idle_off_ns);
	}
	shell->idle.inhibited = inhibited;
}

static void handle_inhibitor_destroy(struct wl_listener *listener, void *data) {
	struct inhibitor *inhibitor = wl_container_of(listener, inhibitor, destroy);
	/* wlroots takes it out of the list after this: the update has to come later. */
	latch_shell_changed(inhibitor->shell);
	wl_list_remove(&inhibitor->destroy.link);
	free(inhibitor);
}

static void handle_new_inhibitor(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_inhibitor);
	struct wlr_idle_inhibitor_v1 *wlr = data;
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));
	if (inhibitor == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	inhibitor->shell = shell;
	latch_listen(&wlr->events.destroy, &inhibitor->destroy, handle_inhibitor_destroy);
	latch_idle_update(shell);
}

bool latch_idle_init(struct latch_shell *shell) {
	shell->idle_notifier = wlr_idle_notifier_v1_create(shell->options.display);
	shell->idle_inhibit = wlr_idle_inhibit_v1_create(shell->options.display);
	if (shell->idle_notifier == NULL || shell->idle_inhibit == NULL) {
		return false;
	}
	latch_listen(&shell->idle_inhibit->events.new_inhibitor, &shell->on.new_inhibitor,
		handle_new_inhibitor);
	if (shell->options.idle_off_ns > 0) {
		shell->idle.timer = wl_event_loop_add_timer(
			wl_display_get_event_loop(shell->options.display), handle_timer, shell);
		shell->idle.input_ns = latch_now_ns();
		if (shell->idle.timer == NULL) {
			return false;
		}
		set_timer(shell, shell->options.idle_off_ns);
	}
	return true;
}

void latch_idle_finish(struct latch_shell *shell) {
	latch_source_clear(&shell->idle.timer);
}
