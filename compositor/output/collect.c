/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_output_layout.h>
#include <wlr/util/transform.h>

#include "backend/output.h"
#include "base/array.h"
#include "dmabuf/udmabuf.h"
#include "output/content.h"
#include "output/geometry.h"
#include "output/look.h"
#include "output/output.h"
#include "shell/shell.h"

static struct wlr_box place_of(const struct latch_output *output) {
	struct wlr_box box;
	wlr_output_layout_get_box(output->core->layout, output->wlr_output, &box);
	return box;
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
	if (content->solid != 0 && layer->alpha == 0xffff) {
		layer->solid = content->solid;
		layer->opaque = true;
	}
}

/* Where the cursor has no plane it is the frontmost layer. */
static void add_cursor(struct latch_output *output, const struct wlr_box *box) {
	struct latch_core *core = output->core;
	double x, y;
	const struct latch_cursor_image *image = latch_shell_cursor(core->shell, &x, &y);
	if (image == NULL) {
		return;
	}
	if (output->cursor_content == NULL || output->cursor_content->serial != image->serial) {
		latch_content_unref(output->cursor_content);
		output->cursor_content =
			latch_content_from_buffer(core->contents, image->buffer, image->serial);
	}
	const struct latch_content *content = output->cursor_content;
	struct latch_layer *layer = content != NULL ? latch_layer_list_add(&output->layers) : NULL;
	if (layer == NULL) {
		return;
	}
	layer->content = output->cursor_content;
	layer->unreadable = LATCH_REASON_NO_DMABUF;
	layer->serial = content->serial;
	layer->fourcc = content->fourcc;
	layer->buffer_width = content->width;
	layer->buffer_height = content->height;
	layer->src = image->src;
	layer->dst = latch_cursor_pixels(image, x, y, output->wlr_output, box);
	layer->transform = wlr_output_transform_compose(
		wlr_output_transform_invert(image->transform), output->wlr_output->transform);
	layer->color = color_description_for(&layer->color, latch_output_color(output));
}

static size_t list_surfaces(struct latch_output *output, const struct wlr_box *box) {
	struct latch_shell *shell = output->core->shell;
	size_t len = latch_shell_surfaces(
		shell, box, output->shell_surfaces, output->shell_surfaces_cap);
	if (len <= output->shell_surfaces_cap) {
		return len;
	}
	if (!latch_array_reserve(&output->shell_surfaces, &output->shell_surfaces_cap, len,
		    sizeof(output->shell_surfaces[0]))) {
		return output->shell_surfaces_cap;
	}
	return latch_shell_surfaces(shell, box, output->shell_surfaces, output->shell_surfaces_cap);
}

/* To find it takes matrices and powers, and a surface seldom says something else. */
static struct color_description color_of(
	struct latch_surface *surface, const struct color_description *output) {
	const struct color_description *said = &surface->sync.current.color;
	if (surface->color.output != output ||
		!color_description_equal(said, &surface->color.said)) {
		surface->color.said = *said;
		surface->color.from = color_description_for(said, output);
		surface->color.output = output;
	}
	return surface->color.from;
}

/* What says nothing of its colours has them of sRGB, or of what the outputs expect. */
static uint64_t background_of(const struct latch_output *output, bool covered) {
	uint64_t color = output->core->background;
	if (covered || color == KMS_BLACK) {
		return KMS_BLACK;
	}
	const struct color_description *to = latch_output_color(output), untagged = {0};
	const struct color_description from = color_description_for(&untagged, to);
	if (from.transfer == COLOR_UNTAGGED) {
		return color;
	}
	const struct color_conversion conversion = color_conversion_make(&from, to);
	double rgb[3];
	for (int i = 0; i < 3; i++) {
		rgb[i] = (double)(color >> (32 - 16 * i) & 0xffff) / 0xffff;
	}
	color_convert(&conversion, rgb);
	color >>= 48;
	for (int i = 0; i < 3; i++) {
		color = color << 16 | (uint64_t)lround(rgb[i] * 0xffff);
	}
	return color;
}

/* alone: nothing else is on the output, whose composing would make each other's client slow. */
static uint64_t why_unreadable(const struct latch_output *output,
	const struct latch_surface *surface, const struct latch_content *content, bool alone) {
	if (content->is_dmabuf) {
		return 0;
	}
	/* Where planes are made up, so is what reads shared memory: any number will do. */
	const int none = output->core->planes_like != NULL ? 0 : -1;
	const int udmabuf_fd = output->kms != NULL ? output->kms->backend->udmabuf_fd : none;
	const uint64_t reasons = latch_udmabuf_check(udmabuf_fd, content->buffer);
	const bool short_of_buffers =
		alone && output->core->pacing == LATCH_PACING_LATE && !surface->has_third &&
		latch_pace_is_long(&surface->pace, output->deadline.vblank.mode_ns);
	return reasons == 0 && short_of_buffers ? LATCH_REASON_DRAWS_AHEAD : reasons;
}

bool latch_output_update_cursor(struct latch_output *output) {
	double x, y;
	const struct latch_cursor_image *image = latch_shell_cursor(output->core->shell, &x, &y);
	const struct wlr_box box = place_of(output);
	return latch_cursor_plane_show(&output->cursor, image, x, y, output->wlr_output, &box);
}

bool latch_output_collect(struct latch_output *output, bool with_cursor) {
	/* Planes look at a buffer's fences where they get no signalled fence with it. There the
	 * kernel would wait for what a client has begun to draw since its commit. */
	const struct latch_kms_output *kms = output->kms;
	const bool see_fences = kms != NULL && (kms->backend->signalled_fence_fd < 0 ||
						       kms->primary->props.in_fence_fd.id == 0);
	const struct wlr_box box = place_of(output);
	latch_output_find_color(output);
	output->layers.len = 0;
	if (with_cursor) {
		add_cursor(output, &box);
	}
	const size_t len = list_surfaces(output, &box);
	/* Nothing is listed behind a window that covers the output. */
	const struct latch_toplevel *last = len > 0 ? output->shell_surfaces[len - 1].toplevel : NULL;
	output->background =
		background_of(output, last != NULL && latch_toplevel_covers(last, &box));
	struct color_description whole = {0};
	for (size_t i = 0; i < len; i++) {
		const struct latch_shell_surface *entry = &output->shell_surfaces[i];
		struct latch_surface *surface = latch_surface_get(entry->surface);
		if (surface == NULL || surface->current == NULL) {
			continue;
		}
		if (!surface->registered) {
			latch_surface_register(surface,
				entry->toplevel != NULL ? latch_toplevel_app_id(entry->toplevel)
							: "");
		}
		struct latch_layer *layer = latch_layer_list_add(&output->layers);
		if (layer == NULL) {
			return false;
		}
		layer->surface = surface;
		fill_layer(layer, entry, surface->current, output->wlr_output, &box);
		const struct color_description *color = &surface->sync.current.color;
		layer->color = color_of(surface, latch_output_color(output));
		if (layer->fills_output && whole.transfer == COLOR_UNTAGGED &&
			color->transfer == COLOR_PQ) {
			whole = *color;
		}
		layer->ready = !see_fences || !latch_content_has_pending_fence(layer->content);
		layer->unreadable = why_unreadable(output, surface, layer->content, len == 1);
	}
	if (output->kms != NULL) {
		latch_kms_output_tell_content(output->kms, &whole);
	}
	return true;
}
