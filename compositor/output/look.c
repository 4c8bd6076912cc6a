/* SPDX-License-Identifier: MIT */
#include "output/look.h"

#include <math.h>
#include <wlr/render/pass.h>
#include <wlr/types/wlr_alpha_modifier_v1.h>
#include <wlr/types/wlr_color_representation_v1.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/transform.h>

#include "plan/layer.h"

#define OPAQUE 0xffff
/* How many rectangles of a surface's opaque region are looked at in each frame. */
#define MAX_RECTANGLES 128

bool latch_look_create_globals(struct wl_display *display, bool straight_alpha) {
	static const enum wp_color_representation_surface_v1_alpha_mode alpha_modes[] = {
		WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_PREMULTIPLIED_ELECTRICAL,
		WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT,
	};
#define PAIR(coefficients, range)                                                                  \
	{                                                                                          \
		WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_##coefficients,                    \
			WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_##range,                          \
	}
	static const struct wlr_color_representation_v1_coeffs_and_range pairs[] = {
		PAIR(IDENTITY, FULL), // of RGB, where it says nothing new
		PAIR(BT601, LIMITED),
		PAIR(BT601, FULL),
		PAIR(BT709, LIMITED),
		PAIR(BT709, FULL),
		PAIR(BT2020, LIMITED),
		PAIR(BT2020, FULL),
	};
#undef PAIR
	struct wlr_color_representation_v1_options options = {
		.supported_alpha_modes = alpha_modes,
		.supported_alpha_modes_len = straight_alpha ? 2 : 1,
		.supported_coeffs_and_ranges = pairs,
		.supported_coeffs_and_ranges_len = sizeof(pairs) / sizeof(pairs[0]),
	};
	return wlr_alpha_modifier_v1_create(display) != NULL &&
	       wlr_color_representation_manager_v1_create(display, 1, &options) != NULL;
}

uint16_t latch_look_alpha(double factor) {
	/* Down, so that nothing which is not opaque is taken for it. */
	return (uint16_t)(fmin(fmax(factor, 0), 1) * OPAQUE);
}

void latch_look_color(
	struct latch_layer *layer, uint32_t alpha_mode, uint32_t coefficients, uint32_t range) {
	bool straight = alpha_mode == WP_COLOR_REPRESENTATION_SURFACE_V1_ALPHA_MODE_STRAIGHT &&
			latch_convert_has_alpha(layer->fourcc);
	layer->blend_mode = straight ? KMS_BLEND_COVERAGE : KMS_BLEND_PREMULTIPLIED;
	layer->color_encoding = KMS_COLOR_ENCODING_ANY;
	layer->color_range = KMS_COLOR_RANGE_ANY;
	if (!latch_format_is_ycbcr(layer->fourcc)) {
		return;
	}
	static const enum kms_color_encoding encodings[] = {
		[WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT601] = KMS_COLOR_ENCODING_BT601,
		[WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT709] = KMS_COLOR_ENCODING_BT709,
		[WP_COLOR_REPRESENTATION_SURFACE_V1_COEFFICIENTS_BT2020] =
			KMS_COLOR_ENCODING_BT2020,
	};
	/* Else not set, or identity, which is for RGB: the range means nothing either. */
	const bool known = coefficients < sizeof(encodings) / sizeof(encodings[0]) &&
			   encodings[coefficients] != KMS_COLOR_ENCODING_ANY;
	const bool full = known && range == WP_COLOR_REPRESENTATION_SURFACE_V1_RANGE_FULL;
	layer->color_encoding = known ? encodings[coefficients] : KMS_COLOR_ENCODING_BT601;
	layer->color_range = full ? KMS_COLOR_RANGE_FULL : KMS_COLOR_RANGE_LIMITED;
}

/* One direction of a layer, turned like the output. */
struct axis {
	int64_t dst_start, dst_size;
	double src_size;
	/* In output pixels, how far a filter mixes pixels. */
	int64_t blur;
};

