/* SPDX-License-Identifier: MIT */
#include "output/compose.h"

#include <wlr/render/pass.h>
#include <wlr/render/swapchain.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "base/array.h"
#include "kms/commit.h"
#include "output/content.h"
#include "output/dumb.h"
#include "output/look.h"
#include "output/renderer.h"
#include "output/swapchain.h"
#include "output/texture.h"

void latch_composer_init(struct latch_composer *composer, struct latch_renderer *renderer,
	struct wlr_output *output, struct wl_event_loop *loop, void (*done)(void *data),
	void *data) {
	*composer = (struct latch_composer){
		.renderer = renderer, .output = output, .background = KMS_BLACK};
	wlr_damage_ring_init(&composer->damage);
	pixman_region32_init(&composer->unseen);
	latch_job_init(&composer->job, loop, done, data);
}

void latch_composer_reset(struct latch_composer *composer) {
	wlr_buffer_unlock(composer->front);
	composer->front = NULL;
	wlr_swapchain_destroy(composer->swapchain);
	composer->swapchain = NULL;
	composer->drawn_len = 0;
	latch_job_reset(&composer->job);
	wlr_damage_ring_finish(&composer->damage);
	wlr_damage_ring_init(&composer->damage);
}

void latch_composer_finish(struct latch_composer *composer) {
	latch_composer_reset(composer);
	wlr_damage_ring_finish(&composer->damage);
	pixman_region32_fini(&composer->unseen);
	free(composer->drawn);
	*composer = (struct latch_composer){0};
}

void latch_composer_note_shown(struct latch_composer *composer, const struct wlr_buffer *composed) {
	if (composed == NULL) {
		pixman_region32_union_rect(&composer->unseen, &composer->unseen, 0, 0,
			(unsigned)composer->output->width, (unsigned)composer->output->height);
	} else if (composed == composer->front) {
		pixman_region32_clear(&composer->unseen);
	}
}

/* A layer on a plane above the picture is none of its business; one below needs its hole. */
static bool is_drawn(const struct latch_layer *layer) {
	return layer->place == LATCH_LAYER_COMPOSED || layer->underlay;
}

enum difference { NOTHING, PART, WHOLE };

/* What of a layer differs from what was drawn in its place; NULL: nothing was. */
static enum difference compare(
	const struct latch_drawn_layer *drawn, const struct latch_layer *layer) {
	if (drawn == NULL || drawn->shape.underlay != layer->underlay ||
		!latch_layer_same_shape(&drawn->shape, layer)) {
		return WHOLE;
	}
	if (layer->underlay) {
		return NOTHING;
	}
	if (drawn->shape.serial == layer->serial) {
		/* What was left out is not drawn as long as it would be again. */
		return drawn->left_out && !latch_content_has_pending_fence(layer->content)
			       ? WHOLE
			       : NOTHING;
	}
	/* Where it is the next content of the same surface, its damage. */
	const bool is_known = !drawn->left_out && !drawn->missing && drawn->shape.serial != 0 &&
			      drawn->shape.serial == layer->content->damage_since;
	return is_known ? PART : WHOLE;
}

static bool remember(struct latch_composer *composer, size_t i, const struct latch_layer *layer) {
	if (!latch_array_reserve(
		    &composer->drawn, &composer->drawn_cap, i + 1, sizeof(composer->drawn[0]))) {
		return false;
	}
	composer->drawn[i] = (struct latch_drawn_layer){.shape = *layer};
	layer->content->drawn = true;
	return true;
}

/* Returns false when the part is not to be seen, or nothing. */
static bool add_part(struct latch_composer *composer, const struct latch_layer *layer) {
	bool damaged = false;
	int len;
	const pixman_box32_t *rects = pixman_region32_rectangles(&layer->content->damage, &len);
	for (int i = 0; i < len; i++) {
		struct wlr_box box;
		if (latch_look_damage(layer, &rects[i], &box)) {
			wlr_damage_ring_add_box(&composer->damage, &box);
			damaged = true;
		}
	}
	return damaged;
}

