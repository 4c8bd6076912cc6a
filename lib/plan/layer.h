/* SPDX-License-Identifier: MIT */
#pragma once

#include <pixman.h>

#include "base/box.h"
#include "kms/plane.h"
#include "plan/reason.h"

/** How many rectangles of a layer's opaque region are kept: a window with round corners has few. */
#define LATCH_LAYER_MAX_OPAQUE 4

/** Where a layer goes. */
enum latch_layer_place {
	/** Drawn into the picture that is on the primary plane. */
	LATCH_LAYER_COMPOSED,
	/** Nothing of it is to be seen. */
	LATCH_LAYER_COVERED,
	/** The client's own buffer is on layer->plane. */
	LATCH_LAYER_ON_PLANE,
	/** It is one colour behind everything else: the CRTC's background. */
	LATCH_LAYER_BACKGROUND,
};

/**
 * One rectangle of a client's buffer on one output: what the planner decides about.
 *
 * Plain data. Everything is in the output's own pixels, after the layout's position and the
 * output's scale and transform were applied, so that a layer can go to a plane as it is.
 */
struct latch_layer {
	/** Whose buffer this is; the planner does not look inside. */
	struct latch_content *content;
	/** Whose content that is, until the event loop runs; NULL for the cursor, and in frames. */
	struct latch_surface *surface;
	/** The same number from frame to frame for the same surface; 0 for the cursor. */
	uint32_t id;
	/** Counts the surface's content updates; only compared for being the same. */
	uint64_t serial;

	/** Buffer: DRM fourcc and modifier, size in pixels. fourcc is 0 where there is none. */
	uint32_t fourcc;
	uint64_t modifier;
	bool is_dmabuf;
	/** Why no plane can read its memory, enum latch_reason; 0: planes can. */
	uint64_t unreadable;
	int32_t buffer_width, buffer_height;
	/**
	 * Acquire state: false when a fence is pending on the buffer again after it passed the
	 * gate, and the plane could not be told to ignore it.
	 */
	bool ready;

	/** The part of the buffer that is shown, in buffer pixels. */
	struct wlr_fbox src;
	/** Where it is shown, in output pixels; may reach over the output's edges. */
	struct wlr_box dst;
	/**
	 * It is meant to cover the output: where the rounding of a fractional scale leaves a pixel
	 * of the screen beside dst, that is black, and nothing behind the layer is seen there.
	 */
	bool fills_output;
	/** What has to be done to the buffer to see it upright on this output; enum
	 * latch_transform. */
	uint32_t transform;

	/** Every pixel of dst is opaque: by its format or because the client says so, and alpha. */
	bool opaque;
	/** Else the parts of dst that are, in output pixels, as far as they were kept. */
	struct wlr_box opaque_boxes[LATCH_LAYER_MAX_OPAQUE];
	size_t opaque_boxes_len;
	/** All of it is this colour, opaque and as DRM_FORMAT_ARGB16161616 has it; 0: it is not. */
	uint64_t solid;
	/** 0 transparent to 0xffff opaque, on top of the pixels' own alpha. */
	uint16_t alpha;
	/** KMS_BLEND_PREMULTIPLIED, or KMS_BLEND_COVERAGE for straight alpha. */
	enum kms_blend_mode blend_mode;
	/** Of YCbCr buffers; _ANY for RGB. */
	enum kms_color_encoding color_encoding;
	enum kms_color_range color_range;
	/** What its colours are of, where that is another display than the output; else
	 * COLOR_UNTAGGED. */
	struct color_description color;

	/** Why it should not go to a plane yet, enum latch_reason; 0: it may. See settle.h. */
	uint64_t waits;

	/** What was decided: see latch_plan_make(). */
	enum latch_layer_place place;
	/** With LATCH_LAYER_ON_PLANE: which one, and the zpos to write, -1 for none. */
	const struct kms_plane *plane;
	int64_t zpos;
	/** The plane is below the primary one: the composed picture needs a hole for it. */
	bool underlay;
	/** Why it is not on a plane, enum latch_reason; 0 where it is. */
	uint64_t reasons;
	/** With LATCH_REASON_TEST_REFUSED: the kernel's errno, positive; else 0. */
	int test_errno;
};

/** A growing array of layers, front to back. Keeps its memory from frame to frame. */
struct latch_layer_list {
	struct latch_layer *layers;
	size_t len, cap;
};

void latch_layer_list_finish(struct latch_layer_list *list);

/**
 * Appends a layer behind the others: upright, not transparent, ready, the rest zero.
 *
 * Returns NULL when there is no memory; the pointer is valid until the next call.
 */
struct latch_layer *latch_layer_list_add(struct latch_layer_list *list);

/** What latch_layer_list_add() appends; for tests and tables. */
struct latch_layer latch_layer_default(void);

/**
 * Whether two layers are drawn alike but for the pixels: same surface, place, crop, format, and
 * everything else that a plane has to be set up for.
 */
bool latch_layer_same_shape(const struct latch_layer *a, const struct latch_layer *b);

/** Gives a layer the place that another one has, with plane, zpos, underlay, reasons and errno. */
static inline void latch_layer_take_place(
	struct latch_layer *layer, const struct latch_layer *from) {
	layer->place = from->place;
	layer->plane = from->plane;
	layer->zpos = from->zpos;
	layer->underlay = from->underlay;
	layer->reasons = from->reasons;
	layer->test_errno = from->test_errno;
}

/** Whether the buffer has to be made larger or smaller to fill dst. */
bool latch_layer_is_scaled(const struct latch_layer *layer);

/**
 * Moves a crop that is not scaled to whole pixels: hardware has no others, and drivers that drop
 * fractions (amdgpu), cut them off (i915 with RGB) or refuse them (i915 with YCbCr) would show
 * another picture than the one that is composed. It moves by half a pixel at most. x_sub and y_sub
 * are the pixels that share one chroma sample, 1 for RGB: where that half pixel allows it, the crop
 * begins at a block of them, which hardware may want as well. To be called with src, dst, transform
 * and the buffer's size set.
 */
void latch_layer_round_crop(struct latch_layer *layer, int x_sub, int y_sub);

/** The part of dst that is on a screen of this size; empty (zero width) when there is none. */
struct wlr_box latch_layer_on_screen(
	const struct latch_layer *layer, int32_t width, int32_t height);

/** Takes out of a region of the output what nobody sees through this layer. A region of very many
 * rectangles stays as it is. */
void latch_layer_cover(const struct latch_layer *layer, pixman_region32_t *uncovered);

/** Whether the layer covers a screen of this size, or is meant to. */
bool latch_layer_fills_screen(const struct latch_layer *layer, int32_t width, int32_t height);

/**
 * The fourcc that the buffer is imported with for this plane: where the layer is opaque, the one
 * without alpha if the plane has it, as planes then need not blend.
 */
uint32_t latch_layer_fourcc_on(const struct latch_layer *layer, const struct kms_plane *plane);

/**
 * What the plane has to be set to for showing the layer: everything but the framebuffer and the
 * fence, which is left empty. Source: Documentation/gpu/drm-kms.rst, "Plane Composition
 * Properties".
 */
struct kms_plane_state latch_layer_plane_state(
	const struct latch_layer *layer, const struct kms_plane *plane);