static struct axis make_axis(int dst_start, int dst_size, double src_start, double src_size) {
	struct axis axis = {.dst_start = dst_start, .dst_size = dst_size, .src_size = src_size};
	if (src_size != dst_size || src_start != floor(src_start)) {
		/* Filters look at two pixels of the buffer to each side, or when they make the
		 * picture smaller, at two pixels of the output. */
		axis.blur = src_size > 0 ? (int64_t)ceil(fmax(2, 2 * dst_size / src_size)) : 0;
	}
	return axis;
}

static void make_axes(const struct latch_layer *layer, struct axis *x, struct axis *y) {
	struct wlr_fbox src = layer->src;
	if ((layer->transform & WL_OUTPUT_TRANSFORM_90) != 0) {
		src = (struct wlr_fbox){src.y, src.x, src.height, src.width};
	}
	*x = make_axis(layer->dst.x, layer->dst.width, src.x, src.width);
	*y = make_axis(layer->dst.y, layer->dst.height, src.y, src.height);
}

/* Returns false when nothing is left. start and end are in units of the surface, which has size of
 * them; they become output pixels. */
static bool map_inwards(const struct axis *axis, int64_t size, int *start, int *end) {
	int64_t first = *start * axis->dst_size, last = *end * axis->dst_size;
	/* Both are positive: the region is inside the surface. */
	first = (first + size - 1) / size;
	last = last / size;
	/* At the surface's own edges there is nothing else to mix in. */
	first += *start > 0 ? axis->blur : 0;
	last -= *end < size ? axis->blur : 0;
	*start = (int)(axis->dst_start + first);
	*end = (int)(axis->dst_start + last);
	return *start < *end;
}

static int64_t area(const struct wlr_box *box) {
	return (int64_t)box->width * box->height;
}

static void keep_largest(struct latch_layer *layer, const struct wlr_box *box) {
	if (layer->opaque_boxes_len < LATCH_LAYER_MAX_OPAQUE) {
		layer->opaque_boxes[layer->opaque_boxes_len++] = *box;
		return;
	}
	struct wlr_box *smallest = layer->opaque_boxes;
	for (size_t i = 1; i < LATCH_LAYER_MAX_OPAQUE; i++) {
		if (area(&layer->opaque_boxes[i]) < area(smallest)) {
			smallest = &layer->opaque_boxes[i];
		}
	}
	if (area(box) > area(smallest)) {
		*smallest = *box;
	}
}

void latch_look_opaque(struct latch_layer *layer, const pixman_region32_t *region, int32_t width,
	int32_t height, enum wl_output_transform output_transform) {
	layer->opaque = false;
	layer->opaque_boxes_len = 0;
	if (layer->alpha != OPAQUE || width <= 0 || height <= 0) {
		return;
	}
	/* wlroots knows fewer formats, and takes the others for translucent. */
	const struct latch_format *format = latch_format_find(layer->fourcc);
	if (format != NULL && format->opaque == 0) {
		layer->opaque = true;
		return;
	}
	pixman_box32_t whole = {.x2 = width, .y2 = height};
	if (pixman_region32_contains_rectangle(region, &whole) == PIXMAN_REGION_IN) {
		layer->opaque = true;
		return;
	}

	bool turned = (output_transform & WL_OUTPUT_TRANSFORM_90) != 0;
	struct axis x, y;
	make_axes(layer, &x, &y);

	int len;
	const pixman_box32_t *rects = pixman_region32_rectangles(region, &len);
	/* Round corners have a row of pixels each: the large rectangle is among the first. */
	for (int i = 0; i < len && i < MAX_RECTANGLES; i++) {
		const pixman_box32_t *rect = &rects[i];
		struct wlr_box box = {rect->x1, rect->y1, rect->x2 - rect->x1, rect->y2 - rect->y1};
		const struct wlr_box surface = {.width = width, .height = height};
		if (!wlr_box_intersection(&box, &box, &surface)) {
			continue;
		}
		wlr_box_transform(
			&box, &box, wlr_output_transform_invert(output_transform), width, height);
		int x1 = box.x, x2 = box.x + box.width, y1 = box.y, y2 = box.y + box.height;
		if (map_inwards(&x, turned ? height : width, &x1, &x2) &&
			map_inwards(&y, turned ? width : height, &y1, &y2)) {
			keep_largest(layer,
				&(struct wlr_box){
					.x = x1, .y = y1, .width = x2 - x1, .height = y2 - y1});
		}
	}
}

