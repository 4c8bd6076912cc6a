/* SPDX-License-Identifier: MIT */
/*
 * The tree of toplevels, popups and subsurfaces, flattened: for the screen, for hit
 * testing, and for wl_surface.enter.
 */
#include <math.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_data_device.h>
#include <wlr/types/wlr_fractional_scale_v1.h>
#include <wlr/types/wlr_subcompositor.h>

#include "shell/private.h"

/* Called for each mapped surface, front to back, with its position in the layout. */
typedef void (*visit_func)(const struct latch_shell_surface *surface, void *data);

struct walk {
	visit_func visit;
	void *data;
	struct latch_toplevel *toplevel;
};

static void walk_tree(const struct walk *walk, struct wlr_surface *surface, int32_t x, int32_t y,
	enum latch_shell_kind kind);

static void walk_subsurfaces(
	const struct walk *walk, const struct wl_list *subsurfaces, int32_t x, int32_t y) {
	struct wlr_subsurface *subsurface;
	wl_list_for_each_reverse(subsurface, subsurfaces, current.link) {
		if (subsurface->surface->mapped) {
			walk_tree(walk, subsurface->surface, x + subsurface->current.x,
				y + subsurface->current.y, LATCH_SHELL_SUBSURFACE);
		}
	}
}

static void walk_tree(const struct walk *walk, struct wlr_surface *surface, int32_t x, int32_t y,
	enum latch_shell_kind kind) {
	const struct latch_shell_surface entry = {surface, x, y, kind, walk->toplevel};
	walk_subsurfaces(walk, &surface->current.subsurfaces_above, x, y);
	walk->visit(&entry, walk->data);
	walk_subsurfaces(walk, &surface->current.subsurfaces_below, x, y);
}

/* The corner of a popup's surface on its parent's, which may be a layer: wlroots 0.20's own function
 * asserts that it is not. */
static struct wlr_box position_of(const struct wlr_xdg_popup *popup) {
	const struct wlr_xdg_surface *parent = wlr_xdg_surface_try_from_wlr_surface(popup->parent);
	const struct wlr_box from = parent != NULL ? parent->geometry : (struct wlr_box){0};
	return (struct wlr_box){
		.x = from.x + popup->current.geometry.x - popup->base->geometry.x,
		.y = from.y + popup->current.geometry.y - popup->base->geometry.y,
	};
}

/* A toplevel's, a popup's or a layer's surface, behind its popups. */
static void walk_root(const struct walk *walk, struct wlr_surface *surface,
	const struct wl_list *popups, int32_t x, int32_t y, enum latch_shell_kind kind) {
	/* The newest popup comes first in the list, and is the front one. */
	struct wlr_xdg_popup *popup;
	wl_list_for_each(popup, popups, link) {
		if (popup->base->surface->mapped) {
			const struct wlr_box at = position_of(popup);
			walk_root(walk, popup->base->surface, &popup->base->popups, x + at.x,
				y + at.y, LATCH_SHELL_POPUP);
		}
	}
	walk_tree(walk, surface, x, y, kind);
}

bool latch_toplevel_covers(const struct latch_toplevel *toplevel, const struct wlr_box *area) {
	struct wlr_box box;
	return toplevel->xdg->current.fullscreen &&
	       latch_output_box(toplevel->shell, toplevel->output, &box) &&
	       wlr_box_contains_box(&box, area);
}

static struct latch_root root_of_toplevel(struct latch_toplevel *toplevel) {
	const struct wlr_xdg_surface *base = toplevel->xdg->base;
	/* A geometry that was never set has all subsurfaces in it: one of them that moves out at the
	 * left must not push the others to the right. */
	const bool is_set = !wlr_box_empty(&base->current.geometry);
	return (struct latch_root){
		.toplevel = toplevel,
		.x = toplevel->x - (is_set ? base->geometry.x : 0),
		.y = toplevel->y - (is_set ? base->geometry.y : 0),
	};
}