/*
 * Adds to the damage what looks different from the last picture: layers are compared in their
 * order, and where one differs both its old and its new rectangle are damaged, or where only its
 * pixels do, these. Returns false when nothing does.
 */
static bool collect_damage(
	struct latch_composer *composer, const struct latch_layer *layers, size_t len) {
	size_t visible = 0;
	bool damaged =
		composer->front == NULL || composer->drawn_background != composer->background;
	bool whole = damaged;
	composer->drawn_background = composer->background;
	for (size_t i = 0; i < len; i++) {
		const struct latch_layer *layer = &layers[i];
		if (!is_drawn(layer)) {
			continue;
		}
		const size_t at = visible++;
		struct latch_drawn_layer *drawn =
			at < composer->drawn_len ? &composer->drawn[at] : NULL;
		const enum difference difference = compare(drawn, layer);
		if (difference == NOTHING) {
			composer->left_out = composer->left_out || drawn->left_out;
			continue;
		}
		if (difference == PART) {
			damaged = add_part(composer, layer) || damaged;
			remember(composer, at, layer);
			continue;
		}
		damaged = true;
		if (drawn != NULL) {
			wlr_damage_ring_add_box(&composer->damage, &drawn->shape.dst);
		}
		wlr_damage_ring_add_box(&composer->damage, &layer->dst);
		whole = !remember(composer, at, layer) || whole;
	}
	for (size_t i = visible; i < composer->drawn_len; i++) {
		wlr_damage_ring_add_box(&composer->damage, &composer->drawn[i].shape.dst);
		damaged = true;
	}
	composer->drawn_len = visible <= composer->drawn_cap ? visible : composer->drawn_cap;
	if (whole) {
		wlr_damage_ring_add_whole(&composer->damage);
	}
	return damaged;
}

/* The last picture has a layer's pixels where it has not moved since, or something near to them.
 * Returns false where it can't be drawn. */
static bool draw_last(struct latch_composer *composer, struct wlr_render_pass *pass,
	const struct wlr_box *box, const pixman_region32_t *clip) {
	const struct wlr_box screen = {
		.width = composer->output->width, .height = composer->output->height};
	struct wlr_box seen;
	if (composer->front == NULL || !wlr_box_intersection(&seen, box, &screen)) {
		return false;
	}
	struct wlr_texture *last =
		wlr_texture_from_buffer(composer->renderer->wlr_renderer, composer->front);
	if (last == NULL) {
		return false;
	}
	wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){
						  .texture = last,
						  .src_box = {.x = seen.x,
							  .y = seen.y,
							  .width = seen.width,
							  .height = seen.height},
						  .dst_box = seen,
						  .clip = clip,
						  .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
					  });
	wlr_texture_destroy(last);
	return true;
}

#define HOLE 0 /* the plane below the picture is seen there */

/* color: as latch_layer.solid. */
static void fill(struct wlr_render_pass *pass, struct wlr_box box, uint64_t color,
	const pixman_region32_t *clip) {
	wlr_render_pass_add_rect(pass, &(struct wlr_render_rect_options){
					       .box = box,
					       .color = {.r = (float)(color >> 32 & 0xffff) / 0xffff,
						       .g = (float)(color >> 16 & 0xffff) / 0xffff,
						       .b = (float)(color & 0xffff) / 0xffff,
						       .a = (float)(color >> 48) / 0xffff},
					       .clip = clip,
					       .blend_mode = WLR_RENDER_BLEND_MODE_NONE,
				       });
}

/* holes: something is shown below the picture, whose alpha counts. Returns false where it could not
 * be drawn. */
