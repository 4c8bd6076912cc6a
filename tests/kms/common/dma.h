/* SPDX-License-Identifier: MIT */
/*
 * Buffers, and fences that signal when the test says so.
 *
 * vgem's fences are what a GPU's are, without the GPU: attached to a buffer, they are found by
 * whoever asks the dma-buf; exported, they are a sync_file; imported into a timeline, a point.
 * The kernel signals them by itself after 10 s.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/common/timeline.h"

struct memory {
	int fd; // the dma-buf, or the memfd
	uint32_t width, height, stride;
	size_t size;
	uint32_t *map;
	uint32_t vgem_handle; // 0: not of vgem
};

typedef void (*memory_init_func)(struct memory *memory, uint32_t width, uint32_t height);

/** Linear, 32 bits a pixel. Of vgem, so that a fence can be attached. Fails the case. */
void memory_init_vgem(struct memory *memory, uint32_t width, uint32_t height);

/** The same of /dev/udmabuf, which knows nothing of fences that we make. */
void memory_init_udmabuf(struct memory *memory, uint32_t width, uint32_t height);

/** The same as a dumb buffer of the KMS device in $LATCH_DEVICE. */
void memory_init_dumb(struct memory *memory, uint32_t width, uint32_t height);

/** The same as a memfd, which is no dma-buf; rows without gaps. */
void memory_init_memfd(struct memory *memory, uint32_t width, uint32_t height);

/** The same, sealed against shrinking, with so many bytes before the picture. */
void memory_init_sealed(struct memory *memory, uint32_t width, uint32_t height, size_t before);

void memory_finish(struct memory *memory);

/** A colour for all of it, as the format has it: 0xAARRGGBB. */
void memory_fill(struct memory *memory, uint32_t colour);

/** The known picture: every pixel says where it is, and which number the picture has. */
void memory_draw(struct memory *memory, uint32_t number);

/** What memory_draw() puts there. */
uint32_t picture_pixel(uint32_t x, uint32_t y, uint32_t number);

/** Puts an unsignalled fence on a vgem buffer; drm_fence_signal() ends it. */
uint32_t drm_fence_attach(const struct memory *memory);
void drm_fence_signal(uint32_t fence);

/** Puts the sync_file, which stays the caller's, on the dma-buf as that of its writer. */
void memory_set_fence(const struct memory *memory, int sync_file);

/** An unsignalled sync_file of a fence that nothing else is bound to. */
int drm_fence_create(uint32_t *fence);

/** A sync_file that has signalled. */
int drm_fence_signalled(void);

/** When the sync_file signalled, CLOCK_MONOTONIC; 0 when it has not. */
int64_t drm_fence_time_ns(int sync_file);

/** A node that has timelines, or -1. It stays open. */
int timeline_node(void);
/** These fail the case where the kernel refuses. */
void timeline_must_signal(struct timeline *timeline, uint64_t point);
void timeline_must_import(struct timeline *timeline, uint64_t point, int sync_file);
bool timeline_is_signalled(const struct timeline *timeline, uint64_t point);
/** When the point signalled by the kernel's account; 0 when it has not. */
int64_t timeline_time_ns(const struct timeline *timeline, uint64_t point);
