/* SPDX-License-Identifier: MIT */
#pragma once

#include <pixman.h>
#include <wayland-server-protocol.h>

#include "output/convert.h"

struct latch_layer;
struct wlr_box;
struct wlr_render_texture_options;
struct wlr_surface;

/**
 * Offers the protocols by which clients say how their pixels are to be seen: alpha-modifier-v1 and
 * color-representation-v1. straight_alpha: whether that can be composed, see
 * latch_renderer_expects_pixman(). Returns false without memory. They end with the display.
 */
bool latch_look_create_globals(struct wl_display *display, bool straight_alpha);

/**
 * Fills what a surface's current state says about the look of its layer: opaque, opaque_boxes,
 * alpha, blend_mode, color_encoding, color_range.
 *
 * fourcc, src, dst, transform of the layer must be there already. output_transform is the
 * wlr_output's.
 */
void latch_layer_take_look(struct latch_layer *layer, struct wlr_surface *surface,
	enum wl_output_transform output_transform);

/** From alpha-modifier's factor, 0 to 1, to the layer's. Only exactly 1 is opaque. */
uint16_t latch_look_alpha(double factor);

/**
 * Fills blend_mode, color_encoding and color_range of the layer from numbers of
 * color-representation-v1; 0 for what the client did not set.
 *
 * YCbCr of which nothing is known is BT.601 in limited range, whatever its size: the protocol
 * leaves that to the compositor. Planes and renderers are always told what it is, so they could
 * take anything; this is what GL drivers and wlroots' vulkan renderer take untold, and the default
 * of most KMS drivers. What does not fit the fourcc is ignored.
 */
void latch_look_color(
	struct latch_layer *layer, uint32_t alpha_mode, uint32_t coefficients, uint32_t range);

/**
 * Fills opaque, opaque_boxes and opaque_boxes_len of the layer, whose alpha must be there, from
 * the opaque region of a surface of this size, in surface coordinates.
 *
 * The boxes never have a pixel that is not wholly opaque: they are rounded inwards, and if the
 * layer is scaled, they keep away from where a filter mixes pixels of both sides. The largest
 * ones are kept. They may reach over the output's edges, as dst does.
 */
void latch_look_opaque(struct latch_layer *layer, const pixman_region32_t *region, int32_t width,
	int32_t height, enum wl_output_transform output_transform);

/**
 * Where a part of the layer's buffer (buffer pixels) is to be seen on the output: with all that a
 * filter mixes it into, where the layer is scaled. Returns false where it is not. It may reach over
 * the output's edges, as dst does.
 */
bool latch_look_damage(
	const struct latch_layer *layer, const pixman_box32_t *part, struct wlr_box *box);

/** How the layer's pixels are to be read for composing, but for what the output expects; for
 * latch_texture_get(). */
struct latch_color latch_layer_color(const struct latch_layer *layer);

/**
 * Fills what wlroots has to know for drawing the layer, but for texture and clip. alpha is where
 * the options' pointer to it will point; it has to live as long as the options.
 */
void latch_layer_texture_options(
	const struct latch_layer *layer, struct wlr_render_texture_options *options, float *alpha);
