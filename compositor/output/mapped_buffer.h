#ifndef LATCH_OUTPUT_MAPPED_BUFFER_H
#define LATCH_OUTPUT_MAPPED_BUFFER_H

#include <stdbool.h>

struct wlr_buffer;
struct wlr_dmabuf_attributes;

/**
 * Whether a dma-buf can be read by the CPU here: one plane, linear (or of no known modifier),
 * and the exporter lets it be mapped. Nothing is kept.
 */
bool latch_mapped_buffer_can_map(const struct wlr_dmabuf_attributes *dmabuf);

/**
 * A view of a linear dma-buf that the pixman renderer can read: the same pixels by mmap, each
 * access between DMA_BUF_IOCTL_SYNC start and end.
 *
 * There is one view per buffer: it is made at the first call and goes with the buffer. NULL when
 * the buffer can't be mapped. Borrowed.
 */
struct wlr_buffer *latch_mapped_buffer_get(struct wlr_buffer *buffer);

#endif
