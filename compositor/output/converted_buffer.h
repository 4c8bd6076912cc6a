#ifndef LATCH_OUTPUT_CONVERTED_BUFFER_H
#define LATCH_OUTPUT_CONVERTED_BUFFER_H

struct latch_color;
struct wlr_buffer;

/**
 * A copy of a client's buffer that all renderers can read: XRGB8888 or ARGB8888, premultiplied;
 * see latch_convert(). The client's buffer is not needed afterwards.
 *
 * NULL when the CPU can't read the buffer, when a fence is pending on it (this never waits), or
 * without memory. To be given back with wlr_buffer_drop().
 */
struct wlr_buffer *latch_converted_buffer_create(
	struct wlr_buffer *source, const struct latch_color *color);

#endif
