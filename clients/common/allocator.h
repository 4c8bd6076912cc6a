#ifndef CLIENT_ALLOCATOR_H
#define CLIENT_ALLOCATOR_H

#include <stdbool.h>

#include "dmabuf.h"
#include "plan.h"

struct allocator;

struct allocator_impl {
	const char *name;
	bool (*create_buffer)(
		struct allocator *allocator, const struct plan_step *step, struct dmabuf *buf);
	void (*destroy_buffer)(struct allocator *allocator, struct dmabuf *buf);
	void (*destroy)(struct allocator *allocator);
};

/** Where a client's dma-bufs come from: a GPU's driver, or memory that the CPU draws into. */
struct allocator {
	const struct allocator_impl *impl;
};

/**
 * Makes one buffer of step->fourcc with one of step->modifiers; what it became is in *buf.
 *
 * @param buf filled; give it back with allocator_destroy_buffer()
 * @return false and errno where this allocator can't do it
 */
bool allocator_create_buffer(struct allocator *allocator, const struct plan_step *step,
	uint32_t width, uint32_t height, struct dmabuf *buf);
void allocator_destroy_buffer(struct allocator *allocator, struct dmabuf *buf);

/** NULL is fine. All buffers must have been destroyed. */
void allocator_destroy(struct allocator *allocator);

/* The three that the CPU draws into; each returns NULL and errno where the machine lacks it.
 * Their buffers are linear, of the formats in pixels.h. */

/** Dumb buffers of a KMS device: what the device itself can surely scan out.
 * @param fd a primary node, borrowed for the allocator's life */
struct allocator *dumb_allocator_create(int fd);

/** Pages of a sealed memfd, through /dev/udmabuf: needs no DRM device at all. */
struct allocator *udmabuf_allocator_create(void);

/** The kernel's system heap, /dev/dma_heap/system. */
struct allocator *heap_allocator_create(void);

#endif
