/* SPDX-License-Identifier: MIT */
#include "output/texture.h"

#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "output/content.h"
#include "output/mapped_buffer.h"
#include "output/renderer.h"

static bool is_straight(const struct latch_content *content, const struct latch_color *color) {
	return color->straight_alpha && latch_convert_has_alpha(content->fourcc);
}

static struct wlr_texture *import(
	struct latch_renderer *renderer, struct latch_content *content) {
	struct wlr_buffer *source = content->buffer;
	if (content->is_dmabuf && renderer->kind == LATCH_RENDERER_GLES2 &&
		!latch_trial_passes(&renderer->trial, source)) {
		return NULL;
	}
	/* pixman's texture reads the client's memory itself. */
	content->texture_is_copy = content->is_shm && renderer->kind != LATCH_RENDERER_PIXMAN;
	if (renderer->kind == LATCH_RENDERER_PIXMAN && content->is_dmabuf) {
		source = latch_mapped_buffer_get(content->buffer);
		if (source == NULL) {
			return NULL;
		}
	}
	return wlr_texture_from_buffer(renderer->wlr_renderer, source);
}

static struct wlr_texture *convert(const struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color) {
	content->texture_is_copy = false;
	struct wlr_buffer *converted = latch_converted_buffer_create(content->buffer, color);
	if (converted == NULL) {
		return NULL;
	}
	/* pixman's texture holds the buffer, the others have copied it. */
	struct wlr_texture *texture = wlr_texture_from_buffer(renderer->wlr_renderer, converted);
	wlr_buffer_drop(converted);
	return texture;
}

static bool is_recolored(const struct latch_color *color) {
	return color->from.transfer != COLOR_UNTAGGED;
}

static bool can_convert_content(const struct latch_content *content) {
	return latch_convert_can(content->fourcc) &&
	       (!content->is_dmabuf || latch_mapped_buffer_map(content->buffer));
}

/*
 * Whether the renderer makes the right colours of the texture that it has imported.
 *
 * No renderer of wlroots blends straight alpha. vulkan takes encoding and range with each texture.
 * gles2 leaves them to the driver, unless it is told by us. Mesa's takes BT.601 in limited range,
 * which is also what latch takes for content that does not say what it is.
 */
static bool has_colors(const struct latch_renderer *renderer, const struct latch_content *content,
	const struct latch_color *color, struct wlr_texture *texture) {
	return !is_straight(content, color) &&
	       (renderer->kind != LATCH_RENDERER_GLES2 || !latch_format_is_ycbcr(content->fourcc) ||
		       latch_gl_color_set(renderer, texture, content->buffer, color) ||
		       (color->encoding <= KMS_COLOR_ENCODING_BT601 &&
			       color->range <= KMS_COLOR_RANGE_LIMITED));
}

static bool is_imported(const struct latch_renderer *renderer, const struct latch_content *content,
	const struct latch_color *color) {
	const bool pixman = renderer->kind == LATCH_RENDERER_PIXMAN;
	if (is_straight(content, color)) {
		return !pixman && !can_convert_content(content);
	}
	if (pixman && is_recolored(color) && can_convert_content(content)) {
		return false;
	}
	return !pixman || !content->is_dmabuf ||
	       latch_renderer_has_format(renderer, WLR_BUFFER_CAP_DATA_PTR, content->fourcc);
}

/* What it is made of is not needed any more, if that was drawn anew; nor is it a copy then. */
static struct wlr_texture *finish(struct latch_content *content, struct wlr_texture *texture,
	struct wlr_texture *made) {
	if (made != texture) {
		wlr_texture_destroy(texture);
		content->texture_is_copy = false;
	}
	return made;
}

static struct wlr_texture *make_texture(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color) {
	struct wlr_texture *texture =
		is_imported(renderer, content, color) ? import(renderer, content) : NULL;
	if (texture != NULL && has_colors(renderer, content, color, texture)) {
		struct wlr_texture *made =
			is_recolored(color) ? latch_gl_convert(renderer, texture, color) : texture;
		if (made != NULL) {
			return finish(content, texture, made);
		}
	}
	if (texture != NULL && !can_convert_content(content)) {
		/* In a layout that only the GPU knows: wrong colours are better than none. */
		if (!renderer->logged_colors) {
			wlr_log(WLR_INFO,
				"%s can't be told the colours of all buffers that are not linear: "
				"they are composed as BT.601, limited range, or as RGB of the "
				"output",
				latch_renderer_name(renderer));
			renderer->logged_colors = true;
		}
		return texture;
	}
	wlr_texture_destroy(texture);
	/* The driver lacks the format or the colours, or the strides are not as pixman wants
	 * them. */
	return latch_convert_can(content->fourcc) ? convert(renderer, content, color) : NULL;
}

struct wlr_texture *latch_texture_get(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color) {
	if (content->buffer == NULL) {
		return content->texture; // it stays as it was made
	}
	if (content->texture != NULL && latch_color_equal(&content->texture_color, color)) {
		latch_content_refresh_texture(content);
	} else {
		latch_content_drop_texture(content);
	}
	if (content->texture == NULL) {
		content->texture = make_texture(renderer, content, color);
		content->texture_color = *color;
	}
	return content->texture;
}
