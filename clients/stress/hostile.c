/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/minmax.h"
#include "client.h"
#include "common/util.h"

/* The connection, the signals; then what announces releases. */
#define FIRST_RELEASE 2

/* Commits of a flood between two looks at the socket. */
#define FLOOD_BATCH 64

/* How long a full socket is left alone, unless the compositor has read some of it. */
#define FULL_WAIT_NS 2000000

struct hostile {
	struct stress_client client;
	struct source source;
	int signal_fd;
	struct pollfd *fds;
	nfds_t max_fds;
	uint64_t seed;
	int64_t end_ns, next_commit_ns;
	bool full; /* the socket takes no more */
	bool ended;
};

static void commit_all(struct hostile *hostile) {
	struct stress_client *client = &hostile->client;
	for (int i = 0; i < client->num_surfaces; i++) {
		struct stress_surface *surface = &client->surfaces[i];
		/* The first one shows a window: only then there is something to be held back. */
		struct fence_spec spec = {.kind = FENCE_READY};
		if (surface->good) {
			spec = fence_next(&client->options->fence,
				surface->buffers.sync.mode == SYNC_SYNCOBJ, &hostile->seed);
		}
		stress_surface_commit(client, surface, &spec, &hostile->source);
	}
}

/* Fills the socket, and adds nothing while it is full: it is the compositor that is to have too
 * much of it. */
static void flood(struct hostile *hostile) {
	hostile->full = wl_display_flush(hostile->client.conn.display) < 0;
	for (int n = 0; n < FLOOD_BATCH && !hostile->full; n += hostile->client.num_surfaces) {
		commit_all(hostile);
		hostile->full = wl_display_flush(hostile->client.conn.display) < 0;
	}
}

static int64_t wake_time(const struct hostile *hostile) {
	int64_t next_ns = hostile->next_commit_ns;
	if (hostile->client.options->flood) {
		/* It has no time to lose. */
		next_ns = hostile->full ? latch_now_ns() + FULL_WAIT_NS : 0;
	}
	next_ns = latch_min(next_ns, hostile->end_ns);
	return latch_min(next_ns, source_next_ns(&hostile->source));
}

/* Returns false when the connection broke. */
static bool wait_for_events(struct hostile *hostile) {
	struct stress_client *client = &hostile->client;
	hostile->fds[1] = (struct pollfd){.fd = hostile->signal_fd, .events = POLLIN};
	nfds_t num = FIRST_RELEASE;
	for (int i = 0; i < client->num_surfaces; i++) {
		num += client_buffers_add_fds(&client->surfaces[i].buffers, &hostile->fds[num],
			hostile->max_fds - num);
	}
	bool connected = connection_poll(&client->conn, hostile->fds, num, wake_time(hostile));
	hostile->ended |= (hostile->fds[1].revents & POLLIN) != 0;
	for (int i = 0; i < client->num_surfaces; i++) {
		client_buffers_handle_fds(&client->surfaces[i].buffers,
			&hostile->fds[FIRST_RELEASE], num - FIRST_RELEASE);
		hostile->ended |= client->surfaces[i].window.closed;
	}
	return connected;
}

static enum client_exit loop(struct hostile *hostile) {
	const struct stress_options *options = hostile->client.options;
	while (!hostile->ended) {
		int64_t time_ns = latch_now_ns();
		if (time_ns >= hostile->end_ns) {
			return CLIENT_EXIT_OK;
		}
		source_end_due(&hostile->source, time_ns);
		if (options->flood) {
			flood(hostile);
		} else if (time_ns >= hostile->next_commit_ns) {
			commit_all(hostile);
			hostile->next_commit_ns = time_ns + options->interval_ns;
		}
		if (!wait_for_events(hostile)) {
			return connection_say_error(&hostile->client.conn);
		}
	}
	return CLIENT_EXIT_OK;
}

static uint64_t count_busy(const struct stress_client *client) {
	uint64_t busy = 0;
	for (int i = 0; i < client->num_surfaces; i++) {
		const struct ring *ring = client->surfaces[i].buffers.ring;
		for (int b = 0; ring && b < ring->num_buffers; b++) {
			busy += ring->buffers[b].slot.busy;
		}
	}
	return busy;
}

enum client_exit hostile_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report) {
	struct hostile hostile = {
		.signal_fd = signal_fd, .seed = options->seed, .end_ns = INT64_MAX};
	report->busy = 0;
	int64_t start_ns = latch_now_ns();
	enum client_exit status = source_init(&hostile.source, options->fence.kind);
	if (status == CLIENT_EXIT_OK) {
		status = stress_client_init(&hostile.client, options);
	}
	if (status == CLIENT_EXIT_OK) {
		status = stress_client_make_surfaces(&hostile.client);
	}
	if (status != CLIENT_EXIT_OK) {
		goto out;
	}
	hostile.max_fds = FIRST_RELEASE + (nfds_t)options->surfaces * (nfds_t)options->buffers;
	hostile.fds = calloc(hostile.max_fds, sizeof(*hostile.fds));
	if (!hostile.fds) {
		status = failed(CLIENT_EXIT_FAILURE, "out of memory");
		goto out;
	}
	say("fences by %s: %s", sync_mode_names[hostile.client.surfaces[0].buffers.sync.mode],
		hostile.client.surfaces[0].buffers.sync.why);
	stress_wait_for_begin(options);
	start_ns = latch_now_ns();
	if (options->run_ns > 0) {
		hostile.end_ns = start_ns + options->run_ns;
	}
	status = loop(&hostile);
	report->sync = sync_mode_names[hostile.client.surfaces[0].buffers.sync.mode];
	report->busy = count_busy(&hostile.client);
	report->closed = hostile.ended;
out:
	report->commits += hostile.client.commits;
	report->fences += hostile.source.made;
	report->ended += hostile.source.ended;
	report->run_ns += latch_now_ns() - start_ns;
	stress_client_finish(&hostile.client);
	source_finish(&hostile.source);
	free(hostile.fds);
	return status;
}
