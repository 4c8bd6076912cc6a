/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_xdg_decoration_v1.h>
#include <wlr/util/log.h>

#include "shell/private.h"

const char *latch_toplevel_title(const struct latch_toplevel *toplevel) {
	return toplevel->xdg->title != NULL ? toplevel->xdg->title : "";
}

const char *latch_toplevel_app_id(const struct latch_toplevel *toplevel) {
	return toplevel->xdg->app_id != NULL ? toplevel->xdg->app_id : "";
}

struct wlr_box latch_toplevel_box(const struct latch_toplevel *toplevel) {
	const struct wlr_box *geometry = &toplevel->xdg->base->geometry;
	return (struct wlr_box){toplevel->x, toplevel->y, geometry->width, geometry->height};
}

struct latch_toplevel *latch_toplevel_parent(const struct latch_toplevel *toplevel) {
	const struct wlr_xdg_toplevel *parent = toplevel->xdg->parent;
	return parent != NULL ? parent->base->data : NULL;
}

static struct latch_stack_item *get_mapped_parent(const struct latch_toplevel *toplevel) {
	struct latch_toplevel *parent = latch_toplevel_parent(toplevel);
	return parent != NULL && parent->xdg->base->surface->mapped ? &parent->stack : NULL;
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.map);
	latch_arrange_place_new(toplevel);
	latch_stack_add(&toplevel->shell->stack, &toplevel->stack, get_mapped_parent(toplevel));
	toplevel->shell->cycle = 0;
	latch_foreign_map(toplevel);
	latch_focus_toplevel(toplevel->shell, toplevel);
	wlr_log(WLR_DEBUG, "toplevel %lu '%s' mapped at %d,%d, %dx%d", (unsigned long)toplevel->id,
		latch_toplevel_app_id(toplevel), toplevel->x, toplevel->y,
		toplevel->xdg->base->geometry.width, toplevel->xdg->base->geometry.height);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.unmap);
	struct latch_shell *shell = toplevel->shell;
	latch_grab_drop(toplevel);
	latch_foreign_unmap(toplevel);
	latch_stack_remove(&shell->stack, &toplevel->stack);
	shell->cycle = 0;
	/* Mapped again, it starts anew (xdg_toplevel: "the state is reset"). */
	toplevel->fullscreen = toplevel->maximized = toplevel->minimized = false;
	toplevel->filled = false;
	toplevel->resize_edges = 0;
	toplevel->restore = (struct wlr_box){0};
	if (shell->active == toplevel) {
		shell->active = NULL;
		latch_focus_front(shell);
	}
}

/* A client that wants to draw its own decorations does. For the others windows have none, so that
 * most of the screen is the client's own picture: "server side" makes the client draw none, and we
 * draw none either. Alt and the pointer move and resize them all. */
static void answer_decoration(struct latch_toplevel *toplevel) {
	struct wlr_xdg_toplevel_decoration_v1 *decoration = toplevel->decoration;
	enum wlr_xdg_toplevel_decoration_v1_mode client_side =
		WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE;
	if (decoration != NULL && toplevel->xdg->base->initialized) {
		wlr_xdg_toplevel_decoration_v1_set_mode(
			decoration, decoration->requested_mode == client_side
					    ? client_side
					    : WLR_XDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE);
	}
}

/* The client waits for this before it draws its first frame. */
static void configure_first(struct latch_toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	wlr_xdg_toplevel_set_wm_capabilities(
		xdg, WLR_XDG_TOPLEVEL_WM_CAPABILITIES_FULLSCREEN |
			     WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MAXIMIZE |
			     WLR_XDG_TOPLEVEL_WM_CAPABILITIES_MINIMIZE);
	answer_decoration(toplevel);
	/* Of a toplevel that was unmapped, wlroots still has the old ones. */
	wlr_xdg_toplevel_set_activated(xdg, false);
	wlr_xdg_toplevel_set_suspended(xdg, false);
	toplevel->fullscreen = xdg->requested.fullscreen;
	toplevel->maximized = xdg->requested.maximized;
	latch_arrange_assign(toplevel, xdg->requested.fullscreen_output);
	if (toplevel->output != NULL) {
		/* So that its first buffer is of the right size already. */
		latch_surface_prefer(
			xdg->base->surface, toplevel->output->scale, toplevel->output->transform);
	}
	latch_arrange_configure(toplevel);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.commit);
	if (toplevel->xdg->base->initial_commit) {
		configure_first(toplevel);
	} else if (toplevel->xdg->base->surface->mapped) {
		latch_arrange_place(toplevel);
	}
}

