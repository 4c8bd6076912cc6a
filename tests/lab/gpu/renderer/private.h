/* SPDX-License-Identifier: MIT */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <pixman.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/render/drm_format_set.h>
#include <wlr/render/interface.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/addon.h>

#include "clients/common/gpu_job.h"
#include "clients/common/draw_time.h"
#include "clients/common/util.h"

/*
 * A wlr_renderer whose passes end when jobs of the simulated GPU do. pixman draws them, and that is
 * all a CPU's: textures and targets are dma-bufs, or copies of what clients have in shared memory,
 * as on a GPU.
 */

/** A picture's memory. It is counted, as a pass in the worker outlives its buffers. */
struct gpu_pixels {
	atomic_int references;
	uint32_t fourcc, width, height, stride, pixel_bytes;
	bool tiled, writable;
	uint8_t *data; /* the first pixel */
	int fd;	       /* the dma-buf; -1: a copy */
	uint8_t *map;  /* of the dma-buf, or malloc'ed */
	size_t size;
	int last_fence; /* of the last pass into it; -1: none */
};

/** The buffer's dma-buf; one for each buffer, made at the first call. NULL where it can't be read.
 * The caller owns a reference. */
struct gpu_pixels *gpu_pixels_of_dmabuf(struct wlr_buffer *buffer);
/** A copy of a buffer that the CPU can read. */
struct gpu_pixels *gpu_pixels_copy(struct wlr_buffer *buffer);
/** Copies a part of the buffer anew into such a copy. Returns false where that is not one, is of another
 * format, or belongs to a pass as well. */
bool gpu_pixels_update(
	struct gpu_pixels *pixels, struct wlr_buffer *buffer, const pixman_region32_t *part);
void gpu_pixels_unref(struct gpu_pixels *pixels);

/** What they are for pixman, which the caller drops; those of a tiled picture are a copy, to be
 * read only. NULL without memory. */
struct wlr_buffer *gpu_pixels_face(const struct gpu_pixels *pixels);

bool gpu_pixels_add_formats(struct wlr_drm_format_set *set, uint64_t modifier);

struct gpu_texture {
	struct wlr_texture base;
	struct gpu_pixels *pixels;
};

/** $LATCH_GPU_REFUSE is looked at here. */
struct wlr_texture *gpu_texture_create(struct wlr_renderer *renderer, struct wlr_buffer *buffer);
struct gpu_texture *gpu_texture_from(struct wlr_texture *texture);

/** One thing that is drawn in a pass. What its options point to is here. */
struct gpu_draw {
	struct gpu_pixels *source; /* of the texture; NULL: a rectangle */
	union {
		struct wlr_render_texture_options texture;
		struct wlr_render_rect_options rect;
	};
	float alpha;
	bool clipped;
	pixman_region32_t clip;
};

/** A pass that is recorded, and drawn when nobody writes its textures any longer. */
struct gpu_picture {
	struct wlr_renderer *pixman;
	struct gpu_pixels *target;
	struct gpu_draw *draws;
	size_t len, cap;
	int waits[GPU_JOB_MAX_WAITS]; /* sync_files */
	size_t num_waits;
	int drawn_fd; /* closed when it is drawn; -1 */
	struct gpu_picture *next;
};

struct gpu_picture *gpu_picture_create(struct wlr_renderer *pixman, struct gpu_pixels *target);
void gpu_picture_destroy(struct gpu_picture *picture);
/** The next thing to be filled; NULL without memory. */
struct gpu_draw *gpu_picture_add(struct gpu_picture *picture, const pixman_region32_t *clip);
/** Waits for the sync_file, which is taken, where it has not signalled. False: too many. */
bool gpu_picture_wait_for(struct gpu_picture *picture, int fence);
void gpu_picture_draw(const struct gpu_picture *picture);

/** Draws, in their order, the pictures that had to wait for their textures. */
struct gpu_worker {
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	struct gpu_picture *first, **last; /* under the lock */
	int wake_fd, stop_fd;
};

bool gpu_worker_init(struct gpu_worker *worker);
/** What is not drawn yet stays so. */
void gpu_worker_finish(struct gpu_worker *worker);
/** Whether pictures wait in it: later ones must not be drawn before. */
bool gpu_worker_busy(struct gpu_worker *worker);
/** Takes the picture. Returns false where no thread can be started. */
bool gpu_worker_add(struct gpu_worker *worker, struct gpu_picture *picture);

struct gpu_renderer {
	struct wlr_renderer base;
	int drm_fd, gpu;
	/** Draws for it: here, or in the worker while that is busy. */
	struct wlr_renderer *pixman;
	struct wlr_drm_format_set dmabuf_formats, shm_formats, target_formats;
	struct draw_time time;
	int32_t priority;
	bool implicit, lost;
	struct gpu_worker worker;
};

struct wlr_render_pass *gpu_pass_create(struct gpu_renderer *renderer, struct wlr_buffer *buffer,
	const struct wlr_buffer_pass_options *options);
