/* SPDX-License-Identifier: MIT */
/*
 * What docks, switchers and scripts see of the windows: their list (ext-foreign-toplevel-list), and
 * with wlroots' protocol what can be done to them. xdg-activation is here too: a client that was
 * started by a user's click may come to the front.
 */
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_ext_foreign_toplevel_list_v1.h>
#include <wlr/types/wlr_foreign_toplevel_management_v1.h>
#include <wlr/types/wlr_xdg_activation_v1.h>

#include "shell/private.h"

static struct wlr_ext_foreign_toplevel_handle_v1_state state_of(
	const struct latch_toplevel *toplevel) {
	return (struct wlr_ext_foreign_toplevel_handle_v1_state){
		.title = latch_toplevel_title(toplevel),
		.app_id = latch_toplevel_app_id(toplevel),
	};
}

static void handle_activate(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel =
		wl_container_of(listener, toplevel, foreign.on.activate);
	latch_focus_toplevel(toplevel->shell, toplevel);
}

static void handle_close(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, foreign.on.close);
	wlr_xdg_toplevel_send_close(toplevel->xdg);
}

static void handle_maximize(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel =
		wl_container_of(listener, toplevel, foreign.on.maximize);
	const struct wlr_foreign_toplevel_handle_v1_maximized_event *event = data;
	toplevel->maximized = event->maximized;
	latch_arrange_configure(toplevel);
}

static void handle_fullscreen(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel =
		wl_container_of(listener, toplevel, foreign.on.fullscreen);
	const struct wlr_foreign_toplevel_handle_v1_fullscreen_event *event = data;
	toplevel->fullscreen = event->fullscreen;
	if (event->fullscreen && event->output != NULL) {
		latch_arrange_assign(toplevel, event->output);
		latch_arrange_set_home(toplevel);
	}
	latch_arrange_configure(toplevel);
}

static void handle_minimize(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel =
		wl_container_of(listener, toplevel, foreign.on.minimize);
	const struct wlr_foreign_toplevel_handle_v1_minimized_event *event = data;
	if (event->minimized) {
		latch_toplevel_minimize(toplevel);
	} else {
		latch_focus_toplevel(toplevel->shell, toplevel);
	}
}

static void handle_text(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, foreign.on.title);
	latch_foreign_update(toplevel);
}

static void handle_app_id(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, foreign.on.app_id);
	latch_foreign_update(toplevel);
}

void latch_foreign_map(struct latch_toplevel *toplevel) {
	struct latch_shell *shell = toplevel->shell;
	const struct wlr_ext_foreign_toplevel_handle_v1_state state = state_of(toplevel);
	toplevel->foreign.listed =
		wlr_ext_foreign_toplevel_handle_v1_create(shell->foreign_list, &state);
	struct wlr_foreign_toplevel_handle_v1 *managed =
		wlr_foreign_toplevel_handle_v1_create(shell->foreign_manager);
	toplevel->foreign.managed = managed;
	if (managed == NULL) {
		return;
	}
	struct latch_toplevel *parent = latch_toplevel_parent(toplevel);
	if (parent != NULL && parent->foreign.managed != NULL) {
		wlr_foreign_toplevel_handle_v1_set_parent(managed, parent->foreign.managed);
	}
	latch_listen(
		&managed->events.request_activate, &toplevel->foreign.on.activate, handle_activate);
	latch_listen(&managed->events.request_close, &toplevel->foreign.on.close, handle_close);
	latch_listen(
		&managed->events.request_maximize, &toplevel->foreign.on.maximize, handle_maximize);
	latch_listen(&managed->events.request_fullscreen, &toplevel->foreign.on.fullscreen,
		handle_fullscreen);
	latch_listen(
		&managed->events.request_minimize, &toplevel->foreign.on.minimize, handle_minimize);
	latch_listen(
		&toplevel->xdg->events.set_title, &toplevel->foreign.on.title, handle_text);
	latch_listen(
		&toplevel->xdg->events.set_app_id, &toplevel->foreign.on.app_id, handle_app_id);
	latch_foreign_update(toplevel);
}

