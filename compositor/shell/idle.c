/*
 * Tells clients when the user is away (ext-idle-notify), unless a surface that is on an output keeps
 * the screen awake (idle-inhibit).
 */
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_idle_inhibit_v1.h>
#include <wlr/types/wlr_idle_notify_v1.h>

#include "shell/private.h"

struct inhibitor {
	struct latch_shell *shell;
	struct wl_listener destroy;
};

void latch_idle_note_input(struct latch_shell *shell) {
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
	return true;
}
