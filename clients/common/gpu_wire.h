/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/un.h>

/*
 * What goes over the socket of the simulated GPU, a SOCK_SEQPACKET: a request of one packet, with
 * the dma-buf and then the waits as fds, and an answer of one packet, with the fence. Both sides
 * are of one build.
 */

enum gpu_request_type {
	GPU_REQUEST_SUBMIT = 1,
	GPU_REQUEST_STATS,
	GPU_REQUEST_RESET,	/* what the connection has submitted */
	GPU_REQUEST_RESET_ALL,
};

#define GPU_JOB_MAX_WAITS 32
#define GPU_WIRE_MAX_FDS (GPU_JOB_MAX_WAITS + 1)

struct gpu_request {
	uint32_t type;
	uint32_t flags;
	int64_t length_ns;
	int32_t priority;
	uint32_t has_dmabuf;
	uint32_t offset, stride, width, height, bytes_per_pixel;
	uint32_t num_waits;
};

/** What lab-gpu counts. */
struct gpu_stats {
	uint64_t jobs;	 /* that have run */
	uint64_t failed; /* that a reset has ended */
	uint64_t queued; /* that wait or run now */
	int64_t busy_ns;
	int64_t longest_wait_ns; /* from being ready to the start */
};

struct gpu_answer {
	int32_t error; /* an errno; 0: done, and a fence comes along where a job was submitted */
	uint32_t pad;
	struct gpu_stats stats;
};

/** The socket's address; false where neither variable is set, or the path is too long. */
bool gpu_wire_address(struct sockaddr_un *address);
