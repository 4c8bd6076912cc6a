/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gpu_wire.h"

/*
 * The simulated GPU of the tests (lab-gpu, in tests/lab/gpu): one for all clients and the
 * compositor. Who wants to draw does so by CPU and then submits a job; the job's fence is a real
 * one of the kernel, and signals when a GPU would be done. Until then the picture has marks in it,
 * which are put back just before the fence signals: who does not wait for it shows them.
 *
 * Jobs run one at a time: the one that is ready and has the highest priority, then the oldest. A
 * job that runs is not interrupted.
 */

/** The pixel of a mark where a pixel has 32 bits; with 16 bits it is the magenta of RGB565. */
#define GPU_MARK UINT32_C(0xffff00ff)
/** Each square of GPU_MARK_STEP pixels has a mark of GPU_MARK_SIZE in its upper left corner. */
#define GPU_MARK_SIZE 8
#define GPU_MARK_STEP 64

enum gpu_job_flags {
	/** The fence is put on the dma-buf too, as a driver with implicit synchronisation does. */
	GPU_JOB_PUT_FENCE = 1 << 0,
	/** The job waits for the fences that are on the dma-buf: writers' and readers'. */
	GPU_JOB_WAIT_TARGET = 1 << 1,
	/** The picture is drawn when the waits are over, by who submits; until then the old one
	 * stays and no mark is made. */
	GPU_JOB_DRAWN_LATE = 1 << 2,
};

struct gpu_job {
	int64_t length_ns; /* 0 to DRAW_TIME_MAX_NS */
	int32_t priority;  /* higher first */
	uint32_t flags;	   /* enum gpu_job_flags */

	/* The first plane of a dma-buf that can be mapped; -1: the job writes none. Borrowed. */
	int dmabuf;
	uint32_t offset, stride, width, height, bytes_per_pixel;

	/* What has to be readable, as signalled sync_files are, before the job can start; or to be
	 * closed on the other side, where it is a pipe. Borrowed. */
	const int *waits;
	size_t num_waits;
};

/**
 * Connects to the GPU at $LATCH_GPU, or lab-gpu in $XDG_RUNTIME_DIR.
 *
 * @return a socket that the caller owns, or -1 and errno
 */
int gpu_connect(void);

/**
 * Queues a job. It runs even if the process ends.
 *
 * @return its fence as a sync_file that the caller owns, or -1 and errno: EINVAL for a job that
 *         can't be, ENOSPC where the queue is full, what the kernel says of the dma-buf
 */
int gpu_submit(int gpu, const struct gpu_job *job);

/** Returns 0, or -1 and errno. */
int gpu_get_stats(int gpu, struct gpu_stats *stats);

/** All jobs of this connection that have not ended, or of everybody, end now: their fences signal
 * with ENOENT, and the marks stay. Returns 0, or -1 and errno. */
int gpu_reset(int gpu, bool everybody);
