/* SPDX-License-Identifier: MIT */
#include "output/geometry.h"

#include <math.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/transform.h>

#include "base/minmax.h"
#include "shell/shell.h"

/* Clients may put their surfaces anywhere. Beyond this nothing is seen, and sums of two fit an
 * int. */
#define FAR_AWAY (1 << 28)

static int edge_pixel(double logical, double scale) {
	double pixel = logical * scale;
	if (pixel > FAR_AWAY) {
		return FAR_AWAY;
	}
	return pixel < -FAR_AWAY ? -FAR_AWAY : (int)round(pixel);
}

/* The mode's size as it stands before the eyes, not as the pixels lie in memory. */
static void upright_size(const struct wlr_output *output, int *width, int *height) {
	bool turned = (output->transform & WL_OUTPUT_TRANSFORM_90) != 0;
	*width = turned ? output->height : output->width;
	*height = turned ? output->width : output->height;
}

static struct wlr_box turn_like_output(const struct wlr_output *output, struct wlr_box box) {
	if (output->transform != WL_OUTPUT_TRANSFORM_NORMAL) {
		int width, height;
		upright_size(output, &width, &height);
		wlr_box_transform(
			&box, &box, wlr_output_transform_invert(output->transform), width, height);
	}
	return box;
}

/* One direction of a surface on an upright output. */
struct axis {
	double start, size;	 // of the surface, in layout units
	double src;		 // what is shown of its buffer, in pixels
	int layout_size, pixels; // of the output
};

/*
 * The layout has whole units, and wlroots rounds an output's size down to them: 2560 pixels at
 * scale 1.5 are 1706 units, and 1706 units are 2559 pixels. So what reaches the end of the layout
 * box reaches the end of the screen.
 *
 * The client still draws 2559 pixels, as the protocol has it. Made a pixel wider they would be
 * blurred, and no plane without a scaler would take them: a buffer of the size that the client
 * was asked for is shown pixel by pixel, from the surface's first edge on. The pixel that may be
 * missing at the other one is black. So it is with windows in the middle of the screen, where the
 * rounding of both edges can make a pixel more or less than the rounding of the size. Subsurfaces
 * have no such rule, and are often neighbours that must not part: they keep both edges, unless
 * there is no room for a neighbour.
 *
 * Returns whether the surface goes from one end of the screen to the other.
 */
static bool place(const struct axis *axis, double scale, bool subsurface, int *start, int *size) {
	bool at_end = axis->start + axis->size == axis->layout_size;
	int end = at_end ? axis->pixels : edge_pixel(axis->start + axis->size, scale);
	*start = edge_pixel(axis->start, scale);
	*size = end - *start;
	bool spans = *start <= 0 && end >= axis->pixels;
	/* What a client with wp_fractional_scale_v1 draws for a logical size: the scale comes in
	 * steps of 1/120, and halves are rounded away from zero. */
	const double drawn = round(axis->size * round(scale * 120) / 120);
	if (axis->src != *size && (spans || !subsurface) &&
		fabs(axis->src - *size) <= ceil(scale) && axis->src == drawn) {
		*size = (int)axis->src;
	}
	return spans;
}

/* So that no product with a scale is too large. */
static bool is_near(int64_t logical) {
	return logical > -(FAR_AWAY >> 4) && logical < FAR_AWAY >> 4;
}

static bool can_place_whole(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, int scale) {
	int width, height;
	upright_size(output, &width, &height);
	return (float)scale == output->scale && scale <= 16 && layout->width * scale == width &&
	       layout->height * scale == height && is_near((int64_t)surface->x - layout->x) &&
	       is_near((int64_t)surface->y - layout->y) && is_near(surface->width) &&
	       is_near(surface->height);
}

static struct wlr_box place_whole(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, int scale, bool *fills) {
	const int x = surface->x - layout->x, y = surface->y - layout->y;
	*fills = x <= 0 && y <= 0 && x + surface->width >= layout->width &&
		 y + surface->height >= layout->height;
	const struct wlr_box box = {
		x * scale, y * scale, surface->width * scale, surface->height * scale};
	return turn_like_output(output, box);
}

struct wlr_box latch_surface_pixels(const struct wlr_output *output, const struct wlr_box *layout,
	const struct latch_surface_place *surface, bool *fills) {
	double scale = (double)output->scale;
	if (can_place_whole(output, layout, surface, (int)scale)) {
		/* Nothing has to be rounded. */
		return place_whole(output, layout, surface, (int)scale, fills);
	}
	int width, height;
	upright_size(output, &width, &height);
	const struct axis x = {
		surface->x - layout->x, surface->width, surface->src_width, layout->width, width};
	const struct axis y = {surface->y - layout->y, surface->height, surface->src_height,
		layout->height, height};
	struct wlr_box box;
	bool spans_x = place(&x, scale, surface->subsurface, &box.x, &box.width);
	bool spans_y = place(&y, scale, surface->subsurface, &box.y, &box.height);
	*fills = spans_x && spans_y;
	return turn_like_output(output, box);
}

struct wlr_box latch_cursor_pixels(const struct latch_cursor_image *image, double x, double y,
	const struct wlr_output *output, const struct wlr_box *layout) {
	double scale = (double)output->scale;
	const struct wlr_box box = {
		.x = edge_pixel(x - image->hotspot_x - layout->x, scale),
		.y = edge_pixel(y - image->hotspot_y - layout->y, scale),
		.width = (int)latch_max(edge_pixel(image->width, scale), 1),
		.height = (int)latch_max(edge_pixel(image->height, scale), 1),
	};
	return turn_like_output(output, box);
}
