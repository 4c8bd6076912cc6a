/* SPDX-License-Identifier: MIT */
#pragma once

#include "child.h"
#include "notify.h"
#include "options.h"
#include "output/core.h"

#define LATCH_SERVER_SIGNALS 4

/** The one struct that owns everything; see latch_server_init() for the order of things. */
struct latch_server {
	const struct latch_options *options;
	/** What the process will exit with. */
	int exit_status;
	/** latch_server_run() ends. */
	bool stopped;

	struct latch_core core;
	struct latch_child child;
	struct latch_notify notify;
	struct wl_event_source *urgent;
	struct latch_listen *listen;
	/** The renderer was lost, and is made anew with the next turn of the loop; NULL: it was
	 * not. */
	struct wl_event_source *renew;

	uint64_t flips;		// over all outputs, for --frames
	bool waits_for_command; // to end, after SIGTERM
	bool captured;		// a picture was taken, for --capture
	struct wl_event_source *left; // ends the wait for another session

	struct wl_event_source *signals[LATCH_SERVER_SIGNALS];
	struct wl_event_source *grace; // ends the wait for the command's end, or a picture
	struct wl_listener new_output;
	struct wl_listener backend_destroy;
	struct wl_listener session_active;
};

/**
 * Sets everything up: display, device, protocols, outputs. Returns LATCH_EXIT_OK, or the status to
 * exit with after one sentence on stderr; then nothing is left behind.
 */
int latch_server_init(struct latch_server *server, const struct latch_options *options);

/** Starts the command, runs until the end of the session, returns the exit status. */
int latch_server_run(struct latch_server *server);

/**
 * One round of the event loop, for tests that run it in place of latch_server_run(): settles, then
 * dispatches what has arrived, waiting for it at most that long (-1: for ever). False with errno.
 */
bool latch_server_round(struct latch_server *server, int timeout_ms);

/**
 * What has to be done before the loop sleeps: what is to be latched at once (all that has arrived
 * is in it then, and no timer is needed), and all that asks for a latch in turn: a client that
 * could not be written to is gone, something was left for idle.
 */
void latch_server_settle(struct latch_server *server);

void latch_server_finish(struct latch_server *server);
