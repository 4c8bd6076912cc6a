#include "output/collect.h"

#include <math.h>
#include <stdlib.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/transform.h>

#include "base/format.h"
#include "output/content.h"
#include "output/look.h"
#include "shell/shell.h"

void latch_collection_finish(struct latch_collection *collection) {
	latch_layer_list_finish(&collection->layers);
	free(collection->surfaces);
	free(collection->shell_surfaces);
	*collection = (struct latch_collection){0};
}

/* Clients may put their surfaces anywhere. Beyond this nothing is seen, and sums of two fit an int. */
#define FAR_AWAY (1 << 28)

static int edge_pixel(double logical, double scale) {
	double pixel = logical * scale;
	if (pixel > FAR_AWAY) {
		return FAR_AWAY;
	}
	return pixel < -FAR_AWAY ? -FAR_AWAY : (int)round(pixel);
}

/* The mode's size as it stands before the eyes, not as the pixels lie in memory. */
static void upright_size(const struct wlr_output *output, int *width, int *height) {
	bool turned = (output->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	*width = turned ? output->height : output->width;
	*height = turned ? output->width : output->height;
}

static struct wlr_box turn_like_output(const struct wlr_output *output, struct wlr_box box) {
	if (output->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		int width, height;
		upright_size(output, &width, &height);
		wlr_box_transform(
			&box, &box, wlr_output_transform_invert(output->transform), width, height);
	}
	return box;
}

struct wlr_box latch_output_pixels(
	const struct wlr_output *output, const struct wlr_fbox *logical) {
	double scale = (double)output->scale;
	int x1 = edge_pixel(logical->x, scale);
	int y1 = edge_pixel(logical->y, scale);
	int x2 = edge_pixel(logical->x + logical->width, scale);
	int y2 = edge_pixel(logical->y + logical->height, scale);
	return turn_like_output(output,
		(struct wlr_box){.x = x1, .y = y1, .width = x2 - x1, .height = y2 - y1});
}

/* One direction of a surface on an upright output. */
struct axis {
	double start, size;	 // of the surface, in layout units
	double src;		 // what is shown of its buffer, in pixels
	int layout_size, pixels; // of the output
};

/* The buffer size that a client with wp_fractional_scale_v1 draws for a logical size: the scale comes in
 * steps of 1/120, and halves are rounded away from zero. */
static double drawn_size(double size, double scale) {
	return round(size * round(scale * 120) / 120);
}

/*
 * The layout has whole units, and wlroots rounds an output's size down to them: 2560 pixels at
 * scale 1.5 are 1706 units, and 1706 units are 2559 pixels. So what reaches the end of the layout
 * box reaches the end of the screen.
 *
 * The client still draws 2559 pixels, as the protocol has it. Made a pixel wider they would be
 * blurred, and no plane without a scaler would take them: a buffer of the size that the client
 * was asked for is shown pixel by pixel, from the surface's first edge on. The pixel that may be
 * missing at the other one is black. So it is with windows in the middle of the screen, where the
 * rounding of both edges can make a pixel more or less than the rounding of the size. Subsurfaces
 * have no such rule, and are often neighbours that must not part: they keep both edges, unless
 * there is no room for a neighbour.
 *
 * Returns whether the surface goes from one end of the screen to the other.
 */
static bool place(const struct axis *axis, double scale, bool subsurface, int *start, int *size) {
	bool at_end = axis->start + axis->size == axis->layout_size;
	int end = at_end ? axis->pixels : edge_pixel(axis->start + axis->size, scale);
	*start = edge_pixel(axis->start, scale);
	*size = end - *start;
	bool spans = *start <= 0 && end >= axis->pixels;
	if (axis->src != *size && (spans || !subsurface) &&
		fabs(axis->src - *size) <= ceil(scale) &&
		axis->src == drawn_size(axis->size, scale)) {
		*size = (int)axis->src;
	}
	return spans;
}

/* So that no product with a scale is too large. */
static bool is_near(int64_t logical) {
	return logical > -(FAR_AWAY >> 4) && logical < FAR_AWAY >> 4;
}

static bool can_place_whole(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, int scale) {
	int width, height;
	upright_size(output, &width, &height);
	return (float)scale == output->scale && scale <= 16 && layout->width * scale == width &&
	       layout->height * scale == height && is_near((int64_t)surface->x - layout->x) &&
	       is_near((int64_t)surface->y - layout->y) && is_near(surface->width) &&
	       is_near(surface->height);
}

static struct wlr_box place_whole(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, int scale, bool *fills) {
	const int x = surface->x - layout->x, y = surface->y - layout->y;
	*fills = x <= 0 && y <= 0 && x + surface->width >= layout->width &&
		 y + surface->height >= layout->height;
	return turn_like_output(output, (struct wlr_box){.x = x * scale,
						.y = y * scale,
						.width = surface->width * scale,
						.height = surface->height * scale});
}

struct wlr_box latch_surface_pixels(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, bool *fills) {
	double scale = (double)output->scale;
	if (can_place_whole(output, layout, surface, (int)scale)) {
		/* Nothing has to be rounded. */
		return place_whole(output, layout, surface, (int)scale, fills);
	}
	int width, height;
	upright_size(output, &width, &height);
	const struct axis x = {surface->x - layout->x, surface->width, surface->src_width,
		layout->width, width};
	const struct axis y = {surface->y - layout->y, surface->height, surface->src_height,
		layout->height, height};
	struct wlr_box box;
	bool spans_x = place(&x, scale, surface->subsurface, &box.x, &box.width);
	bool spans_y = place(&y, scale, surface->subsurface, &box.y, &box.height);
	*fills = spans_x && spans_y;
	return turn_like_output(output, box);
}

static int cursor_size(double size, double scale) {
	int pixels = edge_pixel(size, scale);
	return pixels > 0 ? pixels : 1;
}

struct wlr_box latch_cursor_pixels(const struct latch_cursor_image *image, double x, double y,
	const struct wlr_output *output, const struct wlr_box *layout) {
	double scale = (double)output->scale;
	const struct wlr_box box = {
		.x = edge_pixel(x - image->hotspot_x - layout->x, scale),
		.y = edge_pixel(y - image->hotspot_y - layout->y, scale),
		.width = cursor_size(image->width, scale),
		.height = cursor_size(image->height, scale),
	};
	return turn_like_output(output, box);
}

static void fill_layer(struct latch_layer *layer, const struct latch_shell_surface *entry,
	struct latch_content *content, const struct wlr_output *output,
	const struct wlr_box *layout) {
	struct wlr_surface *surface = entry->surface;
	layer->content = content;
	layer->id = content->record.surface_id;
	layer->serial = content->serial;
	layer->fourcc = content->fourcc;
	layer->modifier = content->modifier;
	layer->is_dmabuf = content->is_dmabuf;
	layer->buffer_width = content->width;
	layer->buffer_height = content->height;
	layer->transform = wlr_output_transform_compose(
		wlr_output_transform_invert(surface->current.transform), output->transform);
	if (content->width == surface->current.buffer_width &&
		content->height == surface->current.buffer_height) {
		wlr_surface_get_buffer_source_box(surface, &layer->src);
	} else {
		/* The newest buffer was bad (its fence failed): the last good one stays, whole. */
		layer->src = (struct wlr_fbox){.width = content->width, .height = content->height};
	}
	bool turned = (surface->current.transform & WL_OUTPUT_TRANSFORM_90) != 0;
	const struct latch_surface_place place = {
		.x = entry->x,
		.y = entry->y,
		.width = surface->current.width,
		.height = surface->current.height,
		.src_width = turned ? layer->src.height : layer->src.width,
		.src_height = turned ? layer->src.width : layer->src.height,
		.subsurface = entry->kind == LATCH_SHELL_SUBSURFACE,
	};
	layer->dst = latch_surface_pixels(output, layout, &place, &layer->fills_output);
	if (layer->src.x != (int)layer->src.x || layer->src.y != (int)layer->src.y) {
		const struct latch_format *format = latch_format_find(layer->fourcc);
		latch_layer_round_crop(layer, format != NULL ? format->x_sub : 1,
			format != NULL ? format->y_sub : 1);
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
		struct latch_content *content = surface->current;
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
		fill_layer(layer, entry, content, output, box);
		collection->surfaces[collection->surfaces_len++] = surface;
	}
	return true;
}

struct latch_surface *latch_collection_surface(
	const struct latch_collection *collection, size_t i) {
	size_t offset = collection->layers.len - collection->surfaces_len;
	return i < offset ? NULL : collection->surfaces[i - offset];
}
