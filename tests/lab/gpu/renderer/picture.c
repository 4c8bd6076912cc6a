#include <math.h>
#include <poll.h>
#include <stdlib.h>

#include "clients/common/util.h"
#include "private.h"

struct gpu_picture *gpu_picture_create(struct gpu_pixels *target) {
	struct gpu_picture *picture = calloc(1, sizeof(*picture));
	if (picture == NULL) {
		return NULL;
	}
	*picture = (struct gpu_picture){.target = target, .drawn_fd = -1};
	atomic_fetch_add(&target->references, 1);
	return picture;
}

void gpu_picture_destroy(struct gpu_picture *picture) {
	for (size_t i = 0; i < picture->len; i++) {
		gpu_pixels_unref(picture->draws[i].texture);
		pixman_region32_fini(&picture->draws[i].clip);
	}
	for (size_t i = 0; i < picture->num_waits; i++) {
		fd_clear(&picture->waits[i]);
	}
	gpu_pixels_unref(picture->target);
	fd_clear(&picture->drawn_fd);
	free(picture->draws);
	free(picture);
}

struct gpu_draw *gpu_picture_add(struct gpu_picture *picture) {
	if (picture->len == picture->cap) {
		size_t cap = picture->cap == 0 ? 8 : picture->cap * 2;
		struct gpu_draw *draws = realloc(picture->draws, cap * sizeof(*draws));
		if (draws == NULL) {
			return NULL;
		}
		picture->draws = draws;
		picture->cap = cap;
	}
	struct gpu_draw *draw = &picture->draws[picture->len++];
	*draw = (struct gpu_draw){0};
	pixman_region32_init(&draw->clip);
	return draw;
}

bool gpu_fence_done(int fence) {
	struct pollfd pollfd = {.fd = fence, .events = POLLIN};
	return poll(&pollfd, 1, 0) == 1;
}

bool gpu_picture_wait_for(struct gpu_picture *picture, int fence) {
	bool room = picture->num_waits < GPU_JOB_MAX_WAITS;
	if (room && !gpu_fence_done(fence)) {
		picture->waits[picture->num_waits++] = fence;
		return true;
	}
	fd_clear(&fence);
	return room;
}

/* From a place in the destination, of which the whole is 1 by 1 around the middle, to that in the
 * source: wl_output.transform turns against the clock, and flips before. */
static const struct {
	double xx, xy, yx, yy;
} turns[] = {
	[WL_OUTPUT_TRANSFORM_NORMAL] = {1, 0, 0, 1},
	[WL_OUTPUT_TRANSFORM_90] = {0, -1, 1, 0},
	[WL_OUTPUT_TRANSFORM_180] = {-1, 0, 0, -1},
	[WL_OUTPUT_TRANSFORM_270] = {0, 1, -1, 0},
	[WL_OUTPUT_TRANSFORM_FLIPPED] = {-1, 0, 0, 1},
	[WL_OUTPUT_TRANSFORM_FLIPPED_90] = {0, 1, 1, 0},
	[WL_OUTPUT_TRANSFORM_FLIPPED_180] = {1, 0, 0, -1},
	[WL_OUTPUT_TRANSFORM_FLIPPED_270] = {0, -1, -1, 0},
};

static bool is_plain(const struct gpu_draw *draw) {
	return draw->transform == WL_OUTPUT_TRANSFORM_NORMAL && draw->src.x == floor(draw->src.x) &&
	       draw->src.y == floor(draw->src.y) && draw->src.width == draw->dst.width &&
	       draw->src.height == draw->dst.height;
}

static void turn_and_scale(pixman_image_t *source, const struct gpu_draw *draw) {
	double xx = turns[draw->transform].xx, xy = turns[draw->transform].xy;
	double yx = turns[draw->transform].yx, yy = turns[draw->transform].yy;
	/* Pixels of the destination are made a whole of 1 by 1, turned, and made pixels again. */
	struct pixman_f_transform matrix = {{
		{draw->src.width * xx / draw->dst.width, draw->src.width * xy / draw->dst.height,
			draw->src.x + draw->src.width * (0.5 - (xx + xy) / 2)},
		{draw->src.height * yx / draw->dst.width, draw->src.height * yy / draw->dst.height,
			draw->src.y + draw->src.height * (0.5 - (yx + yy) / 2)},
		{0, 0, 1},
	}};
	pixman_transform_t fixed;
	if (pixman_transform_from_pixman_f_transform(&fixed, &matrix)) {
		pixman_image_set_transform(source, &fixed);
	}
	pixman_image_set_repeat(source, PIXMAN_REPEAT_PAD);
	pixman_image_set_filter(source,
		draw->filter == WLR_SCALE_FILTER_NEAREST ? PIXMAN_FILTER_NEAREST
							 : PIXMAN_FILTER_BILINEAR,
		NULL, 0);
}

static uint16_t of_channel(float value) {
	return (uint16_t)lrintf(fminf(fmaxf(value, 0.0f), 1.0f) * 65535.0f);
}

static pixman_image_t *fill_of(float red, float green, float blue, float alpha) {
	pixman_color_t color = {
		.red = of_channel(red),
		.green = of_channel(green),
		.blue = of_channel(blue),
		.alpha = of_channel(alpha),
	};
	return pixman_image_create_solid_fill(&color);
}

static void draw_one(pixman_image_t *target, const struct gpu_draw *draw) {
	bool plain = draw->texture == NULL || is_plain(draw);
	pixman_image_t *source = draw->texture != NULL
					 ? gpu_pixels_read(draw->texture)
					 : fill_of(draw->color.r, draw->color.g, draw->color.b,
						   draw->color.a);
	pixman_image_t *mask = draw->texture != NULL && draw->alpha < 1.0f
				       ? fill_of(0, 0, 0, draw->alpha)
				       : NULL;
	if (source == NULL) {
		return;
	}
	if (!plain) {
		turn_and_scale(source, draw);
	}
	pixman_image_set_clip_region32(
		target, draw->clipped ? (pixman_region32_t *)&draw->clip : NULL);
	pixman_image_composite32(
		draw->blend == WLR_RENDER_BLEND_MODE_NONE ? PIXMAN_OP_SRC : PIXMAN_OP_OVER, source,
		mask, target, plain ? (int)draw->src.x : 0, plain ? (int)draw->src.y : 0, 0, 0,
		draw->dst.x, draw->dst.y, draw->dst.width, draw->dst.height);
	pixman_image_unref(source);
	if (mask != NULL) {
		pixman_image_unref(mask);
	}
}

void gpu_picture_draw(const struct gpu_picture *picture) {
	pixman_image_t *target = gpu_pixels_read(picture->target);
	if (target == NULL) {
		return;
	}
	for (size_t i = 0; i < picture->len; i++) {
		draw_one(target, &picture->draws[i]);
	}
	if (picture->target->tiled) {
		gpu_pixels_tile(picture->target, target);
	}
	pixman_image_unref(target);
}
