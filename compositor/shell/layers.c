/* SPDX-License-Identifier: MIT */
/*
 * Layers (wlr-layer-shell): surfaces that belong to an output and not to a window's client: panels,
 * notifications, on-screen keyboards, wallpapers. They are above all windows or below them, at an
 * edge, and may keep a strip of the output for themselves.
 */
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "base/minmax.h"
#include "shell/private.h"

#define LAYER_SHELL_VERSION 5

#define LEFT ZWLR_LAYER_SURFACE_V1_ANCHOR_LEFT
#define RIGHT ZWLR_LAYER_SURFACE_V1_ANCHOR_RIGHT
#define TOP ZWLR_LAYER_SURFACE_V1_ANCHOR_TOP
#define BOTTOM ZWLR_LAYER_SURFACE_V1_ANCHOR_BOTTOM

/* No output is as large; clients may say any number. */
#define MOST 0x100000

static int sane(int64_t value) {
	return (int)latch_clamp(value, -MOST, MOST);
}

/* One axis of its place: size 0 fills what is between the margins, else it is at the edge that it is
 * anchored to, or in the middle. */
static void place_axis(int start, int length, bool at_start, bool at_end, int margin_start,
	int margin_end, int *at, int *size) {
	if (*size == 0) {
		*at = start + margin_start;
		/* Margins may leave nothing, and 0 would let the client choose. */
		*size = (int)latch_max(length - margin_start - margin_end, 1);
	} else if (at_start == at_end) {
		*at = start + (length - *size) / 2;
	} else if (at_start) {
		*at = start + margin_start;
	} else {
		*at = start + length - *size - margin_end;
	}
}

static struct wlr_box place_in(
	const struct wlr_layer_surface_v1_state *state, const struct wlr_box *bounds) {
	struct wlr_box box = {
		.width = sane(state->desired_width),
		.height = sane(state->desired_height),
	};
	place_axis(bounds->x, bounds->width, state->anchor & LEFT, state->anchor & RIGHT,
		sane(state->margin.left), sane(state->margin.right), &box.x, &box.width);
	place_axis(bounds->y, bounds->height, state->anchor & TOP, state->anchor & BOTTOM,
		sane(state->margin.top), sane(state->margin.bottom), &box.y, &box.height);
	return box;
}

/* Takes the strip that the surface keeps for itself out of the area. */
static void reserve(struct wlr_layer_surface_v1 *wlr, struct wlr_box *area) {
	const struct wlr_layer_surface_v1_state *state = &wlr->current;
	const int zone = sane(state->exclusive_zone);
	const enum wlr_edges edge = wlr_layer_surface_v1_get_exclusive_edge(wlr);
	if (edge == WLR_EDGE_TOP || edge == WLR_EDGE_BOTTOM) {
		const int margin = sane(edge == WLR_EDGE_TOP ? state->margin.top : state->margin.bottom);
		const int strip = (int)latch_clamp(zone + margin, 0, area->height);
		area->height -= strip;
		area->y += edge == WLR_EDGE_TOP ? strip : 0;
	} else if (edge != WLR_EDGE_NONE) {
		const int margin = sane(edge == WLR_EDGE_LEFT ? state->margin.left : state->margin.right);
		const int strip = (int)latch_clamp(zone + margin, 0, area->width);
		area->width -= strip;
		area->x += edge == WLR_EDGE_LEFT ? strip : 0;
	}
}

/* Sends a configure event when the size has changed, or where the client waits for an answer. */
static void configure(struct latch_layer_surface *layer, const struct wlr_box *box, bool answer) {
	const bool resized = box->width != layer->box.width || box->height != layer->box.height;
	layer->box = *box;
	if (resized || answer) {
		wlr_layer_surface_v1_configure(
			layer->wlr, (uint32_t)box->width, (uint32_t)box->height);
	}
}

/* asking: the one whose client waits for an answer, or NULL. Those that reserve a strip come first,
 * from the overlay layer down. */
static void arrange_output(struct latch_shell *shell, struct wlr_output *output,
	const struct latch_layer_surface *asking) {
	struct wlr_box full;
	if (!latch_output_box(shell, output, &full)) {
		return;
	}
	struct wlr_box area = full;
	for (int pass = 0; pass < 2; pass++) {
		for (int level = LATCH_LAYER_LEVELS - 1; level >= 0; level--) {
			struct latch_layer_surface *layer, *tmp;
			wl_list_for_each_safe(layer, tmp, &shell->layers, link) {
				const struct wlr_layer_surface_v1_state *state = &layer->wlr->current;
				if (layer->wlr->output != output || !layer->wlr->initialized ||
					(int)state->layer != level ||
					(state->exclusive_zone > 0) != (pass == 0)) {
					continue;
				}
				const struct wlr_box box = place_in(
					state, state->exclusive_zone < 0 ? &full : &area);
				if (pass == 0) {
					reserve(layer->wlr, &area);
				}
				configure(layer, &box, layer == asking);
			}
		}
	}
}

void latch_layers_reserve(
	struct latch_shell *shell, const struct wlr_output *output, struct wlr_box *area) {
	struct latch_layer_surface *layer;
	wl_list_for_each(layer, &shell->layers, link) {
		if (layer->wlr->output == output && layer->wlr->surface->mapped &&
			layer->wlr->current.exclusive_zone > 0) {
			reserve(layer->wlr, area);
		}
	}
}

