#ifndef LATCH_OUTPUT_DMABUF_CHECK_H
#define LATCH_OUTPUT_DMABUF_CHECK_H

struct wlr_dmabuf_attributes;

/**
 * Looks at what a client says of its dma-buf before anything is imported: is every fd a dma-buf,
 * do the number of planes and the strides fit the format, do all planes lie inside their dma-bufs.
 *
 * Returns NULL when nothing is wrong, else what is, as a static string.
 */
const char *latch_dmabuf_check(const struct wlr_dmabuf_attributes *attributes);

#endif