/* start and size are in buffer pixels from the beginning of src; they become output pixels. */
static bool map_outwards(
	const struct axis *axis, double start, double size, int *dst_start, int *dst_size) {
	const double scale = (double)axis->dst_size / axis->src_size;
	const double blur = (double)axis->blur;
	const double first = fmax(0, floor(start * scale) - blur);
	const double last = fmin((double)axis->dst_size, ceil((start + size) * scale) + blur);
	if (!(first < last)) {
		return false;
	}
	*dst_start = (int)((double)axis->dst_start + first);
	*dst_size = (int)(last - first);
	return true;
}

bool latch_look_damage(
	const struct latch_layer *layer, const pixman_box32_t *part, struct wlr_box *box) {
	const struct wlr_fbox *src = &layer->src;
	struct wlr_fbox from = {
		part->x1 - src->x, part->y1 - src->y, part->x2 - part->x1, part->y2 - part->y1};
	if (wlr_fbox_empty(&from) || wlr_fbox_empty(src)) {
		return false;
	}
	wlr_fbox_transform(&from, &from, wlr_output_transform_invert(layer->transform), src->width,
		src->height);
	struct axis x, y;
	make_axes(layer, &x, &y);
	return map_outwards(&x, from.x, from.width, &box->x, &box->width) &&
	       map_outwards(&y, from.y, from.height, &box->y, &box->height);
}

void latch_layer_take_look(struct latch_layer *layer, struct wlr_surface *surface,
	enum wl_output_transform output_transform) {
	const struct wlr_alpha_modifier_surface_v1_state *alpha =
		wlr_alpha_modifier_v1_get_surface_state(surface);
	layer->alpha = alpha != NULL ? latch_look_alpha(alpha->multiplier) : OPAQUE;

	const struct wlr_color_representation_v1_surface_state *color =
		wlr_color_representation_v1_get_surface_state(surface);
	latch_look_color(layer, color != NULL ? color->alpha_mode : 0,
		color != NULL ? color->coefficients : 0, color != NULL ? color->range : 0);

	latch_look_opaque(layer, &surface->opaque_region, surface->current.width,
		surface->current.height, output_transform);
}

struct latch_color latch_layer_color(const struct latch_layer *layer) {
	return (struct latch_color){
		.encoding = layer->color_encoding,
		.range = layer->color_range,
		.straight_alpha = layer->blend_mode == KMS_BLEND_COVERAGE,
		.from = layer->color,
	};
}

void latch_layer_texture_options(
	const struct latch_layer *layer, struct wlr_render_texture_options *options, float *alpha) {
	static const enum wlr_color_encoding encodings[KMS_COLOR_ENCODING_COUNT] = {
		[KMS_COLOR_ENCODING_ANY] = WLR_COLOR_ENCODING_NONE,
		[KMS_COLOR_ENCODING_BT601] = WLR_COLOR_ENCODING_BT601,
		[KMS_COLOR_ENCODING_BT709] = WLR_COLOR_ENCODING_BT709,
		[KMS_COLOR_ENCODING_BT2020] = WLR_COLOR_ENCODING_BT2020,
	};
	static const enum wlr_color_range ranges[KMS_COLOR_RANGE_COUNT] = {
		[KMS_COLOR_RANGE_ANY] = WLR_COLOR_RANGE_NONE,
		[KMS_COLOR_RANGE_LIMITED] = WLR_COLOR_RANGE_LIMITED,
		[KMS_COLOR_RANGE_FULL] = WLR_COLOR_RANGE_FULL,
	};
	*alpha = (float)layer->alpha / OPAQUE;
	options->src_box = layer->src;
	options->dst_box = layer->dst;
	options->transform = layer->transform;
	options->alpha = alpha;
	/* Not blended, alpha would make it darker and not transparent. opaque says it is 1. */
	options->blend_mode =
		layer->opaque ? WLR_RENDER_BLEND_MODE_NONE : WLR_RENDER_BLEND_MODE_PREMULTIPLIED;
	options->color_encoding = encodings[layer->color_encoding];
	options->color_range = ranges[layer->color_range];
}
