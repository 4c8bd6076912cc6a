#ifndef LATCH_OUTPUT_DMABUF_H
#define LATCH_OUTPUT_DMABUF_H

#include <stdbool.h>

struct latch_renderer;
struct kms_format_set;
struct wl_display;
struct wlr_dmabuf_attributes;

struct latch_dmabuf_options {
	struct wl_display *display;
	struct latch_renderer *renderer;
	/** The KMS device's fd and the formats of its primary planes; -1 and NULL in a window. */
	int kms_fd;
	const struct kms_format_set *scanout_formats;
	/** Whether the KMS device takes this dma-buf as a framebuffer. NULL in a window. */
	bool (*can_scanout)(void *data, const struct wlr_dmabuf_attributes *dmabuf);
	void *data;
};

struct latch_dmabuf;

/**
 * Offers zwp_linux_dmabuf_v1 with feedback: what the planes can show first, then what can be
 * composed. A buffer is taken when it can be scanned out or composed; one that can do neither
 * fails with the protocol's answer.
 *
 * The main device is one that clients can open and render on: the render node of the KMS device,
 * else any render node. Where there is none, only version 3 (without feedback) is offered, because
 * Mesa up to 26.1 crashes in clients whose main device is no real GPU.
 *
 * Returns NULL when dma-bufs can't be offered; that has been logged and is not fatal.
 */
struct latch_dmabuf *latch_dmabuf_create(const struct latch_dmabuf_options *options);

/** After the display's clients are gone. NULL is fine. */
void latch_dmabuf_destroy(struct latch_dmabuf *dmabuf);

#endif