static bool is_on(const struct latch_toplevel *toplevel, const struct wlr_output *output) {
	const struct wlr_surface_output *entry;
	wl_list_for_each(entry, &toplevel->xdg->base->surface->current_outputs, link) {
		if (entry->output == output) {
			return true;
		}
	}
	return false;
}

static bool is_same(const char *before, const char *now) {
	return before != NULL && strcmp(before, now) == 0;
}

/* All setters of wlroots send nothing where nothing has changed, but for those of these two texts. */
void latch_foreign_update(struct latch_toplevel *toplevel) {
	struct wlr_foreign_toplevel_handle_v1 *managed = toplevel->foreign.managed;
	const struct wlr_ext_foreign_toplevel_handle_v1_state state = state_of(toplevel);
	if (toplevel->foreign.listed != NULL) {
		wlr_ext_foreign_toplevel_handle_v1_update_state(toplevel->foreign.listed, &state);
	}
	if (managed == NULL) {
		return;
	}
	if (!is_same(managed->title, state.title)) {
		wlr_foreign_toplevel_handle_v1_set_title(managed, state.title);
	}
	if (!is_same(managed->app_id, state.app_id)) {
		wlr_foreign_toplevel_handle_v1_set_app_id(managed, state.app_id);
	}
	wlr_foreign_toplevel_handle_v1_set_activated(
		managed, toplevel->shell->active == toplevel);
	wlr_foreign_toplevel_handle_v1_set_minimized(managed, toplevel->minimized);
	wlr_foreign_toplevel_handle_v1_set_maximized(managed, toplevel->maximized);
	wlr_foreign_toplevel_handle_v1_set_fullscreen(managed, toplevel->fullscreen);
	struct wlr_output_layout_output *l_output;
	wl_list_for_each(l_output, &toplevel->shell->options.layout->outputs, link) {
		if (is_on(toplevel, l_output->output)) {
			wlr_foreign_toplevel_handle_v1_output_enter(managed, l_output->output);
		} else {
			wlr_foreign_toplevel_handle_v1_output_leave(managed, l_output->output);
		}
	}
}

void latch_foreign_unmap(struct latch_toplevel *toplevel) {
	latch_unlisten_all(&toplevel->foreign.on, sizeof(toplevel->foreign.on));
	if (toplevel->foreign.listed != NULL) {
		wlr_ext_foreign_toplevel_handle_v1_destroy(toplevel->foreign.listed);
		toplevel->foreign.listed = NULL;
	}
	if (toplevel->foreign.managed != NULL) {
		wlr_foreign_toplevel_handle_v1_destroy(toplevel->foreign.managed);
		toplevel->foreign.managed = NULL;
	}
}

/* A token that was asked for with a seat comes of something that the user did. */
static void handle_activation(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.activation);
	const struct wlr_xdg_activation_v1_request_activate_event *event = data;
	struct latch_toplevel *toplevel = latch_surface_toplevel(event->surface);
	if (event->token->seat != NULL && toplevel != NULL &&
		toplevel->xdg->base->surface->mapped) {
		latch_focus_toplevel(shell, toplevel);
	}
}

bool latch_foreign_init(struct latch_shell *shell) {
	struct wl_display *display = shell->options.display;
	shell->foreign_list = wlr_ext_foreign_toplevel_list_v1_create(display, 1);
	shell->foreign_manager = wlr_foreign_toplevel_manager_v1_create(display);
	struct wlr_xdg_activation_v1 *activation = wlr_xdg_activation_v1_create(display);
	if (shell->foreign_list == NULL || shell->foreign_manager == NULL || activation == NULL) {
		return false;
	}
	latch_listen(
		&activation->events.request_activate, &shell->on.activation, handle_activation);
	return true;
}
