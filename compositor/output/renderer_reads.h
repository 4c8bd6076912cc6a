/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <wlr/render/drm_format_set.h>

struct latch_renderer;

/**
 * What can be composed of clients' dma-bufs, and where.
 *
 * Only a renderer knows it for certain, and one for a GPU is made late, as its memory is several
 * times that of the whole session (see struct latch_renderer). So a process of its own makes it at
 * the start, says what it reads, and ends, or goes on as renderer_trial.h says. Its work goes on
 * while the outputs are set up.
 */
struct latch_renderer_reads {
	struct wlr_drm_format_set formats;
	/** The GPU's render node, on which clients should allocate; 0: there is none. */
	dev_t device;
	/** False: the renderer could not be asked, and formats are what each GL driver can read. */
	bool known;
};

/** Starts the process, where there may be a GPU and no renderer is there yet. */
void latch_renderer_ask(struct latch_renderer *renderer);

/**
 * What the process said, which is waited for, or without one what the renderer reads. It also
 * learns from it whether there is a GPU at all. Returns false without memory.
 */
bool latch_renderer_learn(struct latch_renderer *renderer, struct latch_renderer_reads *reads);

void latch_renderer_reads_finish(struct latch_renderer_reads *reads);