static struct latch_root root_of_layer(struct latch_layer_surface *layer) {
	return (struct latch_root){.layer = layer, .x = layer->box.x, .y = layer->box.y};
}

/* Returns whether to go on to what is behind it. */
typedef bool (*root_func)(const struct latch_root *root, void *data);

static bool each_layer(struct latch_shell *shell, enum zwlr_layer_shell_v1_layer level,
	root_func func, void *data) {
	struct latch_layer_surface *layer;
	bool more = true;
	wl_list_for_each(layer, &shell->layers, link) {
		if (more && layer->wlr->current.layer == level && layer->wlr->surface->mapped) {
			const struct latch_root root = root_of_layer(layer);
			more = func(&root, data);
		}
	}
	return more;
}

/*
 * Every toplevel and layer that is mapped, front to back; area: without those behind a window that
 * covers it. A front window that covers it is above the layer "top", where panels are, and below
 * "overlay".
 */
static void each_root(
	struct latch_shell *shell, const struct wlr_box *area, root_func func, void *data) {
	struct latch_toplevel *toplevel, *front = NULL;
	if (!wl_list_empty(&shell->stack)) {
		front = wl_container_of(shell->stack.next, front, stack.link);
	}
	const bool covered = area != NULL && front != NULL && latch_toplevel_covers(front, area);
	bool more = each_layer(shell, ZWLR_LAYER_SHELL_V1_LAYER_OVERLAY, func, data) &&
		    (covered || each_layer(shell, ZWLR_LAYER_SHELL_V1_LAYER_TOP, func, data));
	wl_list_for_each(toplevel, &shell->stack, stack.link) {
		if (!more) {
			return;
		}
		const struct latch_root root = root_of_toplevel(toplevel);
		const bool hides = toplevel == front
					   ? covered
					   : area != NULL && latch_toplevel_covers(toplevel, area);
		more = func(&root, data) && !hides;
	}
	if (more && each_layer(shell, ZWLR_LAYER_SHELL_V1_LAYER_BOTTOM, func, data)) {
		each_layer(shell, ZWLR_LAYER_SHELL_V1_LAYER_BACKGROUND, func, data);
	}
}

static bool walk_one(const struct latch_root *root, void *data) {
	struct walk *walk = data;
	walk->toplevel = root->toplevel;
	if (root->layer != NULL) {
		struct wlr_layer_surface_v1 *wlr = root->layer->wlr;
		walk_root(walk, wlr->surface, &wlr->popups, root->x, root->y, LATCH_SHELL_LAYER);
	} else {
		struct wlr_xdg_surface *base = root->toplevel->xdg->base;
		walk_root(walk, base->surface, &base->popups, root->x, root->y,
			LATCH_SHELL_TOPLEVEL);
	}
	return true;
}

/* Every surface of those. */
static void walk_all(
	struct latch_shell *shell, const struct wlr_box *area, visit_func visit, void *data) {
	struct walk walk = {.visit = visit, .data = data};
	if (shell->drag_icon != NULL && shell->drag_icon->surface->mapped) {
		walk_tree(&walk, shell->drag_icon->surface,
			(int32_t)floor(shell->cursor.x) + shell->drag_dx,
			(int32_t)floor(shell->cursor.y) + shell->drag_dy, LATCH_SHELL_DRAG_ICON);
	}
	const struct latch_input_popup *popup;
	wl_list_for_each(popup, &shell->input_method.popups, link) {
		if (popup->wlr->surface->mapped) {
			walk.toplevel = latch_surface_toplevel(popup->wlr->surface);
			walk_tree(&walk, popup->wlr->surface, popup->x, popup->y,
				LATCH_SHELL_POPUP);
		}
	}
	each_root(shell, area, walk_one, &walk);
}

static struct wlr_box get_box(const struct latch_shell_surface *surface) {
	const struct wlr_surface_state *state = &surface->surface->current;
	return (struct wlr_box){surface->x, surface->y, state->width, state->height};
}

