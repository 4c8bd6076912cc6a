/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct latch_color;
struct wlr_dmabuf_attributes;

/**
 * Whether a dma-buf can be read by the CPU here: linear (or of no known modifier), of a format
 * whose planes are known, all inside their memory, and the exporter lets it be mapped. Nothing is
 * kept.
 */
bool latch_mapped_buffer_can_map(const struct wlr_dmabuf_attributes *dmabuf);

/** Whether the memory is laid out so that pixman could read it as it is, if it knows the format. */
bool latch_mapped_buffer_is_direct(const struct wlr_dmabuf_attributes *dmabuf);

/**
 * A view of a linear dma-buf that the pixman renderer can read: the same pixels by mmap, each
 * access between DMA_BUF_IOCTL_SYNC start and end.
 *
 * There is one view per buffer: it is made at the first call and goes with the buffer. NULL when
 * the buffer can't be mapped, or not read without conversion. Borrowed.
 */
struct wlr_buffer *latch_mapped_buffer_get(struct wlr_buffer *buffer);

/** Whether the CPU can read this dma-buf; maps it now. */
bool latch_mapped_buffer_map(struct wlr_buffer *buffer);

/**
 * A copy of a client's buffer, a dma-buf or shared memory, that all renderers can read: XRGB8888 or
 * ARGB8888, premultiplied; see latch_convert(). The client's buffer is not needed afterwards.
 *
 * NULL when the CPU can't read the buffer, when a fence is pending on it (this never waits), or
 * without memory. To be given back with wlr_buffer_drop().
 */
struct wlr_buffer *latch_converted_buffer_create(
	struct wlr_buffer *source, const struct latch_color *color);
