/* SPDX-License-Identifier: MIT */
/*
 * A watch on every surface of every client. It notices when something on the screen
 * changed its place or size, which no single event tells: a subsurface's position is
 * part of its parent's commit, its size of its own. And it keeps the buffer of a
 * surface that may become the cursor, for set_cursor can come after the commit.
 */
#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/addon.h>

#include "base/hash.h"
#include "shell/private.h"

struct watch {
	struct wlr_addon addon;
	struct latch_shell *shell;
	struct wlr_surface *surface;
	/* Of everything about the surface that moves others or itself. */
	uint64_t shape;
	struct wlr_buffer *cursor_buffer;
	struct wl_listener map, unmap, commit;
};

static void watch_addon_destroy(struct wlr_addon *addon) {
	struct watch *watch = wl_container_of(addon, watch, addon);
	wlr_buffer_unlock(watch->cursor_buffer);
	latch_unlisten(&watch->map);
	latch_unlisten(&watch->unmap);
	latch_unlisten(&watch->commit);
	wlr_addon_finish(&watch->addon);
	free(watch);
}

static const struct wlr_addon_interface addon_impl = {
	.name = "latch_watch",
	.destroy = watch_addon_destroy,
};

/* A collision would cost one late update. */
static uint64_t mix_subsurfaces(uint64_t hash, struct wl_list *list) {
	struct wlr_subsurface *subsurface;
	wl_list_for_each(subsurface, list, current.link) {
		const int32_t point[] = {subsurface->current.x, subsurface->current.y};
		hash = latch_hash(hash, &subsurface, sizeof(subsurface));
		hash = latch_hash(hash, point, sizeof(point));
	}
	return latch_hash(hash, "", 1);
}

static uint64_t get_shape(struct wlr_surface *surface) {
	const struct wlr_xdg_surface *xdg = wlr_xdg_surface_try_from_wlr_surface(surface);
	const struct wlr_xdg_popup *popup = wlr_xdg_popup_try_from_wlr_surface(surface);
	const struct {
		int32_t width, height;
		pixman_box32_t input;
		struct wlr_box window, popup;
	} shape = {
		.width = surface->current.width,
		.height = surface->current.height,
		.input = *pixman_region32_extents(&surface->input_region),
		.window = xdg != NULL ? xdg->geometry : (struct wlr_box){0},
		.popup = popup != NULL ? popup->current.geometry : (struct wlr_box){0},
	};
	uint64_t hash = latch_hash(LATCH_HASH_START, &shape, sizeof(shape));
	hash = mix_subsurfaces(hash, &surface->current.subsurfaces_below);
	return mix_subsurfaces(hash, &surface->current.subsurfaces_above);
}

static void keep_cursor_buffer(struct watch *watch) {
	struct wlr_surface *surface = watch->surface;
	bool may = surface->role == NULL || strcmp(surface->role->name, "wl_pointer-cursor") == 0;
	if (may && !(surface->current.committed & WLR_SURFACE_STATE_BUFFER)) {
		return;
	}
	struct wlr_buffer *old = watch->cursor_buffer;
	watch->cursor_buffer = may && surface->current.buffer != NULL
				       ? wlr_buffer_lock(surface->current.buffer)
				       : NULL;
	wlr_buffer_unlock(old);
}

static void handle_commit(struct wl_listener *listener, void *data) {
	struct watch *watch = wl_container_of(listener, watch, commit);
	keep_cursor_buffer(watch);
	if (!watch->surface->mapped) {
		return;
	}
	uint64_t shape = get_shape(watch->surface);
	if (shape != watch->shape) {
		watch->shape = shape;
		latch_shell_changed(watch->shell);
	}
}

static void handle_map(struct wl_listener *listener, void *data) {
	struct watch *watch = wl_container_of(listener, watch, map);
	watch->shape = get_shape(watch->surface);
	latch_shell_changed(watch->shell);
}

static void handle_unmap(struct wl_listener *listener, void *data) {
	struct watch *watch = wl_container_of(listener, watch, unmap);
	struct wlr_surface_output *output, *tmp;
	wl_list_for_each_safe(output, tmp, &watch->surface->current_outputs, link) {
		wlr_surface_send_leave(watch->surface, output->output);
	}
	latch_shell_changed(watch->shell);
}

void latch_handle_new_surface(struct wl_listener *listener, void *data) {
	struct latch_shell *shell = wl_container_of(listener, shell, on.new_surface);
	struct wlr_surface *surface = data;
	struct watch *watch = calloc(1, sizeof(*watch));
	if (watch == NULL) {
		wl_resource_post_no_memory(surface->resource);
		return;
	}
	watch->shell = shell;
	watch->surface = surface;
	wlr_addon_init(&watch->addon, &surface->addons, &addon_impl, &addon_impl);
	latch_listen(&surface->events.map, &watch->map, handle_map);
	latch_listen(&surface->events.unmap, &watch->unmap, handle_unmap);
	latch_listen(&surface->events.commit, &watch->commit, handle_commit);
}

struct wlr_buffer *latch_watch_cursor_buffer(struct wlr_surface *surface) {
	struct wlr_addon *addon = wlr_addon_find(&surface->addons, &addon_impl, &addon_impl);
	if (addon == NULL) {
		return NULL;
	}
	struct watch *watch = wl_container_of(addon, watch, addon);
	return watch->cursor_buffer;
}
