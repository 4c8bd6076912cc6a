#include "output/collect.h"

#include <math.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/transform.h>

#include "output/content.h"
#include "output/look.h"
#include "shell/shell.h"
#include "shell/toplevel.h"

void latch_collection_finish(struct latch_collection *collection) {
	latch_layer_list_finish(&collection->layers);
	free(collection->surfaces);
	free(collection->shell_surfaces);
	*collection = (struct latch_collection){0};
}

/* Clients may put their surfaces anywhere. Beyond this nothing is seen, and sums of two fit an int. */
#define FAR_AWAY (1 << 28)

static int edge_pixel(double logical, double scale) {
	return (int)round(fmin(fmax(logical * scale, -FAR_AWAY), FAR_AWAY));
}

struct wlr_box latch_output_pixels(
	const struct wlr_output *output, const struct wlr_fbox *logical) {
	double scale = (double)output->scale;
	int x1 = edge_pixel(logical->x, scale);
	int y1 = edge_pixel(logical->y, scale);
	int x2 = edge_pixel(logical->x + logical->width, scale);
	int y2 = edge_pixel(logical->y + logical->height, scale);
	struct wlr_box box = {.x = x1, .y = y1, .width = x2 - x1, .height = y2 - y1};
	if (output->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		int width = output->width, height = output->height;
		if (output->transform & WL_OUTPUT_TRANSFORM_90) {
			width = output->height;
			height = output->width;
		}
		wlr_box_transform(
			&box, &box, wlr_output_transform_invert(output->transform), width, height);
	}
	return box;
}

static void fill_layer(struct latch_layer *layer, struct wlr_surface *surface,
	struct latch_content *content, const struct wlr_output *output,
	const struct wlr_fbox *logical) {
	layer->content = content;
	layer->id = content->record.surface_id;
	layer->serial = content->serial;
	layer->fourcc = content->fourcc;
	layer->modifier = content->modifier;
	layer->is_dmabuf = content->is_dmabuf;
	layer->buffer_width = content->width;
	layer->buffer_height = content->height;
	layer->dst = latch_output_pixels(output, logical);
	layer->transform = wlr_output_transform_compose(
		wlr_output_transform_invert(surface->current.transform), output->transform);
	if (content->width == surface->current.buffer_width &&
		content->height == surface->current.buffer_height) {
		wlr_surface_get_buffer_source_box(surface, &layer->src);
	} else {
		/* The newest buffer was bad (its fence failed): the last good one stays, whole. */
		layer->src = (struct wlr_fbox){.width = content->width, .height = content->height};
	}
	latch_layer_take_look(layer, surface, output->transform);
}

static bool grow(void **array, size_t *cap, size_t len, size_t size) {
	if (len <= *cap) {
		return true;
	}
	void *grown = realloc(*array, len * size);
	if (grown == NULL) {
		return false;
	}
	*array = grown;
	*cap = len;
	return true;
}

static size_t list_surfaces(
	struct latch_collection *collection, struct latch_shell *shell, const struct wlr_box *box) {
	size_t len = latch_shell_surfaces(
		shell, box, collection->shell_surfaces, collection->shell_surfaces_cap);
	if (len <= collection->shell_surfaces_cap) {
		return len;
	}
	if (!grow((void **)&collection->shell_surfaces, &collection->shell_surfaces_cap, len,
		    sizeof(*collection->shell_surfaces))) {
		return collection->shell_surfaces_cap;
	}
	return latch_shell_surfaces(
		shell, box, collection->shell_surfaces, collection->shell_surfaces_cap);
}

bool latch_collect(struct latch_collection *collection, struct latch_shell *shell,
	struct latch_content_tracker *tracker, const struct wlr_output *output,
	const struct wlr_box *box) {
	size_t len = list_surfaces(collection, shell, box);
	if (!grow((void **)&collection->surfaces, &collection->surfaces_cap, len,
		    sizeof(struct latch_surface *))) {
		return false;
	}

	collection->layers.len = 0;
	collection->surfaces_len = 0;
	for (size_t i = 0; i < len; i++) {
		const struct latch_shell_surface *entry = &collection->shell_surfaces[i];
		struct latch_surface *surface = latch_surface_get(tracker, entry->surface);
		if (surface == NULL) {
			continue;
		}
		struct latch_content *content =
			latch_surface_content(surface, !collection->signalled_only);
		if (content == NULL) {
			continue;
		}
		if (!surface->registered) {
			latch_surface_register(surface,
				entry->toplevel != NULL ? latch_toplevel_app_id(entry->toplevel)
							: "");
		}
		struct latch_layer *layer = latch_layer_list_add(&collection->layers);
		if (layer == NULL) {
			return false;
		}
		struct wlr_fbox logical = {
			.x = (double)entry->x - box->x,
			.y = (double)entry->y - box->y,
			.width = entry->surface->current.width,
			.height = entry->surface->current.height,
		};
		fill_layer(layer, entry->surface, content, output, &logical);
		collection->surfaces[collection->surfaces_len++] = surface;
	}
	return true;
}

struct latch_surface *latch_collection_surface(
	const struct latch_collection *collection, size_t i) {
	size_t offset = collection->layers.len - collection->surfaces_len;
	return i < offset ? NULL : collection->surfaces[i - offset];
}