void latch_layers_arrange(struct latch_shell *shell) {
	struct latch_layer_surface *layer, *tmp;
	struct wlr_box box;
	wl_list_for_each_safe(layer, tmp, &shell->layers, link) {
		if (!latch_output_box(shell, layer->wlr->output, &box)) {
			wlr_layer_surface_v1_destroy(layer->wlr);
		}
	}
	struct wlr_output_layout_output *l_output;
	wl_list_for_each(l_output, &shell->options.layout->outputs, link) {
		arrange_output(shell, l_output->output, NULL);
	}
}

static bool takes_keys(
	const struct latch_layer_surface *layer, enum zwlr_layer_surface_v1_keyboard_interactivity how) {
	return layer->wlr->surface->mapped && layer->wlr->current.keyboard_interactive == how;
}

struct wlr_surface *latch_layers_get_focus(const struct latch_shell *shell) {
	const struct latch_layer_surface *layer;
	wl_list_for_each(layer, &shell->layers, link) {
		if (layer->wlr->current.layer >= ZWLR_LAYER_SHELL_V1_LAYER_TOP &&
			takes_keys(layer, ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_EXCLUSIVE)) {
			return layer->wlr->surface;
		}
	}
	layer = shell->clicked_layer;
	return layer != NULL && layer->wlr->surface->mapped ? layer->wlr->surface : NULL;
}

void latch_layers_click(struct latch_shell *shell, struct latch_layer_surface *layer) {
	if (layer != NULL &&
		layer->wlr->current.keyboard_interactive ==
			ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_NONE) {
		return;
	}
	if (layer != shell->clicked_layer) {
		shell->clicked_layer = layer;
		latch_keyboard_focus(shell);
	}
}

/* It takes or leaves room, and perhaps the keyboard. */
static void changed(struct latch_shell *shell, struct wlr_output *output) {
	arrange_output(shell, output, NULL);
	latch_arrange_all(shell);
	latch_keyboard_focus(shell);
	latch_shell_changed(shell);
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct latch_layer_surface *layer = wl_container_of(listener, layer, on.map);
	if (layer->wlr->current.keyboard_interactive ==
		ZWLR_LAYER_SURFACE_V1_KEYBOARD_INTERACTIVITY_ON_DEMAND) {
		layer->shell->clicked_layer = layer;
	}
	changed(layer->shell, layer->wlr->output);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct latch_layer_surface *layer = wl_container_of(listener, layer, on.unmap);
	if (layer->shell->clicked_layer == layer) {
		layer->shell->clicked_layer = NULL;
	}
	layer->box = (struct wlr_box){0};
	changed(layer->shell, layer->wlr->output);
}

/* "You must set your anchor to opposite edges in the dimensions you omit" (set_size). */
static bool has_size(const struct wlr_layer_surface_v1_state *state) {
	return (state->desired_width != 0 || (state->anchor & (LEFT | RIGHT)) == (LEFT | RIGHT)) &&
	       (state->desired_height != 0 || (state->anchor & (TOP | BOTTOM)) == (TOP | BOTTOM));
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct latch_layer_surface *layer = wl_container_of(listener, layer, on.commit);
	if (!has_size(&layer->wlr->current)) {
		wl_resource_post_error(layer->wlr->resource, ZWLR_LAYER_SURFACE_V1_ERROR_INVALID_SIZE,
			"a size of 0 without anchors at both edges");
		return;
	}
	if (layer->wlr->initial_commit || layer->wlr->current.committed != 0) {
		arrange_output(layer->shell, layer->wlr->output, layer);
	}
	if (layer->wlr->current.committed != 0 && layer->wlr->surface->mapped) {
		changed(layer->shell, layer->wlr->output);
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct latch_layer_surface *layer = wl_container_of(listener, layer, on.destroy);
	latch_unlisten_all(&layer->on, sizeof(layer->on));
	layer->wlr->data = NULL;
	wl_list_remove(&layer->link);
	free(layer);
}

static void handle_new_layer(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_layer);
	struct wlr_layer_surface_v1 *wlr = data;
	struct latch_layer_surface *layer = calloc(1, sizeof(*layer));
	if (layer == NULL) {
		wl_resource_post_no_memory(wlr->resource);
		return;
	}
	if (wlr->output == NULL) {
		wlr->output = latch_choose_output(shell);
	}
	if (wlr->output == NULL) {
		free(layer);
		wlr_layer_surface_v1_destroy(wlr);
		return;
	}
	layer->shell = shell;
	layer->wlr = wlr;
	wlr->data = layer;
	wl_list_insert(&shell->layers, &layer->link);
	latch_listen(&wlr->surface->events.map, &layer->on.map, handle_map);
	latch_listen(&wlr->surface->events.unmap, &layer->on.unmap, handle_unmap);
	latch_listen(&wlr->surface->events.commit, &layer->on.commit, handle_commit);
	latch_listen(&wlr->events.destroy, &layer->on.destroy, handle_destroy);
}

bool latch_layers_init(struct latch_shell *shell) {
	wl_list_init(&shell->layers);
	struct wlr_layer_shell_v1 *layers =
		wlr_layer_shell_v1_create(shell->options.display, LAYER_SHELL_VERSION);
	if (layers != NULL) {
		latch_listen(&layers->events.new_surface, &shell->on.new_layer, handle_new_layer);
	}
	return layers != NULL;
}
