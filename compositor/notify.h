/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <wayland-server-core.h>

/**
 * Tells a service manager that latch is ready, alive and about to end, for units of Type=notify. These
 * are the datagrams of sd_notify(3), whose page allows programs to send them without libsystemd.
 */
struct latch_notify {
	int fd; // -1: there is no manager
	struct sockaddr_un address;
	socklen_t address_size;
	bool ready;		       // it has been told
	struct wl_event_source *timer; // feeds the watchdog; NULL: there is none
	int period_ms;
};

/**
 * Takes NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID out of the environment, so that no child of
 * ours speaks for us. From here on the watchdog, where the manager has one, is fed each half of its
 * time, while the event loop turns. Without these variables, or with ones that can't be used (which
 * is logged), nothing is ever sent and no timer is there.
 */
void latch_notify_init(struct latch_notify *notify, struct wl_event_loop *loop);

/** The session is there. Told once, though called with each frame. */
void latch_notify_ready(struct latch_notify *notify);

/** It ends by itself: its command has ended, say. */
void latch_notify_stopping(struct latch_notify *notify);

void latch_notify_finish(struct latch_notify *notify);
