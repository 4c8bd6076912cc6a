/* SPDX-License-Identifier: MIT */
/*
 * The cursor's position and image.
 *
 * Of wlr_cursor only the part is used that collects events. The rest of it hands
 * images to wlr_output_cursor, which asserts that each output has a renderer
 * (wlr_output_cursor_set_buffer); an output of ours has none as long as nothing has
 * to be composed.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_cursor.h>
#include <wlr/types/wlr_xcursor_manager.h>
#include <wlr/xcursor.h>

#include "shell/private.h"

#define DEFAULT_SIZE 24
#define MAX_SIZE 512

/* The first picture of an animated one is enough: a cursor that moves by itself would
 * keep an idle screen busy. */
static struct latch_cursor_image find_in_theme(
	const struct latch_cursor *cursor, const char *name) {
	struct wlr_xcursor *xcursor = NULL;
	if (wlr_xcursor_manager_load(cursor->themes, cursor->scale)) {
		xcursor = wlr_xcursor_manager_get_xcursor(cursor->themes, name, cursor->scale);
		if (xcursor == NULL) {
			/* The wrong picture is better than none. */
			xcursor = wlr_xcursor_manager_get_xcursor(
				cursor->themes, "default", cursor->scale);
		}
	}
	if (xcursor == NULL) {
		return (struct latch_cursor_image){0};
	}
	struct wlr_xcursor_image *image = xcursor->images[0];
	const double scale = (double)cursor->scale;
	return (struct latch_cursor_image){
		.buffer = wlr_xcursor_image_get_buffer(image),
		.src = {.width = image->width, .height = image->height},
		.hotspot_x = image->hotspot_x / scale,
		.hotspot_y = image->hotspot_y / scale,
		.width = image->width / scale,
		.height = image->height / scale,
	};
}

static struct latch_cursor_image read_surface(const struct latch_cursor *cursor) {
	const struct wlr_surface_state *state = &cursor->surface->current;
	struct latch_cursor_image image = {
		.buffer = latch_watch_cursor_buffer(cursor->surface),
		.transform = state->transform,
		.hotspot_x = cursor->hotspot_x,
		.hotspot_y = cursor->hotspot_y,
		.width = state->width,
		.height = state->height,
	};
	if (image.buffer == NULL || state->width <= 0 || state->height <= 0) {
		return (struct latch_cursor_image){0};
	}
	wlr_surface_get_buffer_source_box(cursor->surface, &image.src);
	return image;
}

static void show(struct latch_shell *shell) {
	struct latch_cursor *cursor = &shell->cursor;
	struct wlr_buffer *old = cursor->image.buffer;
	const char *name = cursor->override != NULL ? cursor->override : cursor->name;
	struct latch_cursor_image image = {0};
	if (cursor->override == NULL && cursor->surface != NULL) {
		image = read_surface(cursor);
	} else if (name != NULL) {
		image = find_in_theme(cursor, name);
	}
	image.serial = cursor->image.serial + 1;
	if (image.buffer != NULL) {
		wlr_buffer_lock(image.buffer);
	}
	cursor->image = image;
	wlr_buffer_unlock(old);
	shell->options.cursor_moved(shell->options.data);
}

/* The client's image, if it is one, is on the cursor's output, if there is one. */
static void enter(struct latch_cursor *cursor) {
	if (cursor->surface != NULL && cursor->output != NULL) {
		wlr_surface_send_enter(cursor->surface, cursor->output);
		latch_surface_prefer(
			cursor->surface, cursor->output->scale, WL_OUTPUT_TRANSFORM_NORMAL);
	}
}

static void drop_surface(struct latch_cursor *cursor) {
	if (cursor->surface == NULL) {
		return;
	}
	latch_unlisten(&cursor->commit);
	latch_unlisten(&cursor->destroy);
	if (cursor->output != NULL) {
		wlr_surface_send_leave(cursor->surface, cursor->output);
	}
	cursor->surface = NULL;
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, cursor.commit);
	struct latch_cursor *cursor = &shell->cursor;
	/* wl_pointer.set_cursor: an offset of the surface moves the hotspot. */
	cursor->hotspot_x -= cursor->surface->current.dx;
	cursor->hotspot_y -= cursor->surface->current.dy;
	show(shell);
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, cursor.destroy);
	drop_surface(&shell->cursor);
	show(shell);
}

void latch_cursor_set_name(struct latch_shell *shell, const char *name) {
	struct latch_cursor *cursor = &shell->cursor;
	bool same = cursor->surface == NULL && cursor->name != NULL && name != NULL &&
		    strcmp(cursor->name, name) == 0;
	if (same) {
		return;
	}
	drop_surface(cursor);
	cursor->name = name;
	show(shell);
}

