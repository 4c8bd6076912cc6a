/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct latch_renderer;
struct wlr_buffer;

/**
 * Another process, in which GL draws a client's dma-buf before it does in this one.
 *
 * virtio_gpu with 3D (virgl) is what needs it. Its host (virglrenderer, 1.3.0 at least) ignores all
 * commands of a process after the first one that is wrong, and tells nobody. A dma-buf whose memory
 * has another format on the host than its client says is enough for that, as Mesa (26.1 at least)
 * does not ask for the host's format. Without a trial latch's composed picture would stand still
 * for ever then, for all clients. Other drivers tell of a context that is lost.
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
 * latch has gone (false). */
bool latch_trial_serve(struct latch_renderer *renderer, int fd);