struct list {
	struct wlr_box area;
	struct latch_shell_surface *out;
	size_t count, cap;
};

static void visit_list(const struct latch_shell_surface *surface, void *data) {
	struct list *list = data;
	const struct wlr_box box = get_box(surface);
	struct wlr_box common;
	if (!wlr_box_intersection(&common, &box, &list->area)) {
		return;
	}
	if (list->count < list->cap) {
		list->out[list->count] = *surface;
	}
	list->count++;
}

size_t latch_shell_surfaces(struct latch_shell *shell, const struct wlr_box *output_box,
	struct latch_shell_surface *out, size_t cap) {
	struct list list = {.area = *output_box, .out = out, .cap = cap};
	walk_all(shell, output_box, visit_list, &list);
	return list.count;
}

struct hit {
	double x, y, *sx, *sy;
	struct wlr_surface *surface;
};

static bool hit_one(const struct latch_root *root, void *data) {
	struct hit *hit = data;
	const double x = hit->x - root->x, y = hit->y - root->y;
	hit->surface =
		root->layer != NULL
			? wlr_layer_surface_v1_surface_at(root->layer->wlr, x, y, hit->sx, hit->sy)
			: wlr_xdg_surface_surface_at(
				  root->toplevel->xdg->base, x, y, hit->sx, hit->sy);
	return hit->surface == NULL;
}

struct wlr_surface *latch_surface_at(
	struct latch_shell *shell, double x, double y, double *sx, double *sy) {
	const struct wlr_box point = {
		.x = (int)floor(x), .y = (int)floor(y), .width = 1, .height = 1};
	struct hit hit = {.x = x, .y = y, .sx = sx, .sy = sy};
	const struct latch_input_popup *popup;
	wl_list_for_each(popup, &shell->input_method.popups, link) {
		struct wlr_surface *surface = popup->wlr->surface;
		if (hit.surface == NULL && surface->mapped) {
			hit.surface = wlr_surface_surface_at(
				surface, x - popup->x, y - popup->y, sx, sy);
		}
	}
	if (hit.surface == NULL) {
		each_root(shell, &point, hit_one, &hit);
	}
	return hit.surface;
}

/* The surface that a popup of any kind stands in, else NULL. */
static struct wlr_surface *parent_of(struct wlr_surface *surface) {
	const struct wlr_xdg_popup *popup = wlr_xdg_popup_try_from_wlr_surface(surface);
	return popup != NULL ? popup->parent : latch_input_popup_parent(surface);
}

struct latch_root latch_surface_root(struct wlr_surface *surface) {
	struct wlr_surface *parent = surface;
	while (parent != NULL) {
		surface = wlr_surface_get_root_surface(parent);
		parent = parent_of(surface);
	}
	const struct wlr_xdg_toplevel *xdg = wlr_xdg_toplevel_try_from_wlr_surface(surface);
	const struct wlr_layer_surface_v1 *layer =
		wlr_layer_surface_v1_try_from_wlr_surface(surface);
	if (xdg != NULL && xdg->base->data != NULL) {
		return root_of_toplevel(xdg->base->data);
	}
	if (layer != NULL && layer->data != NULL) {
		return root_of_layer(layer->data);
	}
	return (struct latch_root){0};
}

struct wlr_box latch_root_room(const struct latch_root *root) {
	struct wlr_box room = {0};
	if (root->toplevel != NULL) {
		room = root->toplevel->output_box;
	} else if (root->layer != NULL) {
		latch_output_box(root->layer->shell, root->layer->wlr->output, &room);
	}
	return room;
}

struct wlr_box latch_surface_position(struct wlr_surface *surface) {
	const struct latch_root root = latch_surface_root(surface);
	struct wlr_box at = {.x = root.x, .y = root.y};
	const struct wlr_xdg_popup *popup;
	while ((popup = wlr_xdg_popup_try_from_wlr_surface(surface)) != NULL &&
		popup->parent != NULL) {
		const struct wlr_box on_parent = position_of(popup);
		at.x += on_parent.x;
		at.y += on_parent.y;
		surface = popup->parent;
	}
	return at;
}

