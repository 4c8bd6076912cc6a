/* SPDX-License-Identifier: MIT */
#include <poll.h>

#include "private.h"

struct gpu_picture *gpu_picture_create(struct wlr_renderer *pixman, struct gpu_pixels *target) {
	struct gpu_picture *picture = calloc(1, sizeof(*picture));
	if (picture == NULL) {
		return NULL;
	}
	*picture = (struct gpu_picture){.pixman = pixman, .target = target, .drawn_fd = -1};
	atomic_fetch_add(&target->references, 1);
	return picture;
}

void gpu_picture_destroy(struct gpu_picture *picture) {
	for (size_t i = 0; i < picture->len; i++) {
		gpu_pixels_unref(picture->draws[i].source);
		pixman_region32_fini(&picture->draws[i].clip);
	}
	for (size_t i = 0; i < picture->num_waits; i++) {
		latch_fd_clear(&picture->waits[i]);
	}
	gpu_pixels_unref(picture->target);
	latch_fd_clear(&picture->drawn_fd);
	free(picture->draws);
	free(picture);
}

struct gpu_draw *gpu_picture_add(struct gpu_picture *picture, const pixman_region32_t *clip) {
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
	*draw = (struct gpu_draw){.clipped = clip != NULL};
	pixman_region32_init(&draw->clip);
	if (clip != NULL) {
		pixman_region32_copy(&draw->clip, clip);
	}
	return draw;
}

bool gpu_picture_wait_for(struct gpu_picture *picture, int fence) {
	bool room = picture->num_waits < GPU_JOB_MAX_WAITS;
	if (room && poll(&(struct pollfd){.fd = fence, .events = POLLIN}, 1, 0) != 1) {
		picture->waits[picture->num_waits++] = fence;
		return true;
	}
	latch_fd_clear(&fence);
	return room;
}

static void draw_texture(
	struct wlr_renderer *pixman, struct wlr_render_pass *pass, const struct gpu_draw *draw) {
	struct wlr_buffer *face = gpu_pixels_face(draw->source);
	struct wlr_render_texture_options options = draw->texture;
	options.texture = face != NULL ? wlr_texture_from_buffer(pixman, face) : NULL;
	options.alpha = &draw->alpha;
	options.clip = draw->clipped ? &draw->clip : NULL;
	if (options.texture != NULL) {
		wlr_render_pass_add_texture(pass, &options);
		wlr_texture_destroy(options.texture);
	}
	wlr_buffer_drop(face);
}

static void draw_rect(struct wlr_render_pass *pass, const struct gpu_draw *draw) {
	struct wlr_render_rect_options options = draw->rect;
	options.clip = draw->clipped ? &draw->clip : NULL;
	wlr_render_pass_add_rect(pass, &options);
}

void gpu_picture_draw(const struct gpu_picture *picture) {
	struct wlr_buffer *target = gpu_pixels_face(picture->target);
	struct wlr_render_pass *pass =
		target != NULL ? wlr_renderer_begin_buffer_pass(picture->pixman, target, NULL)
			       : NULL;
	for (size_t i = 0; pass != NULL && i < picture->len; i++) {
		const struct gpu_draw *draw = &picture->draws[i];
		if (draw->source != NULL) {
			draw_texture(picture->pixman, pass, draw);
		} else {
			draw_rect(pass, draw);
		}
	}
	if (pass != NULL) {
		wlr_render_pass_submit(pass);
	}
	wlr_buffer_drop(target);
}
