/* SPDX-License-Identifier: MIT */
#include "gpu.h"

#include <errno.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wayland-server-core.h>

#include "clients/common/draw_time.h"
#include "clients/common/sw_sync.h"
#include "clients/common/util.h"

struct job;

struct wait {
	struct job *job;
	struct wl_event_source *source; /* NULL: it is over */
};

struct job {
	struct gpu_queue_job queued; /* first, so that this is found by it */
	uint64_t connection;
	int timeline; /* of sw_sync, of this job alone: jobs end in any order */
	struct marks marks;
	bool drawn_late;
	struct wait waits[GPU_JOB_MAX_WAITS + 1];
	size_t num_waits, waits_left;
};

static void end_wait(struct wait *wait) {
	if (wait->source != NULL) {
		wl_event_source_remove(wait->source);
		wait->source = NULL;
		wait->job->waits_left--;
	}
}

/* Also when the other end of a pipe is gone: nobody will ever write. */
static int handle_wait(int fd, uint32_t mask, void *data) {
	end_wait(data);
	return 0;
}

/* Takes the fd, of which the loop has a duplicate. */
static bool add_wait(struct gpu *gpu, struct job *job, int fd) {
	struct wait *wait = &job->waits[job->num_waits];
	bool ok = true;
	if (!fd_readable(fd)) {
		*wait = (struct wait){job,
			wl_event_loop_add_fd(gpu->loop, fd, WL_EVENT_READABLE, handle_wait, wait)};
		ok = wait->source != NULL;
		job->num_waits += ok;
		job->waits_left += ok;
	}
	latch_fd_clear(&fd);
	return ok;
}

static void destroy_job(struct gpu *gpu, struct job *job) {
	for (size_t i = 0; i < job->num_waits; i++) {
		end_wait(&job->waits[i]);
	}
	marks_abandon(&job->marks);
	gpu_memory_unuse(&gpu->memories, job->marks.memory);
	latch_fd_clear(&job->timeline);
	free(job);
}

/* Returns 0 or an errno. */
static int take_picture(struct gpu *gpu, struct job *job, const struct gpu_request *request,
	int dmabuf, int fence) {
	job->marks = (struct marks){
		.memory = gpu_memory_use(&gpu->memories, dmabuf, job->connection),
		.offset = request->offset,
		.stride = request->stride,
		.width = request->width,
		.height = request->height,
		.bytes_per_pixel = request->bytes_per_pixel,
	};
	if (job->marks.memory == NULL) {
		return errno;
	}
	if (!marks_fit(&job->marks)) {
		return EINVAL;
	}
	if (request->flags & GPU_JOB_WAIT_TARGET) {
		struct dma_buf_export_sync_file export = {.flags = DMA_BUF_SYNC_RW, .fd = -1};
		if (ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) != 0) {
			return errno;
		}
		if (!add_wait(gpu, job, export.fd)) {
			return ENOMEM;
		}
	}
	struct dma_buf_import_sync_file import = {.flags = DMA_BUF_SYNC_WRITE, .fd = fence};
	if (request->flags & GPU_JOB_PUT_FENCE &&
		ioctl(dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) != 0) {
		return errno;
	}
	job->drawn_late = request->flags & GPU_JOB_DRAWN_LATE;
	return job->drawn_late || marks_place(&job->marks) ? 0 : ENOMEM;
}

int gpu_add_job(struct gpu *gpu, uint64_t connection, const struct gpu_request *request, int *fds,
	size_t num_fds, int *fence) {
	size_t first_wait = request->has_dmabuf ? 1 : 0;
	*fence = -1;
	if (request->has_dmabuf > 1 || request->num_waits > GPU_JOB_MAX_WAITS ||
		num_fds != first_wait + request->num_waits || request->length_ns < 0 ||
		request->length_ns > DRAW_TIME_MAX_NS) {
		return EINVAL;
	}
	if (gpu->queue.len == GPU_QUEUE_MAX) {
		return ENOSPC;
	}
	struct job *job = calloc(1, sizeof(*job));
	if (job == NULL) {
		return ENOMEM;
	}
	*job = (struct job){
		.queued = {.priority = request->priority,
			.length_ns = request->length_ns,
			.ready_ns = GPU_QUEUE_NEVER},
		.connection = connection,
		.timeline = sw_sync_open(),
	};
	*fence = job->timeline < 0 ? -1 : sw_sync_create_fence(job->timeline, 1);
	int error = *fence < 0 ? errno : 0;
	if (error == 0 && request->has_dmabuf) {
		error = take_picture(gpu, job, request, fds[0], *fence);
	}
	for (size_t i = first_wait; i < num_fds && error == 0; i++) {
		error = add_wait(gpu, job, latch_fd_take(&fds[i])) ? 0 : ENOMEM;
	}
	if (error != 0) {
		latch_fd_clear(fence);
		destroy_job(gpu, job);
		return error;
	}
	gpu_queue_add(&gpu->queue, &job->queued);
	return 0;
}

void gpu_advance(struct gpu *gpu) {
	const int64_t now_ns = latch_now_ns();
	for (size_t i = 0; i < gpu->queue.len; i++) {
		struct job *job = (struct job *)gpu->queue.waiting[i];
		if (job->waits_left == 0 && job->queued.ready_ns == GPU_QUEUE_NEVER) {
			job->queued.ready_ns = now_ns;
			if (job->drawn_late && !marks_place(&job->marks)) {
				say("no memory for the marks of a job");
			}
		}
	}
	struct gpu_queue_job *queued;
	while ((queued = gpu_queue_advance(&gpu->queue, now_ns)) != NULL) {
		struct job *job = (struct job *)queued;
		marks_lift(&job->marks);
		if (!sw_sync_advance(job->timeline, 1)) {
			say("a fence can't be signalled: %s", strerror(errno));
		}
		destroy_job(gpu, job);
	}
	const int64_t end_ns = gpu_queue_next_end(&gpu->queue);
	latch_timer_set(&gpu->timer, end_ns == GPU_QUEUE_NEVER ? 0 : end_ns);
}

static void fail_job(struct gpu *gpu, struct gpu_queue_job *queued, uint64_t connection) {
	struct job *job = (struct job *)queued;
	if (job != NULL && (connection == 0 || job->connection == connection)) {
		gpu_queue_remove(&gpu->queue, queued, latch_now_ns());
		gpu->failed++;
		destroy_job(gpu, job); // its timeline goes with a fence pending
	}
}

void gpu_fail_jobs(struct gpu *gpu, uint64_t connection) {
	for (size_t i = gpu->queue.len; i-- > 0;) {
		fail_job(gpu, gpu->queue.waiting[i], connection);
	}
	fail_job(gpu, gpu->queue.running, connection);
}

struct gpu_stats gpu_count(const struct gpu *gpu) {
	return (struct gpu_stats){
		.jobs = gpu->queue.jobs,
		.failed = gpu->failed,
		.queued = gpu->queue.len + (gpu->queue.running != NULL),
		.busy_ns = gpu->queue.busy_ns,
		.longest_wait_ns = gpu->queue.longest_wait_ns,
	};
}
