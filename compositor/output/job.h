/* SPDX-License-Identifier: MIT */
#pragma once

#include "fence/watch.h"

struct latch_renderer;
struct wlr_buffer;
struct wlr_buffer_pass_options;

/**
 * Our own composing as a job like a client's: it begins when its pass is submitted to the renderer,
 * and ends when the fence of that pass signals. One after another, never two at once.
 */
struct latch_job {
	struct wl_event_loop *loop;
	void (*done)(void *data);
	void *data;
	/** Where the renderer signals its passes; NULL while it has not been asked, or has none. */
	struct wlr_drm_syncobj_timeline *timeline;
	uint64_t point;
	/** Its fence has not signalled yet. */
	bool pending;
	/** CLOCK_MONOTONIC. end_ns is the kernel's time of the signal, 0 while it is pending. */
	int64_t begin_ns, end_ns;
	struct latch_watch watch;
};

/** done is called from loop when a job ends that was pending after latch_job_submitted(). */
void latch_job_init(
	struct latch_job *job, struct wl_event_loop *loop, void (*done)(void *data), void *data);

/** Stops to watch the job, which the GPU still finishes. The next one may be another renderer's. */
void latch_job_reset(struct latch_job *job);

/** A pass begins: asks the renderer for a fence, where it has them (features.timeline) and some DRM
 * device has syncobjs, any: what goes in and out is a sync_file. */
void latch_job_begin(struct latch_job *job, const struct latch_renderer *renderer,
	struct wlr_buffer_pass_options *options);

/**
 * The pass into target was submitted; job->pending says whether it has still to end. implicit:
 * where the renderer has no timeline, the buffer's own fences tell
 * (DMA_BUF_IOCTL_EXPORT_SYNC_FILE). Where neither does, the job is taken to have ended.
 */
void latch_job_submitted(struct latch_job *job, struct wlr_buffer *target, bool implicit);
