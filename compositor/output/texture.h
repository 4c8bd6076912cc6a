#ifndef LATCH_OUTPUT_TEXTURE_H
#define LATCH_OUTPUT_TEXTURE_H

struct latch_color;
struct latch_content;
struct latch_renderer;

/**
 * The content's pixels as a texture of premultiplied RGB, or of YCbCr where the renderer makes RGB
 * of it. Made once, made again when color changes, and owned by the content. What the renderer
 * can't read by itself goes through latch_convert(). NULL when the buffer can't be read by this
 * renderer; or when it has to be converted and a fence is pending on it, so that the next call may
 * succeed. The buffer stays with the content: a GPU's copy of it can be lost.
 */
struct wlr_texture *latch_texture_get(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color);

#endif
