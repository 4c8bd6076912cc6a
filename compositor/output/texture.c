#include "output/texture.h"

#include <wlr/interfaces/wlr_buffer.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/util/log.h>

#include "output/content.h"
#include "output/convert.h"
#include "output/gl_color.h"
#include "output/mapped_buffer.h"
#include "output/renderer.h"

/* Clients may name as many rectangles as they like. With more than so many, what encloses them. */
#define MAX_RECTS 16

static bool is_straight(const struct latch_content *content, const struct latch_color *color) {
	return color->straight_alpha && latch_convert_has_alpha(content->fourcc);
}

static struct wlr_texture *import(
	const struct latch_renderer *renderer, struct latch_content *content) {
	struct wlr_buffer *source = content->buffer;
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
	if (is_straight(content, color)) {
		return false;
	}
	return renderer->kind != LATCH_RENDERER_GLES2 || !latch_format_is_ycbcr(content->fourcc) ||
	       latch_gl_color_set(renderer, texture, content->buffer, color) ||
	       (color->encoding <= KMS_COLOR_ENCODING_BT601 &&
		       color->range <= KMS_COLOR_RANGE_LIMITED);
}

static bool is_imported(const struct latch_renderer *renderer,
	const struct latch_content *content, const struct latch_color *color) {
	if (renderer->kind == LATCH_RENDERER_PIXMAN) {
		return !is_straight(content, color) &&
		       (!content->is_dmabuf ||
			       latch_renderer_has_format(
				       renderer, WLR_BUFFER_CAP_DATA_PTR, content->fourcc));
	}
	return !is_straight(content, color) || !can_convert_content(content);
}

static struct wlr_texture *make_texture(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color) {
	struct wlr_texture *texture =
		is_imported(renderer, content, color) ? import(renderer, content) : NULL;
	if (texture != NULL && has_colors(renderer, content, color, texture)) {
		return texture;
	}
	if (texture != NULL && !can_convert_content(content)) {
		/* In a layout that only the GPU knows: wrong colours are better than none. */
		if (!renderer->logged_colors) {
			wlr_log(WLR_INFO,
				"%s can't be told the colour encoding of buffers that are not "
				"linear: they are composed as BT.601, limited range",
				latch_renderer_kind_name(renderer->kind));
			renderer->logged_colors = true;
		}
		return texture;
	}
	wlr_texture_destroy(texture);
	/* The driver lacks the format or the colours, or the strides are not as pixman wants
	 * them. */
	return latch_convert_can(content->fourcc) ? convert(renderer, content, color) : NULL;
}

void latch_texture_drop(struct latch_content *content) {
	wlr_texture_destroy(content->texture);
	content->texture = NULL;
	content->texture_is_copy = false;
	pixman_region32_clear(&content->texture_stale);
}

/* Brings the copy to what the buffer has. Without the texture then, if that is not possible. */
static void refresh(struct latch_content *content) {
	if (!pixman_region32_not_empty(&content->texture_stale)) {
		return;
	}
	if (wlr_texture_update_from_buffer(
		    content->texture, content->buffer, &content->texture_stale)) {
		pixman_region32_clear(&content->texture_stale);
	} else {
		latch_texture_drop(content);
	}
}

struct wlr_texture *latch_texture_get(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color) {
	if (content->buffer == NULL) {
		return content->texture; // it stays as it was made
	}
	if (content->texture != NULL && latch_color_equal(&content->texture_color, color)) {
		refresh(content);
	} else {
		latch_texture_drop(content);
	}
	if (content->texture == NULL) {
		content->texture = make_texture(renderer, content, color);
		content->texture_color = *color;
	}
	return content->texture;
}

static void add_region(pixman_region32_t *region, const pixman_region32_t *more) {
	pixman_region32_union(region, region, more);
	if (pixman_region32_n_rects(region) > MAX_RECTS) {
		const pixman_box32_t extents = *pixman_region32_extents(region);
		pixman_region32_reset(region, &extents);
	}
}

/* On a plane nothing is drawn, and what was drawn before that is of no use any more. */
static void note_damage(const struct latch_content *before, struct latch_content *content,
	const pixman_region32_t *damage) {
	if (before->drawn) {
		content->damage_since = before->serial;
		add_region(&content->damage, damage);
	} else if (!before->submitted && before->damage_since != 0) {
		content->damage_since = before->damage_since;
		add_region(&content->damage, &before->damage);
		add_region(&content->damage, damage);
	}
}

static void take_over(const struct latch_renderer *renderer, struct latch_content *before,
	struct latch_content *content, const pixman_region32_t *damage) {
	content->texture = before->texture;
	content->texture_color = before->texture_color;
	content->texture_is_copy = true;
	add_region(&content->texture_stale, &before->texture_stale);
	add_region(&content->texture_stale, damage);
	before->texture = NULL;
	latch_texture_drop(before);
	if (before->drawn && !renderer->lost) {
		refresh(content);
	}
}

void latch_texture_follow(struct latch_renderer *renderer, struct latch_content *before,
	struct latch_content *content, const pixman_region32_t *damage) {
	if (before->fourcc != content->fourcc || before->width != content->width ||
		before->height != content->height) {
		return;
	}
	note_damage(before, content, damage);
	if (before->texture != NULL && before->texture_is_copy && content->is_shm) {
		take_over(renderer, before, content, damage);
	}
}
