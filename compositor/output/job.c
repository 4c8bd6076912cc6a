/* SPDX-License-Identifier: MIT */
#include "output/job.h"

#include <wlr/render/drm_syncobj.h>
#include <wlr/render/dmabuf.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>

#include "base/clock.h"
#include "output/renderer.h"

void latch_job_init(
	struct latch_job *job, struct wl_event_loop *loop, void (*done)(void *data), void *data) {
	*job = (struct latch_job){.loop = loop, .done = done, .data = data};
}

void latch_job_reset(struct latch_job *job) {
	if (job->pending) {
		latch_watch_finish(&job->watch);
	}
	if (job->timeline != NULL) {
		wlr_drm_syncobj_timeline_unref(job->timeline);
	}
	latch_job_init(job, job->loop, job->done, job->data);
}

void latch_job_begin(struct latch_job *job, const struct latch_renderer *renderer,
	struct wlr_buffer_pass_options *options) {
	if (job->timeline == NULL && renderer->wlr_renderer->features.timeline &&
		renderer->timeline_fd >= 0) {
		job->timeline = wlr_drm_syncobj_timeline_create(renderer->timeline_fd);
		job->point = 0;
	}
	job->begin_ns = latch_now_ns();
	job->end_ns = 0;
	if (job->timeline != NULL) {
		options->signal_timeline = job->timeline;
		options->signal_point = ++job->point;
	}
}

/* The signal's time, in the bounds of what can be. */
static void end(struct latch_job *job, int64_t signal_ns) {
	const int64_t now_ns = latch_now_ns();
	const bool known = signal_ns > job->begin_ns && signal_ns < now_ns;
	job->pending = false;
	job->end_ns = known ? signal_ns : now_ns;
}

static void handle_signalled(struct latch_watch *watch) {
	struct latch_job *job = watch->data;
	end(job, watch->info.signal_time_ns);
	job->done(job->data);
}

static int fence_of(const struct latch_job *job, struct wlr_buffer *target, bool implicit) {
	struct wlr_dmabuf_attributes dmabuf;
	if (job->timeline != NULL) {
		return wlr_drm_syncobj_timeline_export_sync_file(job->timeline, job->point);
	}
	return implicit && wlr_buffer_get_dmabuf(target, &dmabuf)
		       ? latch_fence_export_from_dmabuf(dmabuf.fd[0])
		       : -1;
}

void latch_job_submitted(struct latch_job *job, struct wlr_buffer *target, bool implicit) {
	int fence = fence_of(job, target, implicit);
	job->pending = fence >= 0 && latch_watch_sync_file(&job->watch, job->loop, fence,
					     handle_signalled, job) == 1;
	if (!job->pending) {
		end(job, fence >= 0 ? job->watch.info.signal_time_ns : 0);
	}
}
