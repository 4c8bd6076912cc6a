/* SPDX-License-Identifier: MIT */
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <wayland-client.h>

#include "canvas.h"
#include "connection.h"
#include "plan.h"
#include "sync.h"

/* What latch-client takes at most; a ring itself has no limit. */
#define RING_MAX_BUFFERS 16

/** A buffer with all its faces: memory, what draws into it, protocol object, fences. */
struct ring_buffer {
	struct canvas_buffer picture;
	struct wl_buffer *wl_buffer;
	struct sync_slot slot;
	struct zwp_linux_buffer_params_v1 *params; /* while it is offered */
};

/** Buffers of one kind and size that take turns. */
struct ring {
	struct wl_list link; /* in a list of the user's */
	struct canvas *canvas;	/* NULL: somebody else has made them */
	struct plan_step step; /* what they were made by, where there is a canvas */
	int num_buffers;
	int next;
	struct ring_buffer buffers[]; /* they never move */
};

/**
 * Allocates the buffers of a plan's step and offers them to the compositor.
 *
 * Waits for its answer on a queue of its own, so that no other event is dispatched meanwhile.
 *
 * @param why a text of the reason, which needs no freeing, when it returns NULL
 */
struct ring *ring_create(struct connection *conn, struct canvas *canvas, struct sync *sync,
	const struct plan_step *step, uint32_t width, uint32_t height, int num_buffers,
	const char **why);

/**
 * The same of dma-bufs that somebody else has made.
 *
 * @param dmabufs each is moved into the ring, and left empty, unless it returns NULL
 */
struct ring *ring_adopt(struct connection *conn, struct sync *sync, struct dmabuf *dmabufs,
	int num_buffers, const char **why);

/** NULL is fine. Only when ring_idle(), or when the surface is gone. */
void ring_destroy(struct ring *ring);

/** The next buffer that may be drawn into, or NULL while all are in use. */
struct ring_buffer *ring_free_buffer(struct ring *ring);

/** Whether the compositor has released them all. */
bool ring_idle(const struct ring *ring);

/** Adds the fds that announce releases. Returns how many of max were used. */
nfds_t ring_add_fds(const struct ring *ring, struct pollfd *fds, nfds_t max);

/** Takes the releases that a poll has found. */
void ring_handle_fds(struct ring *ring, const struct pollfd *fds, nfds_t num);
