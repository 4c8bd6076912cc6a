/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "dmabuf.h"
#include "kms/format.h"
#include "plan.h"

/* How buffers are made, for canvas_create_buffer(). */

struct gbm_device;

/** Where memory comes from, and with it who draws. What the CPU draws into is linear, of the
 * formats in pixels.h. */
enum canvas_kind {
	CANVAS_GPU,	/* GBM and GLES */
	CANVAS_DUMB,	/* the CPU, in dumb buffers: what a KMS device can surely scan out */
	CANVAS_UDMABUF, /* the CPU, in pages of a sealed memfd: needs no DRM device at all */
	CANVAS_HEAP, /* the CPU, in a dma-heap of the kernel's: the system's, or another by name */
	CANVAS_VGEM, /* the CPU, in dumb buffers of vgem, a device that has memory and no display */
	CANVAS_SHM,  /* the CPU, in shared memory: no dma-bufs */
	CANVAS_VULKAN,	/* Vulkan, whose driver makes the memory, or imports it */
};

/** Adds the formats that the CPU can draw into. Returns false without memory. */
bool cpu_formats(struct kms_format_set *set);

/**
 * Makes a linear buffer of buf->fourcc: all planes behind one another in one piece of memory, or
 * each in one of its own where the step wants that.
 *
 * @param device what is asked for the memory
 * @param buf    empty but for its size and format; to be finished also after a failure
 * @return false and errno, EINVAL where the step does not allow linear buffers
 */
bool cpu_buffer_create(
	enum canvas_kind kind, int device, const struct plan_step *step, struct dmabuf *buf);

/** The same for one that the device's GPU can draw into. Its allocation is the gbm_bo. */
bool gbm_buffer_create(struct gbm_device *gbm, const struct plan_step *step, struct dmabuf *buf);
