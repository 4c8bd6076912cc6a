/* SPDX-License-Identifier: MIT */
/*
 * A client with a window and some buffers: what most cases begin with.
 */
#pragma once

#include "client.h"

#define SCENE_MAX 64

struct scene {
	struct client client;
	struct surface surface;
	struct buffer buffers[SCENE_MAX];
	unsigned num_buffers;
	/* For whom one does not do: zwp releases come long after a frame. */
	struct frame frames[SCENE_MAX];
	unsigned commits;
};

/** A case has one: it runs in a process of its own. */
extern struct scene scene;

/**
 * Connects, makes the window, and XRGB8888 buffers as large as it is, each of another colour.
 *
 * @param size of a square window; 0: it is fullscreen
 * @param init_memory memory_init_udmabuf and the like
 */
void scene_init(
	enum fence_kind kind, uint32_t size, unsigned num_buffers, memory_init_func init_memory);

/** The same of one buffer in shared memory, fullscreen. It is black. */
void scene_init_shm(void);

/** The buffer whose turn it is. Counts the commit that it is taken for. */
struct buffer *scene_next(void);
