#ifndef LATCH_OUTPUT_GL_COLOR_H
#define LATCH_OUTPUT_GL_COLOR_H

#include <stdbool.h>

struct latch_color;
struct latch_renderer;
struct wlr_buffer;
struct wlr_texture;

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

#endif
