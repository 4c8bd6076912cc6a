/* SPDX-License-Identifier: MIT */
#pragma once

#include "limits/account.h"
#include "limits/turns.h"

/** What latch has for every wl_client, all in one object. It goes with the client. */
struct latch_client {
	struct latch_clients *clients;
	struct latch_turn turn;
	struct wl_list link; // latch_clients.list
	struct wl_listener resource_created, destroy;
};

/**
 * Has such an object for each client that connects from now on: opens its account, gives it its
 * turns, and ends it when its connection is half closed. One per display, before the first client.
 * turns: NULL where no client has to wait; borrowed. NULL without memory or fds.
 */
struct latch_clients *latch_clients_create(struct wl_display *display,
	const struct latch_limits *limits, struct latch_turns *turns);

/** After the clients. Accounts with references stay valid. NULL is fine. */
void latch_clients_destroy(struct latch_clients *clients);

/** created is called for each object that a client makes; NULL: no longer. */
void latch_clients_watch_resources(struct latch_clients *clients,
	void (*created)(void *data, struct wl_resource *resource), void *data);
