#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "buffers.h"
#include "common/connection.h"
#include "common/feedback.h"
#include "common/look.h"
#include "common/presentation.h"
#include "common/sync.h"
#include "common/window.h"
#include "gpu_jobs.h"
#include "options.h"

/** One run of latch-client: a window on a connection, and what it shows. */
struct client {
	struct client_options options;
	struct connection conn;
	struct window window;
	struct feedback feedback;
	struct sync sync;
	struct presentation presentation;
	struct look look;
	struct client_buffers buffers;
	struct gpu_jobs gpu_jobs;
	int signal_fd;

	uint32_t next_frame;
	bool stalled; /* the frame that is due waits for a release */
	bool ended;   /* a signal came */
	uint64_t drawn, stalls;
	int64_t first_commit_ns;
};

/** The size that the buffers have to have now. */
void client_buffer_size(const struct client *client, uint32_t *width, uint32_t *height);

/**
 * Waits for what the compositor, a signal or a fence brings, and takes it.
 *
 * @param timer_fd one more to wait for; -1: none
 * @return false when the connection broke
 */
bool client_wait(struct client *client, int timer_fd);

#endif
