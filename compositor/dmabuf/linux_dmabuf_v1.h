/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "dmabuf/check.h"

struct wlr_surface;

/**
 * How long a surface's tranches have to stay as they are before its client hears of them: it will
 * allocate all its buffers anew.
 */
#define LATCH_FEEDBACK_QUIET_MS 500

struct latch_dmabuf_options {
	struct wl_display *display;
	/** The KMS device, its planes and the formats of its primary ones; -1 and none in a window,
	 * but for what --planes-like has there. */
	int kms_fd;
	const struct kms_plane *planes;
	size_t planes_len;
	const struct kms_format_set *scanout_formats;
	/** The render node that composes, which clients should allocate on; 0: it is not known, and
	 * latch_dmabuf_find_main_device() looks for one. */
	dev_t main_device;

	/** Whether the KMS device takes this dma-buf as a framebuffer. NULL in a window. */
	bool (*can_scanout)(void *data, const struct wlr_dmabuf_attributes *dmabuf);
	/** Whether it could be composed. */
	bool (*can_compose)(void *data, const struct wlr_dmabuf_attributes *dmabuf);
	/** The dma-bufs that can be composed. Copied. */
	const struct wlr_drm_format_set *composed_formats;
	/** That is all of them, and not a guess: nothing else is asked for. */
	bool composed_known;
	void *data;

	/** NULL but in tests, whose machine has no dma-bufs. Borrowed. */
	const struct latch_dmabuf_probe *test_probe;
};

/**
 * Offers zwp_linux_dmabuf_v1 with feedback: what the primary planes can show first, then what can
 * be composed. A buffer is taken when it can be scanned out on any plane or composed. One that can
 * do neither fails with the protocol's `failed` event, for create_immed too: its wl_buffer shows
 * nothing. Clients that break a rule of the protocol get its error.
 *
 * A client is asked for no pair that can't be composed, if that is known.
 *
 * The version, and the main device where the renderer's is not known: see
 * latch_dmabuf_find_main_device().
 *
 * Returns NULL when dma-bufs can't be offered; that has been logged and is not fatal.
 */
struct latch_dmabuf *latch_dmabuf_create(const struct latch_dmabuf_options *options);

/** After the last client. NULL is fine. */
void latch_dmabuf_destroy(struct latch_dmabuf *dmabuf);

/**
 * Says anew what can be composed, for certain: another renderer is there. Clients hear of it if it
 * changes what they were told. dmabuf: NULL is fine.
 */
void latch_dmabuf_set_composed(
	struct latch_dmabuf *dmabuf, const struct wlr_drm_format_set *formats);

/**
 * Tells a surface's client what latch_tranche_advise() makes of these reasons: to allocate for
 * these planes, or for composing. It hears of the newest advice when that has stayed the same for
 * LATCH_FEEDBACK_QUIET_MS. To be called when they change; calling it for each frame is correct, but
 * takes time. dmabuf: NULL is fine.
 */
void latch_dmabuf_advise_surface(struct latch_dmabuf *dmabuf, struct wlr_surface *surface,
	const struct kms_plane *const *planes, size_t planes_len, uint64_t reasons);
