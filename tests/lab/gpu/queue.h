/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which job the simulated GPU runs when. Plain functions of what they are told: they read no clock.
 * All times are of one clock, in nanoseconds.
 *
 * A job starts at the moment when it was ready and the GPU free, not when somebody looked: so that
 * who is woken up late adds nothing to the lengths.
 */

#define GPU_QUEUE_MAX 256
/** In the place of a time: never. */
#define GPU_QUEUE_NEVER INT64_MAX

struct gpu_queue_job {
	int32_t priority; /* higher first */
	int64_t length_ns;
	int64_t ready_ns; /* since when it can start; GPU_QUEUE_NEVER: not yet */
	int64_t start_ns; /* filled at its start */
};

struct gpu_queue {
	struct gpu_queue_job *waiting[GPU_QUEUE_MAX]; /* borrowed, the oldest first */
	size_t len;
	struct gpu_queue_job *running; /* borrowed; NULL: the GPU is idle */
	int64_t free_ns;	       /* when the last job ended */

	uint64_t jobs; /* that have ended */
	int64_t busy_ns;
	int64_t longest_wait_ns; /* from ready to the start */
};

/** Adds a job behind the others; it has to stay where it is until it is taken or removed. Returns
 * false when the queue is full. */
bool gpu_queue_add(struct gpu_queue *queue, struct gpu_queue_job *job);

/** Takes out a job that has not ended; running, it ends now. */
void gpu_queue_remove(struct gpu_queue *queue, const struct gpu_queue_job *job, int64_t now_ns);

/**
 * Lets the GPU go on until now, or until a job has ended: among those that were ready when it
 * became free, the highest priority starts and then the oldest; if none was, the one that was ready
 * first.
 *
 * @return the job that has ended, which is no longer of the queue; NULL: none has. Call it until
 *         then.
 */
struct gpu_queue_job *gpu_queue_advance(struct gpu_queue *queue, int64_t now_ns);

/** When the running job ends; GPU_QUEUE_NEVER: none runs. */
int64_t gpu_queue_next_end(const struct gpu_queue *queue);
