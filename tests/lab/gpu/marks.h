/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct marks;

/** A dma-buf that is mapped, by whatever fd it came. */
struct gpu_memory {
	struct gpu_memory *next;
	ino_t inode; /* names the dma-buf */
	uint8_t *map;
	size_t size;
	int users; /* jobs that write it */
	uint64_t owner;	     /* the connection that it came by first; 0: that is gone */
	struct marks *marks; /* that are in it, or NULL */
};

/* Mapping a picture costs more than its marks do, so it is kept as long as the connection. */
struct gpu_memories {
	struct gpu_memory *first;
};

/** Finds or maps a dma-buf, which stays mapped until gpu_memory_unuse(). NULL and errno. */
struct gpu_memory *gpu_memory_use(struct gpu_memories *memories, int dmabuf, uint64_t owner);
void gpu_memory_unuse(struct gpu_memories *memories, struct gpu_memory *memory);

/** Forgets what came by a connection, as soon as no job writes it. */
void gpu_memory_forget(struct gpu_memories *memories, uint64_t owner);

/** The marks of one job: what shows that its picture is not drawn yet. */
struct marks {
	struct gpu_memory *memory;
	uint32_t offset, stride, width, height, bytes_per_pixel;
	uint8_t *saved; /* what they hide, row by row; NULL: they are not there */
};

/** Whether the picture lies within its memory, so that marks can be made. */
bool marks_fit(const struct marks *marks);

/**
 * Puts the marks over the picture. Those of another job in the same memory are then of this one:
 * the memory is written once more before that picture is anybody's.
 *
 * The CPU's access is not announced (DMA_BUF_IOCTL_SYNC), because that waits for the very fences
 * that this is about. The lab's memory is coherent.
 *
 * @return false without memory
 */
bool marks_place(struct marks *marks);

/** Puts back what they hide, where they are still there. */
void marks_lift(struct marks *marks);

/** Leaves them in the picture for good. */
void marks_abandon(struct marks *marks);
