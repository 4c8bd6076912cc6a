/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "input.h"
#include "request.h"
#include "server.h"

/* The accounts of so many clients of an input are looked at. */
#define MAX_ACCOUNTS 32

/**
 * latch as main.c starts it, on two headless outputs, composing with pixman, with a pointer, a
 * keyboard and a touch screen, and a clock that is ours. It lives through all inputs; the clients
 * live through one.
 */
struct world {
	struct latch_server server;
	struct latch_options options;
	struct globals globals;
	struct client clients[FUZZ_CLIENTS];
	struct wl_client *accepted; /* the newest */
	/* Of clients that have gone. */
	struct latch_account *accounts[MAX_ACCOUNTS];
	size_t accounts_len;
	struct wl_listener client_created;
	/* Before the input that runs. */
	int fds;
	size_t contents;
};

/** Aborts when it can't be. real: fds.h. */
void world_start(struct world *world, bool real);

/** Notes what is open before an input; the fuzzer has files of its own now and then. */
void world_begin_input(struct world *world);

/** Lets the server do all that it can do now, and throws away what it says. */
void world_turn(struct world *world);

/** Lets time pass. */
void world_wait(struct world *world, unsigned ms);

/** Connects it; it gets a registry and binds each global. */
void world_equip(struct world *world, struct client *client);

/** Ends a client, whatever is left of it. */
void world_finish_client(struct world *world, struct client *client);

/** Ends all clients, lets the outputs show that they have gone, and aborts with a sentence when
 * something of them is left: fds, contents, what is on their accounts or in the gate. */
void world_end_input(struct world *world);
