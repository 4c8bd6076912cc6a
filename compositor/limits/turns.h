/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whose turn it is: latch is one thread, and while it works for one client the others wait. Two
 * things keep them from noticing:
 *
 * - Work with a deadline (latching, flips) is done between two requests, however many of them are in a
 *   row.
 * - The CPU time that each client takes is counted: for its requests, and for what else is done for it
 *   alone. While latch has little time left, and others need it, the client that has taken most beyond
 *   its share (limits/share.h) has to wait: its socket is not read for a while. It fills up, and then
 *   the client itself stands still. Nothing of it is lost, and no error is made of it. As long as
 *   there is time for all, no client waits, however much it takes.
 *
 * Up to 1.26 at least, libwayland calls nothing but protocol loggers before it handles a request, so
 * turns.c is a protocol logger. Without it, flips and deadlines would wait for all that a client has sent.
 *
 * A round is one dispatch of the event loop; the loop's owner calls latch_turns_begin_round() before it and
 * latch_turns_end_round() after it.
 */

#include <stdbool.h>
#include <wayland-server-core.h>

#include "limits/share.h"

/** One client's; the user data of its wl_client, see client.h. */
struct latch_turn {
	struct latch_turns *turns; // NULL: it never has to wait
	struct wl_client *client;
	struct latch_account *account; // others may refer to it for longer than the client lives
	struct latch_share share;
	int64_t asked_ns; // when it has asked for something last
	struct wl_list link;
	struct wl_list wait_link;	// latch_turns.spent, .paused, or alone
	struct wl_event_source *source; // NULL until it is needed
	int64_t paused_ns;		// since when, 0: it is not
	int64_t waited_ns;		// in all
	bool told;
};

struct latch_turns_options {
	struct wl_display *display;
	/** Of the time, for each client, 1 to 100: 100 is no limit. */
	unsigned percent;
	/** Looks after what has a deadline. May run in the midst of a round, before any request:
	 * must destroy no client and nothing that a request may name. */
	void (*urgent)(void *data);
	void *data;
	/** Looks at the object of each request before it is handled. NULL is fine. */
	void (*request)(struct wl_resource *resource);
};

/** Before the first client. NULL without memory or fds. */
struct latch_turns *latch_turns_create(const struct latch_turns_options *options);

/** After the clients. NULL is fine. */
void latch_turns_destroy(struct latch_turns *turns);

/** A new client. turns: NULL is fine. */
void latch_turn_begin(struct latch_turn *turn, struct latch_turns *turns, struct wl_client *client,
	struct latch_account *account);

/** The client has gone. */
void latch_turn_end(struct latch_turn *turn);

/** Right before the dispatch, and after wl_display_flush_clients(), which makes libwayland read
 * from clients that do not read themselves. */
void latch_turns_begin_round(struct latch_turns *turns);

/** Charges no client for the work since the last request: it was done once, for all clients. */
void latch_turns_forgive(struct latch_turns *turns);

/** Charges a client for CPU time that was spent for it outside of its requests. */
void latch_turns_spend(struct latch_turns *turns, struct wl_client *client, int64_t cpu_ns);

/** Right after the dispatch. */
void latch_turns_end_round(struct latch_turns *turns);

/**
 * Returns the event source by which libwayland reads the client's requests, borrowed as long as the
 * client lives; NULL if it can't be found. For wl_event_source_fd_update(): libwayland itself has
 * no way to let one client wait.
 *
 * It is asked of the kernel: libwayland registers sources with epoll under their own address
 * (epoll_event.data.ptr), and /proc/self/fdinfo tells of each registered file what it was
 * registered with (Documentation/filesystems/proc.rst, "Eventpoll files"). One file is read: not
 * for every frame.
 *
 * It relies on what libwayland 1.26 and those before it do inside, and can go when libwayland can
 * pause a client. Where it finds nothing, no client is made to wait: one that floods latch with
 * requests delays the others.
 */
struct wl_event_source *latch_client_source_find(
	struct wl_event_loop *loop, struct wl_client *client);
