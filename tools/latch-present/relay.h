/* SPDX-License-Identifier: MIT */
/* The socket that clients find, and their connections to the compositor behind it. */
#pragma once

#include "report.h"

#include <stdbool.h>
#include <sys/un.h>
#include <wayland-server-core.h>

struct relay {
	struct wl_event_loop *loop;
	struct present_report *report;
	struct sockaddr_un compositor, own;
	int first;	   /* WAYLAND_SOCKET: a connection that is there already; -1: there is none */
	int listener;
	bool used; /* a client has connected before */
	struct wl_event_source *source;
	struct wl_list connections;
};

/**
 * Finds the compositor as libwayland-client does, and makes a socket of its own, whose name is in
 * WAYLAND_DISPLAY from then on. Returns false with what is wrong in *why, a text that needs no
 * freeing; relay_finish() is needed anyway.
 */
bool relay_init(struct relay *relay, struct wl_event_loop *loop, struct present_report *report,
	const char **why);

/** Whether a client is connected. */
bool relay_is_busy(const struct relay *relay);

/** Ends all connections and removes the socket. */
void relay_finish(struct relay *relay);
