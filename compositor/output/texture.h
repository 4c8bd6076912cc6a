#ifndef LATCH_OUTPUT_TEXTURE_H
#define LATCH_OUTPUT_TEXTURE_H

#include <pixman.h>

struct latch_color;
struct latch_content;
struct latch_renderer;
struct wlr_texture;

/**
 * The content's pixels as a texture of premultiplied RGB, or of YCbCr where the renderer makes RGB
 * of it. Made once, made again when color changes, and owned by the content. What the renderer
 * can't read by itself goes through latch_convert(). NULL when the buffer can't be read by this
 * renderer; or when it has to be converted and a fence is pending on it, so that the next call may
 * succeed. The buffer stays with the content: a GPU's copy of it can be lost.
 */
struct wlr_texture *latch_texture_get(struct latch_renderer *renderer,
	struct latch_content *content, const struct latch_color *color);

/** Destroys the content's texture, if it has one. */
void latch_texture_drop(struct latch_content *content);

/**
 * content comes in the place of before, the newest one of the same surface until now, and differs
 * from it in damage (buffer pixels, clipped to the buffer). Notes that for the next picture.
 *
 * A GPU's copy of shared memory goes from before to content, and only what differs is copied anew:
 * now, if before is in a picture, so that the latch need not do it; else when content is drawn, so
 * that a client that commits faster than it is shown causes no more copies than pictures. Pictures
 * that are drawn already keep the old pixels, and no later one is made of before.
 */
void latch_texture_follow(struct latch_renderer *renderer, struct latch_content *before,
	struct latch_content *content, const pixman_region32_t *damage);

#endif
