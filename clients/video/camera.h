/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/ring.h"
#include "common/util.h"
#include "v4l2_format.h"

/** A V4L2 device that captures into buffers of its own and exports them as dma-bufs. */
struct camera {
	const char *path; /* borrowed */
	int fd;
	uint32_t type; /* enum v4l2_buf_type: which of the two APIs */
	struct v4l2_format format;
	const struct v4l2_layout *layout;
	bool queued[RING_MAX_BUFFERS]; /* the driver has it */
};

/* Where these return a status other than CLIENT_EXIT_OK, they have said why. */

/** camera_finish() is needed anyway. The path is borrowed. */
enum client_exit camera_open(struct camera *camera, const char *path);

/** Ends the stream. The memory of a frame that is still read lives as long as its dma-bufs. */
void camera_finish(struct camera *camera);

/** Says that it can't, by errno. */
enum client_exit camera_broken(const struct camera *camera, const char *what);

bool camera_has(const struct camera *camera, uint32_t pixelformat);

/** Sets the format; its size may become another one. A width or height of 0: as it is. */
enum client_exit camera_set_layout(struct camera *camera, const struct v4l2_layout *layout,
	uint32_t width, uint32_t height);

/** Frames a second, 0: as it is. Returns a frame's time; 0: the device does not tell. */
int64_t camera_set_rate(struct camera *camera, double rate);

/**
 * Makes buffers, which the driver has then, and exports them.
 *
 * @param len how many, also after a failure: the caller's, to be finished
 */
enum client_exit camera_make_buffers(struct camera *camera, uint64_t modifier, int wanted,
	struct dmabuf dmabufs[RING_MAX_BUFFERS], int *len);

enum client_exit camera_start(struct camera *camera);

/** Queues those of the driver's buffers, in this ring, that no compositor reads any more. */
void camera_queue_idle(struct camera *camera, const struct ring *ring);

struct camera_frame {
	int index; /* of its buffer */
	uint32_t sequence;
	bool spoilt;
	int64_t pts_ns;
};

/** Takes a filled buffer from the driver. Returns 1; 0: there is none yet; or negative errno. */
int camera_take(struct camera *camera, struct camera_frame *frame);

/** Whether the driver has a buffer to fill. Without one the fd is readable all the time, with an
 * error. */
bool camera_can_fill(const struct camera *camera);
