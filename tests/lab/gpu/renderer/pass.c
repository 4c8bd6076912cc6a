/* SPDX-License-Identifier: MIT */
#include <linux/dma-buf.h>
#include <wlr/render/drm_syncobj.h>
#include <wlr/util/log.h>
#include <xf86drm.h>

#include "private.h"

struct gpu_pass {
	struct wlr_render_pass base;
	struct gpu_renderer *renderer;
	struct gpu_picture *picture;
	struct wlr_drm_syncobj_timeline *signal_timeline;
	uint64_t signal_point;
	bool failed;
};

static struct gpu_draw *add_draw(struct gpu_pass *pass, const pixman_region32_t *clip) {
	struct gpu_draw *draw = gpu_picture_add(pass->picture, clip);
	pass->failed = pass->failed || draw == NULL;
	return draw;
}

static void add_rect(struct wlr_render_pass *base, const struct wlr_render_rect_options *options) {
	struct gpu_pass *pass = wl_container_of(base, pass, base);
	struct gpu_draw *draw = add_draw(pass, options->clip);
	if (draw != NULL) {
		draw->rect = *options;
	}
}

static int export_fence(int dmabuf) {
	struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
	return drmIoctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) == 0 ? export.fd : -1;
}

/* Takes the fence. */
static void wait_for(struct gpu_pass *pass, int fence) {
	if (fence < 0 || !gpu_picture_wait_for(pass->picture, fence)) {
		wlr_log(WLR_ERROR, "simulated GPU: a fence can't be waited for");
		pass->failed = true;
	}
}

static void add_texture(
	struct wlr_render_pass *base, const struct wlr_render_texture_options *options) {
	struct gpu_pass *pass = wl_container_of(base, pass, base);
	struct gpu_pixels *source = gpu_texture_from(options->texture)->pixels;
	struct gpu_draw *draw = add_draw(pass, options->clip);
	if (draw == NULL) {
		return;
	}
	draw->source = source;
	atomic_fetch_add(&source->references, 1);
	draw->texture = (struct wlr_render_texture_options){
		.src_box = options->src_box,
		.dst_box = options->dst_box,
		.transform = options->transform,
		.filter_mode = options->filter_mode,
		.blend_mode = options->blend_mode,
	};
	draw->alpha = wlr_render_texture_options_get_alpha(options);
	if (options->wait_timeline != NULL) {
		wait_for(pass, wlr_drm_syncobj_timeline_export_sync_file(
				       options->wait_timeline, options->wait_point));
	}
	if (pass->renderer->implicit && source->fd >= 0) {
		wait_for(pass, export_fence(source->fd));
	}
	/* What one context drew is there for its next pass without any fence. */
	if (source->last_fence >= 0) {
		wait_for(pass, fcntl(source->last_fence, F_DUPFD_CLOEXEC, 0));
	}
}

/* Who wants to write into what this pass reads waits for it. */
static void put_read_fences(const struct gpu_picture *picture, int fence) {
	for (size_t i = 0; i < picture->len; i++) {
		struct dma_buf_import_sync_file import = {.flags = DMA_BUF_SYNC_READ, .fd = fence};
		const struct gpu_pixels *source = picture->draws[i].source;
		if (source != NULL && source->fd >= 0 &&
			drmIoctl(source->fd, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) != 0) {
			wlr_log_errno(WLR_ERROR, "simulated GPU: no fence for a reader");
		}
	}
}

/* Returns the job's fence, or -1. What it waits for by drawn_fd is drawn later. */
static int submit_job(struct gpu_pass *pass, int64_t length_ns, const int *drawn_fd) {
	const struct gpu_renderer *renderer = pass->renderer;
	const struct gpu_pixels *target = pass->picture->target;
	struct gpu_job job = {
		.length_ns = length_ns,
		.priority = renderer->priority,
		.flags = (renderer->implicit ? GPU_JOB_PUT_FENCE | GPU_JOB_WAIT_TARGET : 0u) |
			 (drawn_fd != NULL ? GPU_JOB_DRAWN_LATE : 0u),
		.dmabuf = target->fd,
		.offset = (uint32_t)(target->data - target->map),
		.stride = target->stride,
		.width = target->width,
		.height = target->height,
		.bytes_per_pixel = target->pixel_bytes,
		.waits = drawn_fd,
		.num_waits = drawn_fd != NULL ? 1 : 0,
	};
	int fence = gpu_submit(renderer->gpu, &job);
	if (fence < 0) {
		wlr_log_errno(WLR_ERROR, "simulated GPU: the job was not taken");
	}
	return fence;
}

