/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DMABUF_MAX_PLANES 4

struct dmabuf_plane {
	int fd; /* owned by the dmabuf; planes may name the same memory by fds of their own */
	uint32_t offset;
	uint32_t stride;
	uint8_t *data; /* the plane's first byte for the CPU, or NULL where only a GPU draws */
};

/** Memory: all planes' at once, or one plane's. */
struct dmabuf_piece {
	void *map; /* for the CPU; NULL where only a GPU draws */
	size_t size;
};

/** A picture's memory as the protocol, EGL and KMS take it. An allocator fills it; empty when
 * zeroed. */
struct dmabuf {
	uint32_t width, height;
	uint32_t fourcc;
	uint64_t modifier;
	int num_planes;
	struct dmabuf_plane planes[DMABUF_MAX_PLANES];

	/* Plane i lies in piece i, or all lie in the only one. */
	int num_pieces;
	struct dmabuf_piece pieces[DMABUF_MAX_PLANES];

	void *allocation; /* the allocator's own; NULL: none */
};

/** Closes the fds, undoes the mapping and empties it. The allocation is the allocator's to free. */
void dmabuf_finish(struct dmabuf *buf);

/**
 * The fences that are on the dma-buf now as one sync_file (DMA_BUF_IOCTL_EXPORT_SYNC_FILE).
 * An idle dma-buf gives one that has signalled.
 *
 * @param for_write true: everybody's fences, for one who is going to write; false: the
 *                  writers' only, for one who is going to read
 * @return an fd that the caller owns, or -1 and errno
 */
int dmabuf_export_fence(const struct dmabuf *buf, bool for_write);

/** Puts a sync_file on the dma-buf as a writer's fence, on every plane. The fd stays the
 * caller's. Returns false and errno where the kernel refuses. */
bool dmabuf_import_fence(const struct dmabuf *buf, int sync_file);

/** Brackets of CPU writes into the planes' data: caches are made coherent (DMA_BUF_IOCTL_SYNC). */
bool dmabuf_sync_cpu(const struct dmabuf *buf, bool end);
