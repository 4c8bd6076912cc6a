/* SPDX-License-Identifier: MIT */
#include "gpu_job.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/message.h"
#include "util.h"

int gpu_connect(void) {
	struct sockaddr_un address;
	if (!gpu_wire_address(&address)) {
		return -1;
	}
	int gpu = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (gpu >= 0 && connect(gpu, (struct sockaddr *)&address, sizeof(address)) != 0) {
		latch_fd_clear(&gpu);
	}
	return gpu;
}

/* Returns 0, or -1 and errno. The fence is wanted where the pointer is not NULL. */
static int ask(int gpu, const struct gpu_request *request, const int *fds, size_t num_fds,
	struct gpu_answer *answer, int *fence) {
	int received[GPU_WIRE_MAX_FDS];
	size_t num_received;
	if (latch_message_send(gpu, request, sizeof(*request), fds, num_fds, 0) < 0) {
		return -1;
	}
	ssize_t size = latch_message_receive(
		gpu, answer, sizeof(*answer), received, GPU_WIRE_MAX_FDS, &num_received, 0);
	if (size < 0) {
		return -1;
	}
	bool whole = size == (ssize_t)sizeof(*answer);
	bool ok = whole && answer->error == 0 && num_received == (fence ? 1 : 0);
	if (ok && fence) {
		*fence = received[0];
		return 0;
	}
	for (size_t i = 0; i < num_received; i++) {
		latch_fd_clear(&received[i]);
	}
	if (!ok) {
		errno = size == 0		      ? ECONNRESET
			: whole && answer->error != 0 ? answer->error
						      : EPROTO;
	}
	return ok ? 0 : -1;
}

int gpu_submit(int gpu, const struct gpu_job *job) {
	if (job->num_waits > GPU_JOB_MAX_WAITS) {
		errno = EINVAL;
		return -1;
	}
	struct gpu_request request = {
		.type = GPU_REQUEST_SUBMIT,
		.flags = job->flags,
		.length_ns = job->length_ns,
		.priority = job->priority,
		.has_dmabuf = job->dmabuf >= 0,
		.offset = job->offset,
		.stride = job->stride,
		.width = job->width,
		.height = job->height,
		.bytes_per_pixel = job->bytes_per_pixel,
		.num_waits = (uint32_t)job->num_waits,
	};
	int fds[GPU_WIRE_MAX_FDS];
	size_t num_fds = 0;
	if (job->dmabuf >= 0) {
		fds[num_fds++] = job->dmabuf;
	}
	for (size_t i = 0; i < job->num_waits; i++) {
		fds[num_fds++] = job->waits[i];
	}
	struct gpu_answer answer;
	int fence;
	return ask(gpu, &request, fds, num_fds, &answer, &fence) == 0 ? fence : -1;
}

int gpu_get_stats(int gpu, struct gpu_stats *stats) {
	struct gpu_request request = {.type = GPU_REQUEST_STATS};
	struct gpu_answer answer;
	if (ask(gpu, &request, NULL, 0, &answer, NULL) != 0) {
		return -1;
	}
	*stats = answer.stats;
	return 0;
}

int gpu_reset(int gpu, bool everybody) {
	struct gpu_request request = {
		.type = everybody ? GPU_REQUEST_RESET_ALL : GPU_REQUEST_RESET};
	struct gpu_answer answer;
	return ask(gpu, &request, NULL, 0, &answer, NULL);
}