/* Draws now, or when the textures are there; the picture is taken. Returns the fence, or -1. */
static int draw_and_submit(struct gpu_pass *pass, int64_t length_ns) {
	struct gpu_worker *worker = &pass->renderer->worker;
	int pipe_fds[2] = {-1, -1};
	int fence = -1;
	if (pass->picture->num_waits == 0 && !gpu_worker_busy(worker)) {
		/* The CPU's time is a part of the job's, as far as it is shorter. */
		const int64_t begin_ns = latch_now_ns();
		gpu_picture_draw(pass->picture);
		const int64_t left_ns = length_ns - (latch_now_ns() - begin_ns);
		fence = submit_job(pass, left_ns > 0 ? left_ns : 0, NULL);
	} else if (pipe2(pipe_fds, O_CLOEXEC) == 0) {
		fence = submit_job(pass, length_ns, &pipe_fds[0]);
		latch_fd_clear(&pipe_fds[0]);
		pass->picture->drawn_fd = pipe_fds[1];
	}
	if (fence >= 0 && pass->renderer->implicit) {
		put_read_fences(pass->picture, fence);
	}
	if (fence >= 0) {
		latch_fd_clear(&pass->picture->target->last_fence);
		pass->picture->target->last_fence = fcntl(fence, F_DUPFD_CLOEXEC, 0);
	}
	if (fence >= 0 && pass->picture->drawn_fd >= 0) {
		if (!gpu_worker_add(worker, pass->picture)) {
			latch_fd_clear(&fence);
		}
	} else {
		gpu_picture_destroy(pass->picture);
	}
	pass->picture = NULL;
	return fence;
}

static bool submit(struct wlr_render_pass *base) {
	struct gpu_pass *pass = wl_container_of(base, pass, base);
	int64_t length_ns = draw_time_next(&pass->renderer->time);
	int fence = pass->failed ? -1 : draw_and_submit(pass, length_ns);
	bool ok = fence >= 0;
	if (ok && pass->signal_timeline != NULL) {
		ok = wlr_drm_syncobj_timeline_import_sync_file(
			pass->signal_timeline, pass->signal_point, fence);
	}
	latch_fd_clear(&fence);
	if (pass->picture != NULL) {
		gpu_picture_destroy(pass->picture);
	}
	if (pass->signal_timeline != NULL) {
		wlr_drm_syncobj_timeline_unref(pass->signal_timeline);
	}
	free(pass);
	return ok;
}

static const struct wlr_render_pass_impl pass_impl = {
	.submit = submit,
	.add_texture = add_texture,
	.add_rect = add_rect,
};

struct wlr_render_pass *gpu_pass_create(struct gpu_renderer *renderer, struct wlr_buffer *buffer,
	const struct wlr_buffer_pass_options *options) {
	struct gpu_pixels *target = gpu_pixels_of_dmabuf(buffer);
	struct gpu_pass *pass = calloc(1, sizeof(*pass));
	if (target == NULL || !target->writable || target->tiled || pass == NULL) {
		wlr_log(WLR_ERROR, "simulated GPU: the target can't be %s",
			target == NULL ? "imported" : "written");
		goto error;
	}
	*pass = (struct gpu_pass){
		.renderer = renderer,
		.picture = gpu_picture_create(renderer->pixman, target),
		.signal_point = options->signal_point,
	};
	if (pass->picture == NULL) {
		goto error;
	}
	gpu_pixels_unref(target);
	wlr_render_pass_init(&pass->base, &pass_impl);
	if (options->signal_timeline != NULL) {
		pass->signal_timeline = wlr_drm_syncobj_timeline_ref(options->signal_timeline);
	}
	return &pass->base;

error:
	gpu_pixels_unref(target);
	free(pass);
	return NULL;
}