static bool draw_layer(struct latch_composer *composer, struct wlr_render_pass *pass,
	const struct latch_layer *layer, const pixman_region32_t *clip, bool holes) {
	struct latch_color color = latch_layer_color(layer);
	color.to = composer->color;
	struct wlr_texture *texture =
		latch_texture_get(composer->renderer, layer->content, &color);
	if (texture == NULL) {
		if (!layer->content->texture_failed) {
			wlr_log(WLR_ERROR, "surface %u can't be composed: %s can't read its buffer",
				layer->content->record.surface_id,
				latch_renderer_name(composer->renderer));
			layer->content->texture_failed = true;
		}
		return false;
	}
	struct wlr_render_texture_options options = {.texture = texture, .clip = clip};
	float alpha;
	latch_layer_texture_options(layer, &options, &alpha);
	/* It is not blended, as its client says that it is opaque, which its pixels need not be. */
	if (holes && layer->opaque && latch_format_without_alpha(layer->fourcc) != layer->fourcc) {
		fill(pass, layer->dst, KMS_BLACK, clip);
		options.blend_mode = WLR_RENDER_BLEND_MODE_PREMULTIPLIED;
	}
	wlr_render_pass_add_texture(pass, &options);
	return true;
}

/* Whether something of the layer is drawn anew: its hole, too, if it has one. */
static bool is_damaged(const struct latch_layer *layer, const pixman_region32_t *damage) {
	pixman_box32_t box = {.x1 = layer->dst.x,
		.y1 = layer->dst.y,
		.x2 = layer->dst.x + layer->dst.width,
		.y2 = layer->dst.y + layer->dst.height};
	return pixman_region32_contains_rectangle(damage, &box) != PIXMAN_REGION_OUT;
}

static void log_written(const struct latch_layer *layer) {
	if (!layer->content->logged_written) {
		layer->content->logged_written = true;
		wlr_log(WLR_INFO,
			"surface %u: its client writes to the buffer that it has committed: "
			"its last picture is shown meanwhile",
			layer->content->record.surface_id);
	}
}

/* The background, where no layer hides it that is drawn. */
static void fill_behind(struct wlr_render_pass *pass, const struct latch_layer *layers, size_t len,
	struct wlr_box box, uint64_t background, const pixman_region32_t *damage) {
	pixman_region32_t bare;
	pixman_region32_init(&bare);
	pixman_region32_copy(&bare, damage);
	for (size_t i = 0; i < len && pixman_region32_not_empty(&bare); i++) {
		if (is_drawn(&layers[i])) {
			latch_layer_cover(&layers[i], &bare);
		}
	}
	if (pixman_region32_not_empty(&bare)) {
		fill(pass, box, background, &bare);
	}
	pixman_region32_fini(&bare);
}

