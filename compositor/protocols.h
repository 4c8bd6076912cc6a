/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct latch_core;
struct latch_options;

/**
 * Offers all that clients can ask for, and ties the parts behind it to each other and to the
 * outputs. After the backend, the renderer and the trace, before the first client. Fills the core's
 * members; false when one could not be made: the core's owner ends those that are there.
 */
bool latch_protocols_create(struct latch_core *core, const struct latch_options *options);

/**
 * Offers dma-bufs: last of all, as it waits for the renderer's answer, which takes as long as the
 * outputs' start or longer. See output/renderer_reads.h.
 */
void latch_protocols_create_dmabuf(struct latch_core *core);

/** Another renderer composes now: clients hear what it can read. */
void latch_protocols_renderer_changed(struct latch_core *core);
