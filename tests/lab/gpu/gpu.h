#ifndef LAB_GPU_GPU_H
#define LAB_GPU_GPU_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/common/gpu_job.h"
#include "clients/common/gpu_wire.h"
#include "marks.h"
#include "queue.h"

/** The simulated GPU: its queue, and what the jobs in it write. */
struct gpu {
	struct gpu_queue queue;
	struct gpu_memories memories;
	uint64_t failed;
};

/** As many fds can be waited for by all jobs. */
#define GPU_MAX_WAITS (GPU_QUEUE_MAX * (GPU_JOB_MAX_WAITS + 1))

/**
 * Queues a job and begins its picture's marks.
 *
 * @param fds   the dma-buf, if there is one, and the waits; what is taken of them becomes -1
 * @param fence filled: a sync_file that the caller owns
 * @return 0 or an errno, and then nothing has changed
 */
int gpu_add_job(struct gpu *gpu, uint64_t connection, const struct gpu_request *request, int *fds,
	size_t num_fds, int *fence);

/** Adds what jobs wait for; returns how many of GPU_MAX_WAITS. */
nfds_t gpu_add_waits(const struct gpu *gpu, struct pollfd *fds);

/** Takes what a poll has found of them, in the same order. */
void gpu_handle_waits(struct gpu *gpu, const struct pollfd *fds, int64_t now_ns);

/** Goes on until now: pictures become whole, and then their fences signal. */
void gpu_advance(struct gpu *gpu, int64_t now_ns);

/** Fails the jobs of a connection; 0: all. */
void gpu_fail_jobs(struct gpu *gpu, uint64_t connection, int64_t now_ns);

struct gpu_stats gpu_count(const struct gpu *gpu);

#endif