void latch_cursor_set_surface(struct latch_shell *shell, struct wlr_surface *surface,
	int32_t hotspot_x, int32_t hotspot_y) {
	struct latch_cursor *cursor = &shell->cursor;
	if (surface == NULL) {
		latch_cursor_set_name(shell, NULL);
		return;
	}
	cursor->name = NULL;
	cursor->hotspot_x = hotspot_x;
	cursor->hotspot_y = hotspot_y;
	if (surface != cursor->surface) {
		drop_surface(cursor);
		cursor->surface = surface;
		latch_listen(&surface->events.commit, &cursor->commit, handle_commit);
		latch_listen(&surface->events.destroy, &cursor->destroy, handle_destroy);
		enter(cursor);
	}
	show(shell);
}

void latch_cursor_set_override(struct latch_shell *shell, const char *name) {
	shell->cursor.override = name;
	show(shell);
}

static void update_output(struct latch_shell *shell) {
	struct latch_cursor *cursor = &shell->cursor;
	struct wlr_output *output =
		wlr_output_layout_output_at(shell->options.layout, cursor->x, cursor->y);
	if (output != cursor->output) {
		latch_cursor_leave(shell, cursor->output);
		cursor->output = output;
		enter(cursor);
	}
	/* Also when the output is the same one, and only its scale is not. */
	if (output != NULL && output->scale != cursor->scale) {
		cursor->scale = output->scale;
		enter(cursor);
		show(shell);
	}
}

void latch_cursor_leave(struct latch_shell *shell, struct wlr_output *output) {
	struct latch_cursor *cursor = &shell->cursor;
	if (output == NULL || cursor->output != output) {
		return;
	}
	if (cursor->surface != NULL) {
		wlr_surface_send_leave(cursor->surface, output);
	}
	cursor->output = NULL;
}

void latch_cursor_warp(struct latch_shell *shell, double x, double y) {
	struct latch_cursor *cursor = &shell->cursor;
	if (!isfinite(x) || !isfinite(y) || wl_list_empty(&shell->options.layout->outputs)) {
		return;
	}
	wlr_output_layout_closest_point(shell->options.layout, NULL, x, y, &x, &y);
	if (x == cursor->x && y == cursor->y) {
		return;
	}
	cursor->x = x;
	cursor->y = y;
	update_output(shell);
	shell->options.cursor_moved(shell->options.data);
}

void latch_cursor_update_outputs(struct latch_shell *shell) {
	struct latch_cursor *cursor = &shell->cursor;
	struct wlr_output_layout *layout = shell->options.layout;
	/* Before any question about it: the output may be gone. */
	if (cursor->output != NULL && wlr_output_layout_get(layout, cursor->output) == NULL) {
		cursor->output = NULL;
	}
	struct wlr_box box;
	wlr_output_layout_get_box(layout, NULL, &box);
	if (wlr_box_empty(&box)) {
		return;
	}
	if (!cursor->placed) {
		/* In the middle of the first output. */
		struct wlr_output *first = wlr_output_layout_get_center_output(layout);
		cursor->placed = latch_output_box(shell, first, &box);
		latch_cursor_warp(shell, box.x + box.width / 2.0, box.y + box.height / 2.0);
	} else {
		latch_cursor_warp(shell, cursor->x, cursor->y);
	}
	update_output(shell);
}

const struct latch_cursor_image *latch_shell_cursor(
	struct latch_shell *shell, double *x, double *y) {
	*x = shell->cursor.x;
	*y = shell->cursor.y;
	if (shell->options.no_cursor || shell->cursor.image.buffer == NULL ||
		!(shell->seat->capabilities & WL_SEAT_CAPABILITY_POINTER)) {
		return NULL;
	}
	return &shell->cursor.image;
}

struct wlr_surface *latch_shell_cursor_surface(struct latch_shell *shell) {
	return shell->cursor.override == NULL ? shell->cursor.surface : NULL;
}

bool latch_cursor_init(struct latch_shell *shell) {
	struct latch_cursor *cursor = &shell->cursor;
	const char *size_text = getenv("XCURSOR_SIZE");
	long size = size_text != NULL ? strtol(size_text, NULL, 10) : 0;
	if (size <= 0 || size > MAX_SIZE) {
		size = DEFAULT_SIZE;
	}
	cursor->themes = wlr_xcursor_manager_create(getenv("XCURSOR_THEME"), (uint32_t)size);
	cursor->devices = wlr_cursor_create();
	if (cursor->themes == NULL || cursor->devices == NULL) {
		return false;
	}
	cursor->name = "default";
	cursor->scale = 1;
	show(shell);
	return true;
}

void latch_cursor_finish(struct latch_shell *shell) {
	struct latch_cursor *cursor = &shell->cursor;
	drop_surface(cursor);
	wlr_buffer_unlock(cursor->image.buffer);
	wlr_xcursor_manager_destroy(cursor->themes);
	if (cursor->devices != NULL) {
		wlr_cursor_destroy(cursor->devices);
	}
}
