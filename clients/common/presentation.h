#ifndef CLIENT_PRESENTATION_H
#define CLIENT_PRESENTATION_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "connection.h"
#include "stats.h"

/** Who wants to know of each frame, and not of their sum alone. */
struct presentation_listener {
	void (*presented)(void *data, const struct stats_frame *frame);
	void (*discarded)(void *data, int64_t commit_ns);
};

/** Follows a surface's frames until they are shown or thrown away. */
struct presentation {
	struct connection *conn;
	struct stats stats;
	struct wl_list pending; /* the feedback objects that wait for an answer */
	uint64_t num_pending;
	const struct presentation_listener *listener; /* NULL: nobody; set by the user of this */
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

#endif
