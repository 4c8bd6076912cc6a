/* SPDX-License-Identifier: MIT */
#include "output/cursor_image.h"

#include <drm_fourcc.h>
#include <math.h>
#include <pixman.h>

static const struct {
	uint32_t fourcc;
	pixman_format_code_t pixman;
} formats[] = {
	{DRM_FORMAT_ARGB8888, PIXMAN_a8r8g8b8},
	{DRM_FORMAT_XRGB8888, PIXMAN_x8r8g8b8},
	{DRM_FORMAT_ABGR8888, PIXMAN_a8b8g8r8},
	{DRM_FORMAT_XBGR8888, PIXMAN_x8b8g8r8},
};

/* The whole pixels that are looked at: beyond them the last ones are repeated, for nothing else
 * belongs to the image. */
static struct wlr_box pixels_of(const struct latch_cursor_source *source) {
	const struct wlr_fbox *src = &source->src;
	int x1 = (int)floor(src->x), x2 = (int)ceil(src->x + src->width);
	int y1 = (int)floor(src->y), y2 = (int)ceil(src->y + src->height);
	struct wlr_box box = {.x = x1, .y = y1, .width = x2 - x1, .height = y2 - y1};
	const struct wlr_box whole = {.width = source->width, .height = source->height};
	wlr_box_intersection(&box, &box, &whole);
	return box;
}

static pixman_image_t *make_image(
	const struct latch_cursor_source *source, const struct wlr_box *box) {
	const char *data =
		(const char *)source->data + (size_t)box->y * source->stride + (size_t)box->x * 4;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].fourcc == source->fourcc && source->stride % 4 == 0) {
			/* pixman only reads it. */
			return pixman_image_create_bits_no_clear(formats[i].pixman, box->width,
				box->height, (uint32_t *)(uintptr_t)data, (int)source->stride);
		}
	}
	return NULL;
}

/* From a point of the target to the point of the source box that is seen there. */
static void find_point(const struct latch_cursor_source *source, const struct wlr_box *box,
	int width, int height, double x, double y, double point[static 2]) {
	bool turned = (source->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	struct wlr_fbox at = {.x = x, .y = y};
	wlr_fbox_transform(&at, &at, source->transform, width, height);
	point[0] = at.x * source->src.width / (turned ? height : width) + source->src.x - box->x;
	point[1] = at.y * source->src.height / (turned ? width : height) + source->src.y - box->y;
}

/* pixman asks by the target's pixel for the source's: the inverse of what is done to the image. */
static void set_transform(pixman_image_t *image, const struct latch_cursor_source *source,
	const struct wlr_box *box, int width, int height) {
	double zero[2], right[2], down[2];
	find_point(source, box, width, height, 0, 0, zero);
	find_point(source, box, width, height, 1, 0, right);
	find_point(source, box, width, height, 0, 1, down);
	pixman_transform_t transform;
	pixman_transform_init_identity(&transform);
	for (int i = 0; i < 2; i++) {
		transform.matrix[i][0] = pixman_double_to_fixed(right[i] - zero[i]);
		transform.matrix[i][1] = pixman_double_to_fixed(down[i] - zero[i]);
		transform.matrix[i][2] = pixman_double_to_fixed(zero[i]);
	}
	pixman_image_set_transform(image, &transform);
	/* In the middle of a pixel of the source it is that pixel. */
	pixman_image_set_filter(image, PIXMAN_FILTER_BILINEAR, NULL, 0);
	pixman_image_set_repeat(image, PIXMAN_REPEAT_PAD);
}

bool latch_cursor_image_draw(
	const struct latch_cursor_source *source, void *target, int stride, int width, int height) {
	const struct wlr_box box = pixels_of(source);
	pixman_image_t *image = wlr_box_empty(&box) ? NULL : make_image(source, &box);
	pixman_image_t *drawn = pixman_image_create_bits_no_clear(
		PIXMAN_a8r8g8b8, width, height, target, stride);
	bool ok = image != NULL && drawn != NULL;
	if (ok) {
		set_transform(image, source, &box, width, height);
		pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, drawn, 0, 0, 0, 0, 0, 0, width,
			height);
	}
	if (image != NULL) {
		pixman_image_unref(image);
	}
	if (drawn != NULL) {
		pixman_image_unref(drawn);
	}
	return ok;
}
