#ifndef CLIENT_GPU_JOBS_H
#define CLIENT_GPU_JOBS_H

#include <stdbool.h>

#include "common/dmabuf.h"
#include "common/gpu_time.h"

/** The simulated GPU (common/gpu_job.h), which finishes what the CPU has drawn. */
struct gpu_jobs {
	int gpu; /* -1: none, and pictures are finished when they are drawn */
	struct gpu_time time;
};

/** Connects to it. Returns false, having said why. */
bool gpu_jobs_init(struct gpu_jobs *jobs, const struct gpu_time *time);
void gpu_jobs_finish(struct gpu_jobs *jobs);

/** Submits a picture that is drawn. Returns its fence, a sync_file that the caller owns; or -1,
 * having said why. */
int gpu_jobs_submit(struct gpu_jobs *jobs, const struct dmabuf *buf);

#endif
