/* SPDX-License-Identifier: MIT */
#include "plan/layer.h"

#include <math.h>

#include "base/array.h"
#include "base/format.h"

void latch_layer_list_finish(struct latch_layer_list *list) {
	free(list->layers);
	*list = (struct latch_layer_list){0};
}

struct latch_layer latch_layer_default(void) {
	return (struct latch_layer){
		.ready = true,
		.alpha = 0xffff,
		.blend_mode = KMS_BLEND_PREMULTIPLIED,
		.zpos = -1,
	};
}

struct latch_layer *latch_layer_list_add(struct latch_layer_list *list) {
	if (!latch_array_reserve(
		    &list->layers, &list->cap, list->len + 1, sizeof(list->layers[0]))) {
		return NULL;
	}
	struct latch_layer *layer = &list->layers[list->len++];
	*layer = latch_layer_default();
	return layer;
}

static bool same_opaque_boxes(const struct latch_layer *a, const struct latch_layer *b) {
	if (a->opaque_boxes_len != b->opaque_boxes_len) {
		return false;
	}
	for (size_t i = 0; i < a->opaque_boxes_len; i++) {
		if (!latch_box_equal(&a->opaque_boxes[i], &b->opaque_boxes[i])) {
			return false;
		}
	}
	return true;
}

bool latch_layer_same_shape(const struct latch_layer *a, const struct latch_layer *b) {
	return a->id == b->id && a->fourcc == b->fourcc && a->modifier == b->modifier &&
	       a->is_dmabuf == b->is_dmabuf && a->unreadable == b->unreadable &&
	       a->ready == b->ready &&
	       a->buffer_width == b->buffer_width && a->buffer_height == b->buffer_height &&
	       latch_fbox_equal(&a->src, &b->src) && latch_box_equal(&a->dst, &b->dst) &&
	       a->fills_output == b->fills_output && a->transform == b->transform &&
	       a->opaque == b->opaque && same_opaque_boxes(a, b) &&
	       a->solid == b->solid && a->alpha == b->alpha && a->blend_mode == b->blend_mode &&
	       a->color_encoding == b->color_encoding && a->color_range == b->color_range &&
	       color_description_equal(&a->color, &b->color);
}

/* KMS takes a source rectangle in 16.16 fixed point, and dst pixels are whole: equal sizes mean
 * that no pixel has to be made up. */
static bool is_same_size(double src, int dst) {
	return fabs(src - dst) <= 1.0 / 65536.0;
}

bool latch_layer_is_scaled(const struct latch_layer *layer) {
	bool turned = (layer->transform & LATCH_TRANSFORM_90) != 0;
	double width = turned ? layer->src.height : layer->src.width;
	double height = turned ? layer->src.width : layer->src.height;
	return !is_same_size(width, layer->dst.width) || !is_same_size(height, layer->dst.height);
}

static void round_crop(double *start, double *size, int dst, int buffer, int sub) {
	if (!is_same_size(*size, dst)) {
		return;
	}
	*size = dst;
	double last = buffer - *size; // where it can begin
	double block = round(*start / sub) * sub;
	double near = fabs(block - *start) <= 0.5 && block <= last ? block : round(*start);
	*start = near <= last ? near : floor(*start);
}

void latch_layer_round_crop(struct latch_layer *layer, int x_sub, int y_sub) {
	bool turned = (layer->transform & LATCH_TRANSFORM_90) != 0;
	struct wlr_fbox *src = &layer->src;
	round_crop(&src->x, &src->width, turned ? layer->dst.height : layer->dst.width,
		layer->buffer_width, x_sub);
	round_crop(&src->y, &src->height, turned ? layer->dst.width : layer->dst.height,
		layer->buffer_height, y_sub);
}

struct wlr_box latch_layer_on_screen(
	const struct latch_layer *layer, int32_t width, int32_t height) {
	const struct wlr_box screen = {.width = width, .height = height};
	struct wlr_box box;
	if (!latch_box_intersection(&box, &layer->dst, &screen)) {
		return (struct wlr_box){0};
	}
	return box;
}

bool latch_layer_fills_screen(const struct latch_layer *layer, int32_t width, int32_t height) {
	struct wlr_box box = latch_layer_on_screen(layer, width, height);
	return layer->fills_output || (box.width == width && box.height == height);
}

uint32_t latch_layer_fourcc_on(const struct latch_layer *layer, const struct kms_plane *plane) {
	uint32_t without = latch_format_without_alpha(layer->fourcc);
	/* Nothing but black is ever behind a layer on the primary plane, and premultiplied pixels
	 * over black are the pixels themselves: many primary planes know no alpha. */
	bool over_black = plane->type == KMS_PLANE_PRIMARY &&
			  layer->blend_mode == KMS_BLEND_PREMULTIPLIED;
	bool ignore_alpha = layer->opaque || over_black;
	if (ignore_alpha && kms_format_set_get(&plane->formats, without) != NULL) {
		return without;
	}
	return layer->fourcc;
}

/* Both count rotation counter-clockwise, after the reflection; KMS has a bit for each. */
static uint32_t rotation_of(uint32_t transform) {
	uint32_t reflection = transform & LATCH_TRANSFORM_FLIPPED ? DRM_MODE_REFLECT_X : 0;
	return (uint32_t)DRM_MODE_ROTATE_0 << (transform & 3) | reflection;
}

/* A plane without COLOR_ENCODING or COLOR_RANGE converts in one fixed way, which by the age of the
 * drivers that are so is BT.601 limited: nothing has to be written for that. */
static void set_color(struct kms_plane_state *state, const struct latch_layer *layer,
	const struct kms_plane *plane) {
	bool fixed_encoding = plane->props.color_encoding.id == 0 &&
			      layer->color_encoding == KMS_COLOR_ENCODING_BT601;
	bool fixed_range =
		plane->props.color_range.id == 0 && layer->color_range == KMS_COLOR_RANGE_LIMITED;
	state->color_encoding = fixed_encoding ? KMS_COLOR_ENCODING_ANY : layer->color_encoding;
	state->color_range = fixed_range ? KMS_COLOR_RANGE_ANY : layer->color_range;
}

struct kms_plane_state latch_layer_plane_state(
	const struct latch_layer *layer, const struct kms_plane *plane) {
	struct kms_plane_state state = kms_plane_state_default();
	state.src_x = (uint32_t)(layer->src.x * 65536.0);
	state.src_y = (uint32_t)(layer->src.y * 65536.0);
	state.src_w = (uint32_t)(layer->src.width * 65536.0);
	state.src_h = (uint32_t)(layer->src.height * 65536.0);
	state.dst_x = layer->dst.x;
	state.dst_y = layer->dst.y;
	state.dst_w = (uint32_t)layer->dst.width;
	state.dst_h = (uint32_t)layer->dst.height;
	state.rotation = rotation_of(layer->transform);
	state.alpha = layer->alpha;
	/* Pixels without alpha look the same in every mode; the default one every plane has. */
	if (latch_layer_fourcc_on(layer, plane) != latch_format_without_alpha(layer->fourcc)) {
		state.blend_mode = layer->blend_mode;
	}
	set_color(&state, layer, plane);
	state.zpos = layer->zpos;
	return state;
}
