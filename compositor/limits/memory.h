#ifndef LATCH_LIMITS_MEMORY_H
#define LATCH_LIMITS_MEMORY_H

/*
 * The memory behind a client's buffers. A pool of buffers can be one dma-buf, and each plane of
 * each buffer comes with an fd of its own: a dma-buf is known by its inode, which no two have
 * (drivers/dma-buf/dma-buf.c, dma_buf_getfile()).
 */

#include <stdint.h>
#include <sys/types.h>
#include <wayland-util.h>

struct latch_memory {
	struct wl_list link;
	dev_t device;
	ino_t inode;
	uint64_t bytes;
	/** Planes of buffers that are in it. */
	uint64_t uses;
};

/**
 * Counts a use of the file behind fd; bytes are kept at the first one. Returns it, NULL without
 * memory.
 */
struct latch_memory *latch_memory_add(struct wl_list *list, int fd, uint64_t bytes);

/**
 * Counts a use less of the file behind fd, which must have been added. Returns the bytes that are
 * not held any more: 0 as long as there are others.
 */
uint64_t latch_memory_remove(struct wl_list *list, int fd);

#endif
