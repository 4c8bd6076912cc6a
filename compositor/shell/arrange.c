/* SPDX-License-Identifier: MIT */
/*
 * Which output a toplevel is on, how large it is asked to be, and where it lies.
 * The position follows the state that the client shows (xdg->current), not the one
 * that was asked for: so a window goes to its new place in the very frame in which it
 * has its new size.
 */
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_compositor.h>

#include "shell/place.h"
#include "shell/private.h"

bool latch_output_box(struct latch_shell *shell, struct wlr_output *output, struct wlr_box *box) {
	*box = (struct wlr_box){0};
	if (output != NULL) {
		wlr_output_layout_get_box(shell->options.layout, output, box);
	}
	return !wlr_box_empty(box);
}

struct wlr_output *latch_choose_output(struct latch_shell *shell) {
	struct wlr_box box;
	struct wlr_output *output = wlr_output_layout_output_at(
		shell->options.layout, shell->cursor.x, shell->cursor.y);
	if (latch_output_box(shell, output, &box)) {
		return output;
	}
	struct wlr_output_layout_output *l_output;
	wl_list_for_each(l_output, &shell->options.layout->outputs, link) {
		if (latch_output_box(shell, l_output->output, &box)) {
			return l_output->output;
		}
	}
	return NULL;
}

void latch_arrange_assign(struct latch_toplevel *toplevel, struct wlr_output *output) {
	struct latch_shell *shell = toplevel->shell;
	if (!latch_output_box(shell, output, &toplevel->output_box)) {
		output = latch_choose_output(shell);
		latch_output_box(shell, output, &toplevel->output_box);
	}
	toplevel->area = toplevel->output_box;
	latch_layers_reserve(shell, output, &toplevel->area);
	toplevel->output = output;
}

void latch_arrange_set_home(struct latch_toplevel *toplevel) {
	const char *name = toplevel->output != NULL ? toplevel->output->name : NULL;
	if (name == NULL || (toplevel->home != NULL && strcmp(toplevel->home, name) == 0)) {
		return;
	}
	free(toplevel->home);
	toplevel->home = strdup(name);
}

void latch_arrange_configure(struct latch_toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	if (!xdg->base->initialized) {
		return;
	}
	bool fill = toplevel->fullscreen || toplevel->maximized;
	toplevel->minimized = toplevel->minimized && !fill;
	latch_foreign_update(toplevel);
	/* What it shows, or has been asked for and may show at any time. */
	bool filled = toplevel->filled || xdg->scheduled.fullscreen || xdg->scheduled.maximized;
	if (fill && !filled && xdg->base->surface->mapped) {
		toplevel->restore = latch_toplevel_box(toplevel);
	}
	if (!wlr_box_empty(&toplevel->area)) {
		wlr_xdg_toplevel_set_bounds(xdg, toplevel->area.width, toplevel->area.height);
	}
	wlr_xdg_toplevel_set_fullscreen(xdg, toplevel->fullscreen);
	wlr_xdg_toplevel_set_maximized(xdg, toplevel->maximized);
	/* 0x0 lets the client choose: nothing is known that would be better. */
	const struct wlr_box *size = toplevel->fullscreen  ? &toplevel->output_box
				     : toplevel->maximized ? &toplevel->area
							   : &toplevel->restore;
	if (fill || filled || !xdg->base->surface->mapped) {
		wlr_xdg_toplevel_set_size(xdg, size->width, size->height);
	}
}

/* wlroots repeats the last size with every later configure event. It must not be one that the
 * client has given up for another of its own since. */
static void adopt_size(struct wlr_xdg_toplevel *xdg) {
	struct wlr_xdg_surface *base = xdg->base;
	if (xdg->scheduled.width != 0 && wl_list_empty(&base->configure_list) &&
		base->configure_idle == NULL) {
		xdg->scheduled.width = base->geometry.width;
		xdg->scheduled.height = base->geometry.height;
	}
}

static void move_to(struct latch_toplevel *toplevel, const struct wlr_box *box) {
	if (toplevel->x == box->x && toplevel->y == box->y) {
		return;
	}
	toplevel->x = box->x;
	toplevel->y = box->y;
	latch_popups_reposition(toplevel->xdg->base);
	latch_shell_changed(toplevel->shell);
}