static bool draw(struct latch_composer *composer, struct wlr_buffer *buffer,
	const struct latch_layer *layers, size_t len) {
	pixman_region32_t damage;
	pixman_region32_init(&damage);
	if (composer->front == NULL) {
		pixman_region32_union_rect(&composer->unseen, &composer->unseen, 0, 0,
			(unsigned)buffer->width, (unsigned)buffer->height);
	}
	pixman_region32_union(&composer->unseen, &composer->unseen, &composer->damage.current);
	wlr_damage_ring_rotate_buffer(&composer->damage, buffer, &damage);

	struct wlr_buffer_pass_options options = {0};
	latch_job_begin(&composer->job, composer->renderer, &options);
	struct wlr_render_pass *pass = wlr_renderer_begin_buffer_pass(
		composer->renderer->wlr_renderer, buffer, &options);
	if (pass == NULL) {
		pixman_region32_fini(&damage);
		return false;
	}
	fill_behind(pass, layers, len,
		(struct wlr_box){.width = buffer->width, .height = buffer->height},
		composer->background, &damage);
	bool holes = false, ycbcr = false;
	size_t at = 0;
	for (size_t i = 0; i < len; i++) {
		holes = holes || layers[i].underlay;
		at += is_drawn(&layers[i]);
	}
	for (size_t i = len; i-- > 0;) {
		const struct latch_layer *layer = &layers[i];
		at -= is_drawn(layer);
		if (!is_drawn(layer) || !is_damaged(layer, &damage)) {
			continue;
		}
		/* Where there was no memory for it, nothing is remembered of a layer. */
		struct latch_drawn_layer forgotten;
		struct latch_drawn_layer *drawn =
			at < composer->drawn_len ? &composer->drawn[at] : &forgotten;
		if (layer->underlay) {
			fill(pass, layer->dst, HOLE, &damage);
			continue;
		}
		/* Then our job would have to wait for the client's GPU, if it read this layer's
		 * buffer. (pixman does not wait for fences.) */
		const bool written = composer->renderer->kind != LATCH_RENDERER_PIXMAN &&
				     latch_content_has_pending_fence(layer->content);
		const bool done = written ? draw_last(composer, pass, &layer->dst, &damage)
					  : draw_layer(composer, pass, layer, &damage, holes);
		ycbcr = ycbcr || layer->color_encoding != KMS_COLOR_ENCODING_ANY;
		if (!done && (layer->opaque || layer->opaque_boxes_len > 0)) {
			fill(pass, layer->dst, KMS_BLACK, &damage);
		}
		if (written) {
			/* To be drawn with the next picture, though nothing else of it may
			 * change. */
			log_written(layer);
			drawn->left_out = composer->left_out = true;
		} else if (!done) {
			drawn->missing = true;
		}
	}
	if (ycbcr) {
		latch_renderer_forget_textures(composer->renderer, pass);
	}
	bool ok = wlr_render_pass_submit(pass);
	if (ok) {
		composer->renderer->drawn++;
		latch_job_submitted(&composer->job, buffer,
			composer->renderer->kind != LATCH_RENDERER_PIXMAN);
	}
	pixman_region32_fini(&damage);
	return ok;
}

bool latch_composer_is_busy(const struct latch_composer *composer) {
	return composer->job.pending ||
	       (composer->lacks_buffer && latch_dumb_is_making(composer->output->allocator));
}

/* Whether there is a buffer to draw into, or one can be had at once. */
static bool has_buffer(const struct latch_composer *composer) {
	const struct wlr_output *output = composer->output;
	const struct wlr_swapchain *swapchain = composer->swapchain;
	if (swapchain == NULL || swapchain->width != output->width ||
		swapchain->height != output->height) {
		return latch_dumb_ready(output->allocator, output->width, output->height, 2);
	}
	for (size_t i = 0; i < WLR_SWAPCHAIN_CAP; i++) {
		if (swapchain->slots[i].buffer != NULL && !swapchain->slots[i].acquired) {
			/* One came back before what was made in its place was taken. */
			latch_dumb_trim(output->allocator, output->width, output->height);
			return true;
		}
	}
	return latch_dumb_ready(output->allocator, output->width, output->height, 1);
}

struct wlr_buffer *latch_composer_compose(
	struct latch_composer *composer, const struct latch_layer *layers, size_t len) {
	composer->has_drawn = composer->left_out = false;
	if (composer->renderer->lost ||
		!latch_renderer_give(composer->renderer, composer->output)) {
		return NULL;
	}
	composer->lacks_buffer = !has_buffer(composer);
	if (composer->lacks_buffer) {
		return NULL;
	}
	if (!collect_damage(composer, layers, len)) {
		return wlr_buffer_lock(composer->front);
	}

	struct wlr_buffer *buffer = NULL;
	if (latch_swapchain_configure(composer->output, &composer->swapchain)) {
		buffer = wlr_swapchain_acquire(composer->swapchain);
	}
	if (buffer != NULL && !draw(composer, buffer, layers, len)) {
		wlr_log(WLR_ERROR, "%s: composing failed", composer->output->name);
		wlr_buffer_unlock(buffer);
		buffer = NULL;
	}
	if (buffer == NULL) {
		latch_composer_reset(composer);
		return NULL;
	}
	wlr_buffer_unlock(composer->front);
	composer->front = wlr_buffer_lock(buffer);
	composer->has_drawn = true;
	return buffer;
}
