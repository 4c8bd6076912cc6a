/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "told.h"

struct latch_account;

#define MESSAGE_MAX 4096u
/* As many as libwayland sends in one go. */
#define CLIENT_MAX_FDS 28u

/**
 * One client of an input: a socket without a library behind it, and the server's own knowledge of
 * what this client has. Zeroed: there is none.
 */
struct client {
	struct wl_client *wl; /* NULL: the server has ended it, or it never was */
	int fd;		      /* valid while wl is, and until client_finish() */
	bool open;	      /* fd is */
	struct wl_listener destroy;
	struct latch_account *account;
	struct told told;
	uint32_t max_id;
	/* Not sent yet. */
	uint8_t bytes[2 * MESSAGE_MAX];
	size_t len;
	int fds[CLIENT_MAX_FDS];
	size_t fds_len;
};

/** A client by a socket pair. */
void client_connect(struct client *client, struct wl_display *display);

/** A client by the socket at this address; the server has to accept it. False: nobody listens. */
bool client_dial(struct client *client, const void *address, size_t len);

/** The server has accepted it. */
void client_accepted(struct client *client, struct wl_client *wl);

/** Puts bytes in the queue, and fds, which it takes. What has no room is dropped. */
void client_queue(struct client *client, const uint8_t *bytes, size_t len, const int *fds,
	size_t fds_len);

/** Writes what is in the queue. */
void client_flush(struct client *client);

/** Throws away what the server has sent. */
void client_drain(struct client *client);

/** Closes its socket, without a word to the server. */
void client_hang_up(struct client *client);

/** It is gone on both sides. Returns its account, which may be charged as long as its last picture is
 * on a screen; the caller's to unref. NULL: there was none. */
struct latch_account *client_finish(struct client *client);

/** The object with this id; NULL: none. */
struct wl_resource *client_object(const struct client *client, uint32_t id);

/** One of the client's objects that are of this interface (NULL: any), chosen by number; NULL:
 * there is none. */
struct wl_resource *client_pick(
	const struct client *client, const struct wl_interface *interface, uint32_t number);

/** An id for a new object: this one if it is free. */
uint32_t client_new_id(struct client *client, uint32_t wanted);