struct latch_toplevel *latch_surface_toplevel(struct wlr_surface *surface) {
	return latch_surface_root(surface).toplevel;
}

void latch_toplevels_suspend_hidden(struct latch_shell *shell) {
	struct latch_toplevel *toplevel;
	bool outputs = false;
	struct wlr_output_layout_output *l_output;
	wl_list_for_each(l_output, &shell->options.layout->outputs, link) {
		struct wlr_box box, common;
		if (!latch_output_box(shell, l_output->output, &box)) {
			continue;
		}
		outputs = true;
		bool covered = false; // by one that is in front
		wl_list_for_each(toplevel, &shell->stack, stack.link) {
			const struct wlr_box window = latch_toplevel_box(toplevel);
			if (wlr_box_intersection(&common, &box, &window)) {
				toplevel->seen = toplevel->seen || !covered;
				toplevel->covered = toplevel->covered || covered;
			}
			covered = covered || latch_toplevel_covers(toplevel, &box);
		}
	}
	/* One that is outside all outputs is not told to rest: it may be on its way. */
	wl_list_for_each(toplevel, &shell->stack, stack.link) {
		struct wlr_xdg_toplevel *xdg = toplevel->xdg;
		const bool hidden = !toplevel->seen && (toplevel->covered || !outputs);
		toplevel->seen = toplevel->covered = false; // for the next time
		if (hidden != xdg->scheduled.suspended && xdg->base->initialized) {
			wlr_xdg_toplevel_set_suspended(xdg, hidden);
		}
	}
}

void latch_surface_prefer(
	struct wlr_surface *surface, float scale, enum wl_output_transform transform) {
	wlr_fractional_scale_v1_notify_scale(surface, (double)scale);
	wlr_surface_set_preferred_buffer_scale(surface, (int32_t)ceilf(scale));
	wlr_surface_set_preferred_buffer_transform(surface, transform);
}

static void visit_enter(const struct latch_shell_surface *surface, void *data) {
	struct wlr_output_layout *layout = data;
	const struct wlr_box window = get_box(surface);
	/* The sharpest output counts for the scale, the one with most of the surface for the
	 * transform: only there can its buffer be shown without being turned. */
	float scale = 0;
	int64_t largest = 0;
	enum wl_output_transform transform = WL_OUTPUT_TRANSFORM_NORMAL;
	struct wlr_output_layout_output *l_output;
	wl_list_for_each(l_output, &layout->outputs, link) {
		struct wlr_box box, common;
		wlr_output_layout_get_box(layout, l_output->output, &box);
		if (!wlr_box_intersection(&common, &box, &window)) {
			wlr_surface_send_leave(surface->surface, l_output->output);
			continue;
		}
		wlr_surface_send_enter(surface->surface, l_output->output);
		scale = fmaxf(scale, l_output->output->scale);
		int64_t area = (int64_t)common.width * common.height;
		if (area > largest) {
			largest = area;
			transform = l_output->output->transform;
		}
	}
	if (scale > 0) {
		latch_surface_prefer(surface->surface, scale, transform);
	}
}

void latch_surfaces_enter_outputs(struct latch_shell *shell) {
	/* Hidden ones too: they keep their outputs, as clients choose scale and format by them,
	 * and would have to choose again when they come back. */
	walk_all(shell, NULL, visit_enter, shell->options.layout);
}

static void visit_leave(const struct latch_shell_surface *surface, void *data) {
	wlr_surface_send_leave(surface->surface, data);
}

void latch_shell_leave_output(struct latch_shell *shell, struct wlr_output *output) {
	walk_all(shell, NULL, visit_leave, output);
	latch_cursor_leave(shell, output);
}
