/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into latch, in the place of its GLES 2 renderer (--renderer gles2): the renderer of a
 * simulated GPU. What it does is up to
 *
 *  LATCH_GPU_COMPOSE     how long its passes take: "MS[,SPREAD[,GROWTH[,OUTLIER]]]" as in
 *                        draw_time.h (1)
 *  LATCH_GPU_PRIORITY    of its jobs (0)
 *  LATCH_GPU_IMPLICIT    0: dma-bufs' fences are neither waited for nor put (1)
 *  LATCH_GPU_LOSE_AFTER  the context is lost after so many passes, once in the process (never)
 *  LATCH_GPU_LOSE_EVERY  it is lost after so many passes, again and again (never)
 *  LATCH_GPU_REFUSE      modifiers whose import fails though they are offered, with commas (none)
 *  LATCH_GPU_TILED       1: offers I915_FORMAT_MOD_X_TILED too (0)
 */
#include <drm_fourcc.h>
#include <wlr/render/gles2.h>
#include <wlr/render/pixman.h>
#include <wlr/util/log.h>

#include "private.h"

static struct gpu_renderer *renderer_from(struct wlr_renderer *base) {
	struct gpu_renderer *renderer = wl_container_of(base, renderer, base);
	return renderer;
}

static long number_in(const char *variable, long otherwise) {
	const char *text = getenv(variable);
	return text != NULL ? strtol(text, NULL, 0) : otherwise;
}

static const struct wlr_drm_format_set *get_texture_formats(
	struct wlr_renderer *base, uint32_t buffer_caps) {
	struct gpu_renderer *renderer = renderer_from(base);
	return buffer_caps & WLR_BUFFER_CAP_DMABUF	 ? &renderer->dmabuf_formats
	       : buffer_caps & WLR_BUFFER_CAP_DATA_PTR ? &renderer->shm_formats
						       : NULL;
}

static const struct wlr_drm_format_set *get_render_formats(struct wlr_renderer *base) {
	return &renderer_from(base)->target_formats;
}

static int get_drm_fd(struct wlr_renderer *base) {
	return renderer_from(base)->drm_fd;
}

static void destroy(struct wlr_renderer *base) {
	struct gpu_renderer *renderer = renderer_from(base);
	gpu_worker_finish(&renderer->worker);
	wlr_drm_format_set_finish(&renderer->dmabuf_formats);
	wlr_drm_format_set_finish(&renderer->shm_formats);
	wlr_drm_format_set_finish(&renderer->target_formats);
	wlr_renderer_destroy(renderer->pixman);
	latch_fd_clear(&renderer->drm_fd);
	latch_fd_clear(&renderer->gpu);
	free(renderer);
}

static bool is_lost_now(void) {
	static long passes;
	long last = number_in("LATCH_GPU_LOSE_AFTER", -1);
	long every = number_in("LATCH_GPU_LOSE_EVERY", -1);
	passes++;
	return (last >= 0 && passes == last + 1) || (every > 0 && passes % every == 0);
}

static struct wlr_render_pass *begin_buffer_pass(struct wlr_renderer *base,
	struct wlr_buffer *buffer, const struct wlr_buffer_pass_options *options) {
	struct gpu_renderer *renderer = renderer_from(base);
	if (!renderer->lost && is_lost_now()) {
		wlr_log(WLR_ERROR, "simulated GPU: the context is lost");
		renderer->lost = true;
		/* The listener may destroy the renderer. */
		wl_signal_emit_mutable(&base->events.lost, NULL);
		return NULL;
	}
	static const struct wlr_buffer_pass_options none;
	options = options != NULL ? options : &none;
	return renderer->lost ? NULL : gpu_pass_create(renderer, buffer, options);
}

static const struct wlr_renderer_impl renderer_impl = {
	.get_texture_formats = get_texture_formats,
	.get_render_formats = get_render_formats,
	.destroy = destroy,
	.get_drm_fd = get_drm_fd,
	.texture_from_buffer = gpu_texture_create,
	.begin_buffer_pass = begin_buffer_pass,
};

static bool add_formats(struct gpu_renderer *renderer) {
	struct wlr_drm_format_set *sets[] = {&renderer->dmabuf_formats, &renderer->target_formats};
	bool ok = gpu_pixels_add_formats(&renderer->shm_formats, DRM_FORMAT_MOD_LINEAR);
	for (int i = 0; i < 2; i++) {
		/* GBM and clients without modifiers: what vkms and udmabuf make is linear. */
		ok = ok && gpu_pixels_add_formats(sets[i], DRM_FORMAT_MOD_LINEAR) &&
		     gpu_pixels_add_formats(sets[i], DRM_FORMAT_MOD_INVALID);
	}
	return ok &&
	       (number_in("LATCH_GPU_TILED", 0) == 0 ||
		       gpu_pixels_add_formats(&renderer->dmabuf_formats, I915_FORMAT_MOD_X_TILED));
}

struct wlr_renderer *wlr_gles2_renderer_create_with_drm_fd(int drm_fd) {
	struct gpu_renderer *renderer = calloc(1, sizeof(*renderer));
	if (renderer == NULL) {
		return NULL;
	}
	*renderer = (struct gpu_renderer){
		.drm_fd = fcntl(drm_fd, F_DUPFD_CLOEXEC, 0),
		.gpu = gpu_connect(),
		.pixman = wlr_pixman_renderer_create(),
		.priority = (int32_t)number_in("LATCH_GPU_PRIORITY", 0),
		.implicit = number_in("LATCH_GPU_IMPLICIT", 1) != 0,
	};
	const char *time = getenv("LATCH_GPU_COMPOSE");
	bool has_worker = gpu_worker_init(&renderer->worker);
	if (!has_worker || renderer->pixman == NULL || renderer->drm_fd < 0 || renderer->gpu < 0) {
		wlr_log_errno(WLR_ERROR, "no simulated GPU");
	} else if (!draw_time_parse(&renderer->time, time != NULL ? time : "1", 1)) {
		wlr_log(WLR_ERROR, "LATCH_GPU_COMPOSE is not MS[,SPREAD[,GROWTH[,OUTLIER]]]: %s",
			time);
	} else if (add_formats(renderer)) {
		wlr_renderer_init(&renderer->base, &renderer_impl, WLR_BUFFER_CAP_DMABUF);
		renderer->base.features.timeline = true;
		wlr_log(WLR_INFO, "composing by the simulated GPU, %s implicit fences",
			renderer->implicit ? "with" : "without");
		return &renderer->base;
	}
	destroy(&renderer->base);
	return NULL;
}
