#ifndef CLIENT_ALLOCATOR_H
#define CLIENT_ALLOCATOR_H

#include <stdbool.h>

#include "dmabuf.h"
#include "plan.h"

struct gbm_device;

/** Where memory comes from, and with it who draws. What the CPU draws into is linear, of the
 * formats in pixels.h. */
enum canvas_kind {
	CANVAS_GPU,	/* GBM and GLES */
	CANVAS_DUMB,	/* the CPU, in dumb buffers: what a KMS device can surely scan out */
	CANVAS_UDMABUF, /* the CPU, in pages of a sealed memfd: needs no DRM device at all */
	CANVAS_HEAP,	/* the CPU, in the system's dma-heap */
};

/** Where a client's dma-bufs come from. All zero is one that makes none. */
struct allocator {
	enum canvas_kind kind;
	int fd; /* what is asked for memory */
	struct gbm_device *gbm;
};

/**
 * @param fd  for CANVAS_DUMB, a primary node, borrowed for the allocator's life; else unused
 * @param gbm for CANVAS_GPU, borrowed too; else NULL
 * @return false and errno where the machine lacks it; there is nothing to finish then
 */
bool allocator_init(
	struct allocator *allocator, enum canvas_kind kind, int fd, struct gbm_device *gbm);

/** All buffers must have been destroyed. */
void allocator_finish(struct allocator *allocator);

/** "gbm", "dumb", "udmabuf", "dma-heap". */
const char *allocator_name(const struct allocator *allocator);

/**
 * Makes one buffer of step->fourcc with one of step->modifiers; what it became is in *buf.
 *
 * @param buf filled; give it back with allocator_destroy_buffer()
 * @return false and errno where this allocator can't do it
 */
bool allocator_create_buffer(const struct allocator *allocator, const struct plan_step *step,
	uint32_t width, uint32_t height, struct dmabuf *buf);
void allocator_destroy_buffer(struct dmabuf *buf);

#endif
