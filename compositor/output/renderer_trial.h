/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct wlr_allocator;
struct wlr_buffer;
struct wlr_renderer;

/**
 * Another process, in which GL draws a client's dma-buf before it does in this one.
 *
 * Only virtio_gpu with 3D (virgl) needs it. When a process sends its host (virglrenderer, up to
 * 1.3.0 at least) a wrong command, the host ignores all later ones of that process and reports no
 * error. Mesa (up to 26.1 at least) sends one where the client gives a dma-buf another format than
 * its memory has on the host. Without a trial, latch's composed picture would then stand still for
 * ever, for all clients. Other drivers report a lost context.
 */
struct latch_trial {
	/** To the process; 0: there is none, and nothing is tried. */
	int fd;
	/** It waits for a buffer. */
	bool ready;
};

/** Whether GL on this device needs it. */
bool latch_trial_is_needed(int drm_fd);

/** fd: of SOCK_SEQPACKET, the process' other end of that of latch_trial_serve(). Taken over. */
void latch_trial_init(struct latch_trial *trial, int fd);

void latch_trial_finish(struct latch_trial *trial);

/**
 * Whether GL may draw with this dma-buf. Tried once for each, which takes some milliseconds; no
 * write to it may be pending. While the process starts anew, as another buffer has broken the one
 * before, the answer is no, and another one may be given later.
 */
bool latch_trial_passes(struct latch_trial *trial, struct wlr_buffer *buffer);

/** In the process: tries what comes by the socket, with this renderer, until GL is broken (true) or
 * latch has gone (false). All are borrowed. */
bool latch_trial_serve(struct wlr_renderer *renderer, struct wlr_allocator *allocator, int fd);

/** Says in the place of a process that has crashed that the buffer has broken it. */
void latch_trial_tell_broken(int fd);
