/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct latch_color;
struct latch_content;
struct latch_renderer;
struct wlr_buffer;

/**
 * The content's pixels as a texture of premultiplied RGB, or of YCbCr where the renderer makes RGB
 * of it. Made once, made again when color changes, and owned by the content. What the renderer
 * can't read by itself goes through latch_convert(). NULL when the buffer can't be read by this
 * renderer; or when it has to be converted and a fence is pending on it, so that the next call may
 * succeed. The buffer stays with the content: a GPU's copy of it can be lost.
 */
struct wlr_texture *latch_texture_get(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color);

/* gl_convert.c */

/**
 * A texture of GL, of premultiplied RGB in the colours of color->from, as one in those of color->to:
 * drawn anew, in a buffer of ours. NULL where GL or memory does not do it.
 */
struct wlr_texture *latch_gl_convert(struct latch_renderer *renderer, struct wlr_texture *texture,
	const struct latch_color *color);

/* gl_color.c */

/**
 * Tells GL with which encoding and range the YCbCr of a dma-buf is to be sampled. wlroots' gles2
 * renderer, which made the texture of the buffer, does not say, and leaves it to the driver. It
 * samples an external texture; this puts another image of the same dma-buf behind that, made with
 * EGL_YUV_COLOR_SPACE_HINT_EXT and EGL_SAMPLE_RANGE_HINT_EXT (EGL_EXT_image_dma_buf_import).
 *
 * It stays so for all textures of the buffer, and is imported once for each colour. Returns false
 * where the texture is not an external one of GL, or the import fails.
 */
bool latch_gl_color_set(const struct latch_renderer *renderer, struct wlr_texture *texture,
	struct wlr_buffer *buffer, const struct latch_color *color);