static void handle_fullscreen(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.fullscreen);
	if (!toplevel->xdg->base->initialized) {
		/* Before the first commit: configure_first() reads it. */
		return;
	}
	toplevel->fullscreen = toplevel->xdg->requested.fullscreen;
	if (toplevel->fullscreen && toplevel->xdg->requested.fullscreen_output != NULL) {
		latch_arrange_assign(toplevel, toplevel->xdg->requested.fullscreen_output);
		latch_arrange_set_home(toplevel);
	}
	latch_arrange_configure(toplevel);
}

static void handle_maximize(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.maximize);
	if (toplevel->xdg->base->initialized) {
		toplevel->maximized = toplevel->xdg->requested.maximized;
		latch_arrange_configure(toplevel);
	}
}

void latch_toplevel_minimize(struct latch_toplevel *toplevel) {
	toplevel->minimized = true;
	latch_foreign_update(toplevel);
	latch_stack_lower(&toplevel->shell->stack, &toplevel->stack);
	latch_focus_front(toplevel->shell);
	latch_shell_changed(toplevel->shell);
}

static void handle_minimize(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.minimize);
	if (toplevel->xdg->base->surface->mapped && toplevel->xdg->requested.minimized) {
		latch_toplevel_minimize(toplevel);
	}
}

static void handle_move(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.move);
	struct wlr_xdg_toplevel_move_event *event = data;
	latch_grab_request(toplevel, event->seat, event->serial, LATCH_GRAB_MOVE, 0);
}

static void handle_resize(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.resize);
	struct wlr_xdg_toplevel_resize_event *event = data;
	latch_grab_request(toplevel, event->seat, event->serial, LATCH_GRAB_RESIZE, event->edges);
}

static void handle_set_parent(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.set_parent);
	if (toplevel->xdg->base->surface->mapped) {
		latch_stack_set_parent(
			&toplevel->shell->stack, &toplevel->stack, get_mapped_parent(toplevel));
		latch_shell_changed(toplevel->shell);
	}
}

static void handle_mode(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.mode);
	answer_decoration(toplevel);
}

static void handle_decoration_destroy(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel =
		wl_container_of(listener, toplevel, on.decoration_destroy);
	latch_unlisten(&toplevel->on.mode);
	latch_unlisten(&toplevel->on.decoration_destroy);
	toplevel->decoration = NULL;
}

void latch_handle_new_decoration(struct wl_listener *listener, void *data) {
	struct wlr_xdg_toplevel_decoration_v1 *decoration = data;
	struct latch_toplevel *toplevel = decoration->toplevel->base->data;
	if (toplevel == NULL) {
		return;
	}
	toplevel->decoration = decoration;
	latch_listen(&decoration->events.request_mode, &toplevel->on.mode, handle_mode);
	latch_listen(&decoration->events.destroy, &toplevel->on.decoration_destroy,
		handle_decoration_destroy);
	answer_decoration(toplevel);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct latch_toplevel *toplevel = wl_container_of(listener, toplevel, on.destroy);
	toplevel->xdg->base->data = NULL;
	latch_unlisten_all(&toplevel->on, sizeof(toplevel->on));
	wl_list_remove(&toplevel->link);
	free(toplevel->home);
	free(toplevel);
}

void latch_handle_new_toplevel(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_toplevel);
	struct wlr_xdg_toplevel *xdg = data;
	struct latch_toplevel *toplevel = calloc(1, sizeof(*toplevel));
	if (toplevel == NULL) {
		wl_resource_post_no_memory(xdg->resource);
		return;
	}
	toplevel->shell = shell;
	toplevel->xdg = xdg;
	toplevel->id = ++shell->next_id;
	wl_list_init(&toplevel->stack.link);
	wl_list_insert(&shell->toplevels, &toplevel->link);
	xdg->base->data = toplevel;

	struct wlr_surface *surface = xdg->base->surface;
	latch_listen(&surface->events.map, &toplevel->on.map, handle_map);
	latch_listen(&surface->events.unmap, &toplevel->on.unmap, handle_unmap);
	latch_listen(&surface->events.commit, &toplevel->on.commit, handle_commit);
	latch_listen(&xdg->events.destroy, &toplevel->on.destroy, handle_destroy);
	latch_listen(&xdg->events.request_fullscreen, &toplevel->on.fullscreen, handle_fullscreen);
	latch_listen(&xdg->events.request_maximize, &toplevel->on.maximize, handle_maximize);
	latch_listen(&xdg->events.request_minimize, &toplevel->on.minimize, handle_minimize);
	latch_listen(&xdg->events.request_move, &toplevel->on.move, handle_move);
	latch_listen(&xdg->events.request_resize, &toplevel->on.resize, handle_resize);
	latch_listen(&xdg->events.set_parent, &toplevel->on.set_parent, handle_set_parent);
}
