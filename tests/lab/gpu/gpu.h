/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/timer.h"
#include "clients/common/gpu_job.h"
#include "clients/common/gpu_wire.h"
#include "marks.h"
#include "queue.h"

/** The simulated GPU: its queue, and what the jobs in it write. */
struct gpu {
	struct wl_event_loop *loop;
	struct latch_timer timer; /* wakes the loop when the running job ends */
	struct gpu_queue queue;
	struct gpu_memories memories;
	uint64_t failed;
};

/**
 * Queues a job and begins its picture's marks.
 *
 * @param fds   the dma-buf, if there is one, and the waits; what is taken of them becomes -1
 * @param fence filled: a sync_file that the caller owns
 * @return 0 or an errno, and then nothing has changed
 */
int gpu_add_job(struct gpu *gpu, uint64_t connection, const struct gpu_request *request, int *fds,
	size_t num_fds, int *fence);

/** Goes on until now: jobs whose waits are over get ready, pictures become whole, and then their
 * fences signal. To be called after each turn of the loop: so a job that waits for nothing is ready
 * with the request that brought it, and of those whose waits end at once the priority counts. */
void gpu_advance(struct gpu *gpu);

/** Fails the jobs of a connection; 0: all. */
void gpu_fail_jobs(struct gpu *gpu, uint64_t connection);

struct gpu_stats gpu_count(const struct gpu *gpu);
