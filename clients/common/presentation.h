/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "connection.h"
#include "stats.h"

/** Follows a surface's frames until they are shown or thrown away. */
struct presentation {
	struct connection *conn;
	struct stats stats;
	struct wl_list pending; /* the feedback objects that wait for an answer */
	uint64_t num_pending;
	/* Told of each frame, or of the commit of one that was discarded, whose frame is NULL.
	 * NULL: nobody; set by the user of this. */
	void (*answered)(void *data, int64_t commit_ns, const struct stats_frame *frame);
	void *data;
};

bool presentation_init(struct presentation *presentation, struct connection *conn);
void presentation_finish(struct presentation *presentation);

/**
 * Asks what becomes of the content update that the next commit makes.
 *
 * @param commit_ns as late before the commit as can be: CLOCK_MONOTONIC, or, where the user of this
 *                  alone compares it, the compositor's clock
 */
void presentation_watch(
	struct presentation *presentation, struct wl_surface *surface, int64_t commit_ns);
