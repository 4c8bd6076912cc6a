/* SPDX-License-Identifier: MIT */
#include "gpu.h"

#include <linux/sync_file.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "case.h"
#include "tests/lab/gpu/renderer/tiles.h"

/* More than any job of a test takes. */
#define LIMIT_MS 10000

int gpu_open(void) {
	int gpu = gpu_connect();
	CHECK(gpu >= 0, "no simulated GPU: %s", strerror(errno));
	return gpu;
}

struct gpu_job gpu_job_of(const struct memory *memory, int64_t length_ns, uint32_t flags) {
	return (struct gpu_job){
		.length_ns = length_ns,
		.flags = flags,
		.dmabuf = memory->fd,
		.stride = memory->stride,
		.width = memory->width,
		.height = memory->height,
		.bytes_per_pixel = 4,
	};
}

int gpu_must_submit(int gpu, const struct gpu_job *job) {
	int fence = gpu_submit(gpu, job);
	CHECK(fence >= 0, "submit: %s", strerror(errno));
	return fence;
}

int gpu_submit_memory(int gpu, const struct memory *memory, int64_t length_ns, uint32_t flags) {
	struct gpu_job job = gpu_job_of(memory, length_ns, flags);
	return gpu_must_submit(gpu, &job);
}

int gpu_wait_status(int fence) {
	CHECK(poll(&(struct pollfd){.fd = fence, .events = POLLIN}, 1, LIMIT_MS) == 1,
		"a job has not ended after %d s", LIMIT_MS / 1000);
	struct sync_file_info info = {0};
	CHECK(ioctl(fence, SYNC_IOC_FILE_INFO, &info) == 0, "sync_file: %s", strerror(errno));
	return info.status;
}

int64_t gpu_wait(int fence) {
	int status = gpu_wait_status(fence);
	CHECK(status == 1, "a job's fence has the status %d", status);
	int64_t time_ns = drm_fence_time_ns(fence);
	close(fence);
	return time_ns;
}

int count_marks(const struct memory *memory, bool marked_only) {
	int found = 0;
	for (uint32_t y = 0; y < memory->height; y++) {
		for (uint32_t x = 0; x < memory->width; x++) {
			bool place = x % GPU_MARK_STEP < GPU_MARK_SIZE &&
				     y % GPU_MARK_STEP < GPU_MARK_SIZE;
			uint32_t pixel = memory->map[y * memory->stride / 4 + x];
			found += place && (!marked_only || pixel == GPU_MARK);
		}
	}
	return found;
}

void tiles_draw(struct memory *memory, uint32_t number) {
	for (uint32_t y = 0; y < memory->height; y++) {
		for (uint32_t x = 0; x < memory->width; x++) {
			memory->map[tiles_offset(memory->stride, x * 4, y) / 4] =
				picture_pixel(x, y, number);
		}
	}
}

void check_marked(const struct memory *memory, const char *what) {
	int marked = count_marks(memory, true), all = count_marks(memory, false);
	CHECK(marked == all, "%s: %d of %d pixels of the marks", what, marked, all);
}

void check_whole(const struct memory *memory, uint32_t number) {
	check_rows(memory, 0, memory->height, number);
}

void check_rows(const struct memory *memory, uint32_t from, uint32_t to, uint32_t number) {
	for (uint32_t y = from; y < to; y++) {
		for (uint32_t x = 0; x < memory->width; x++) {
			uint32_t is = memory->map[y * memory->stride / 4 + x];
			uint32_t drawn = picture_pixel(x, y, number);
			CHECK(is == drawn, "%08x at %u,%u, %08x was drawn", is, x, y, drawn);
		}
	}
}