void latch_arrange_place(struct latch_toplevel *toplevel) {
	struct wlr_xdg_toplevel *xdg = toplevel->xdg;
	struct wlr_box window = latch_toplevel_box(toplevel);
	bool filled = xdg->current.fullscreen || xdg->current.maximized;
	if (filled != toplevel->filled) {
		toplevel->filled = filled;
		/* What is hidden behind it changes, even where it does not move. */
		latch_shell_changed(toplevel->shell);
		if (!filled) {
			window.x = toplevel->restore.x;
			window.y = toplevel->restore.y;
			if (wlr_box_empty(&toplevel->restore)) {
				latch_place_centre(&toplevel->area, &window);
			}
			latch_place_clamp(&toplevel->area, &window);
		}
		latch_grab_refit(toplevel, &window);
	}
	if (filled) {
		/* A fullscreen surface that is smaller is centred on black, as xdg-shell
		 * has it; a larger one shows its upper left part. */
		const struct wlr_box *area =
			xdg->current.fullscreen ? &toplevel->output_box : &toplevel->area;
		latch_place_centre(area, &window);
		latch_place_clamp(area, &window);
	} else if (toplevel->resize_edges == 0) {
		adopt_size(xdg);
	} else {
		latch_place_anchor(&toplevel->resize_start, toplevel->resize_edges, &window);
		if (!xdg->current.resizing && toplevel->shell->grab.toplevel != toplevel) {
			toplevel->resize_edges = 0;
		}
	}
	move_to(toplevel, &window);
}

static void place_beside_others(struct latch_toplevel *toplevel, struct wlr_box *window) {
	struct wl_list *stack = &toplevel->shell->stack;
	struct wlr_box *boxes = calloc((size_t)wl_list_length(stack) + 1, sizeof(*boxes));
	size_t count = 0;
	struct latch_toplevel *other;
	wl_list_for_each(other, stack, stack.link) {
		if (boxes != NULL && other->output == toplevel->output && !other->filled) {
			boxes[count++] = latch_toplevel_box(other);
		}
	}
	latch_place_cascade(&toplevel->area, boxes, count, window);
	free(boxes);
}

void latch_arrange_place_new(struct latch_toplevel *toplevel) {
	struct wlr_box window = latch_toplevel_box(toplevel);
	struct latch_toplevel *parent = latch_toplevel_parent(toplevel);
	if (parent != NULL && parent->output != NULL && !toplevel->fullscreen) {
		latch_arrange_assign(toplevel, parent->output);
	}
	latch_arrange_set_home(toplevel);

	struct wlr_box common;
	if (toplevel->placed && wlr_box_intersection(&common, &toplevel->area, &window)) {
		latch_place_clamp(&toplevel->area, &window);
	} else if (parent != NULL && parent->xdg->base->surface->mapped) {
		struct wlr_box around = latch_toplevel_box(parent);
		latch_place_centre(&around, &window);
		latch_place_clamp(&toplevel->area, &window);
	} else {
		place_beside_others(toplevel, &window);
	}
	toplevel->x = window.x;
	toplevel->y = window.y;
	toplevel->placed = true;
	latch_arrange_place(toplevel);
}

/* The output that a toplevel should be on now. Its last one may be gone: only its pointer is looked
 * at. */
static struct wlr_output *find_home(struct latch_toplevel *toplevel) {
	struct latch_shell *shell = toplevel->shell;
	struct wlr_output *last = NULL;
	struct wlr_box box;
	struct wlr_output_layout_output *l_output;
	wl_list_for_each(l_output, &shell->options.layout->outputs, link) {
		if (toplevel->home != NULL && strcmp(l_output->output->name, toplevel->home) == 0 &&
			latch_output_box(shell, l_output->output, &box)) {
			return l_output->output;
		}
		last = l_output->output == toplevel->output ? toplevel->output : last;
	}
	return last;
}

static void arrange_one(struct latch_toplevel *toplevel) {
	const struct wlr_box old = toplevel->output_box, old_area = toplevel->area;
	latch_arrange_assign(toplevel, find_home(toplevel));
	if (toplevel->output == NULL) {
		/* Keep the place for the output that comes next. */
		toplevel->output_box = old;
		toplevel->area = old_area;
		return;
	}
	if (wlr_box_equal(&old, &toplevel->output_box) &&
		wlr_box_equal(&old_area, &toplevel->area)) {
		return;
	}
	latch_place_carry(&old_area, &toplevel->area, &toplevel->restore);
	if (toplevel->xdg->base->surface->mapped && !toplevel->filled) {
		struct wlr_box window = latch_toplevel_box(toplevel);
		latch_place_carry(&old_area, &toplevel->area, &window);
		move_to(toplevel, &window);
	}
	if (toplevel->fullscreen || toplevel->maximized) {
		latch_arrange_configure(toplevel);
	}
}

void latch_arrange_all(struct latch_shell *shell) {
	struct latch_toplevel *toplevel;
	wl_list_for_each(toplevel, &shell->toplevels, link) {
		arrange_one(toplevel);
	}
}
