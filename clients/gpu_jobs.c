#include "gpu_jobs.h"

#include <errno.h>
#include <string.h>

#include "common/gpu_job.h"
#include "base/format.h"
#include "common/util.h"

bool gpu_jobs_init(struct gpu_jobs *jobs, const struct gpu_time *time) {
	*jobs = (struct gpu_jobs){.gpu = gpu_connect(), .time = *time};
	if (jobs->gpu < 0) {
		say("no simulated GPU (%s): --gpu-time needs lab-gpu, which the lab's tests start, "
		    "and LATCH_GPU where its socket is not $XDG_RUNTIME_DIR/lab-gpu",
			strerror(errno));
	}
	return jobs->gpu >= 0;
}

void gpu_jobs_finish(struct gpu_jobs *jobs) {
	fd_clear(&jobs->gpu);
}

int gpu_jobs_submit(struct gpu_jobs *jobs, const struct dmabuf *buf) {
	const struct latch_format *format = latch_format_find(buf->fourcc);
	struct gpu_job job = {
		.length_ns = gpu_time_next(&jobs->time),
		.dmabuf = buf->planes[0].fd,
		.offset = buf->planes[0].offset,
		.stride = buf->planes[0].stride,
		.width = buf->width,
		.height = buf->height,
		.bytes_per_pixel = format ? format->components[0].step : 0,
	};
	int fence = gpu_submit(jobs->gpu, &job);
	if (fence < 0) {
		say("the simulated GPU does not take the job: %s", strerror(errno));
	}
	return fence;
}
