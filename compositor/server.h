#ifndef LATCH_SERVER_H
#define LATCH_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "backend/open.h"
#include "child.h"
#include "options.h"
#include "output/renderer.h"

struct latch_clients;
struct latch_content_tracker;
struct latch_dmabuf;
struct latch_inspector;
struct latch_gate;
struct latch_image_capture;
struct latch_listen;
struct latch_management;
struct latch_shell;
struct latch_timeline_device;
struct latch_trace;
struct latch_turns;
struct wlr_compositor;
struct wlr_content_type_manager_v1;
struct wlr_output_layout;

#define LATCH_SERVER_SIGNALS 4

/** The one struct that owns everything; see latch_server_init() for the order of things. */
struct latch_server {
	const struct latch_options *options;
	/** What the process will exit with. */
	int exit_status;
	/** latch_server_run() ends. */
	bool stopped;

	struct wl_display *display;
	struct wl_event_loop *event_loop;
	/** What has a deadline: flips, and the timers that wake outputs. A part of event_loop, and
	 * looked after between requests too, see limits/turns.h. */
	struct wl_event_loop *urgent_loop;
	struct wl_event_source *urgent;
	struct latch_turns *turns;
	struct latch_clients *clients;
	struct latch_listen *listen;
	const char *socket;

	struct latch_backend backend;
	struct latch_renderer renderer;
	/** It was lost, and is made anew with the next turn of the loop; NULL: it was not. */
	struct wl_event_source *renew;
	/** Outputs that were left out are tried again with the next turn; NULL: nothing changed. */
	struct wl_event_source *retry_outputs;
	struct latch_trace *trace;

	struct wlr_compositor *compositor;
	struct wlr_output_layout *layout;
	struct wlr_content_type_manager_v1 *content_type;
	struct latch_timeline_device *timeline_device;
	struct latch_gate *gate;
	struct latch_content_tracker *contents;
	struct latch_dmabuf *dmabuf;
	struct latch_inspector *inspector;
	struct latch_shell *shell;
	struct latch_management *management;
	struct latch_image_capture *image_capture;
	struct latch_child child;

	struct wl_list outputs; // latch_output.link
	uint64_t flips;		// over all outputs, for --frames
	bool waits_for_command; // to end, after SIGTERM
	bool captured;		// a picture was taken, for --capture
	bool active;		// false while the session is switched away
	struct wl_event_source *left; // ends the wait for that; NULL: the user never switched

	struct wl_event_source *signals[LATCH_SERVER_SIGNALS];
	struct wl_event_source *grace; // ends the wait for the command's end
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
 * What has to be done before the loop sleeps: what is to be latched at once (all that has arrived is
 * in it then, and no timer is needed), and all that asks for a latch in turn: a client that could not
 * be written to is gone, something was left for idle.
 */
void latch_server_settle(struct latch_server *server);

/**
 * The user asks for another VT. The seat takes the device away before it tells of the switch, so what
 * has to be done with it is done here. If no switch follows (there is no such VT, or it is this one),
 * it goes on a moment later.
 */
void latch_server_leave(struct latch_server *server);

/** Ends the session with this exit status. The first call counts. */
void latch_server_end(struct latch_server *server, int exit_status);

void latch_server_finish(struct latch_server *server);

#endif
