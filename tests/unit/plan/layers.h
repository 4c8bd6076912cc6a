/* SPDX-License-Identifier: MIT */
#pragma once

#include <drm_fourcc.h>

#include "plan/layer.h"

/* Layers of one kind each, unscaled and upright, to be changed by the test. */

/** An opaque window's dma-buf. */
static inline struct latch_layer layer_window(uint32_t id, int x, int y, int width, int height) {
	struct latch_layer layer = latch_layer_default();
	layer.id = id;
	layer.fourcc = DRM_FORMAT_XRGB8888;
	layer.modifier = DRM_FORMAT_MOD_LINEAR;
	layer.is_dmabuf = true;
	layer.buffer_width = width;
	layer.buffer_height = height;
	layer.src = (struct wlr_fbox){.width = width, .height = height};
	layer.dst = (struct wlr_box){.x = x, .y = y, .width = width, .height = height};
	layer.opaque = true;
	return layer;
}

/** The same with alpha in its pixels. */
static inline struct latch_layer layer_glass(uint32_t id, int x, int y, int width, int height) {
	struct latch_layer layer = layer_window(id, x, y, width, height);
	layer.fourcc = DRM_FORMAT_ARGB8888;
	layer.opaque = false;
	return layer;
}

/** A window of shared memory. */
static inline struct latch_layer layer_shm(uint32_t id, int x, int y, int width, int height) {
	struct latch_layer layer = layer_window(id, x, y, width, height);
	layer.is_dmabuf = false;
	layer.unreadable = LATCH_REASON_NO_DMABUF;
	return layer;
}

/** A decoder's picture. */
static inline struct latch_layer layer_video(uint32_t id, int x, int y, int width, int height) {
	struct latch_layer layer = layer_window(id, x, y, width, height);
	layer.fourcc = DRM_FORMAT_NV12;
	return layer;
}

/** Faded as a whole. */
static inline struct latch_layer layer_faded(struct latch_layer layer, uint16_t alpha) {
	layer.alpha = alpha;
	layer.opaque = false;
	return layer;
}

/** Another size of the buffer than of dst. */
static inline struct latch_layer layer_scaled(struct latch_layer layer, int width, int height) {
	layer.buffer_width = width;
	layer.buffer_height = height;
	layer.src = (struct wlr_fbox){.width = width, .height = height};
	return layer;
}
