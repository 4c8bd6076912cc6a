#ifndef LATCH_LIMITS_HALF_CLOSED_H
#define LATCH_LIMITS_HALF_CLOSED_H

struct latch_half_closed;
struct wl_client;
struct wl_display;

/**
 * Ends clients that have shut down their end for writing: nothing is to come from them any more.
 *
 * libwayland 1.26 does so by itself unless the last message is incomplete. Then its read ends with
 * what it already had instead of the end of the stream (src/connection.c:wl_connection_read()), the
 * socket stays readable, and without this the event loop goes round and round for as long as the
 * client lives. It can go when libwayland reports the end of the stream there.
 *
 * NULL with errno when it can't be had.
 */
struct latch_half_closed *latch_half_closed_create(struct wl_display *display);

/** A new client. Should that fail it is logged, and nothing else. */
void latch_half_closed_watch(struct latch_half_closed *half_closed, struct wl_client *client);

/** NULL is fine. */
void latch_half_closed_destroy(struct latch_half_closed *half_closed);

#endif
