#ifndef LATCH_SYNC_LINUX_EXPLICIT_SYNCHRONIZATION_V1_H
#define LATCH_SYNC_LINUX_EXPLICIT_SYNCHRONIZATION_V1_H

/*
 * zwp_linux_explicit_synchronization_v1: the wire. What a client sets waits here for its
 * commit; the rules of the commit are in update.h, the errors they lead to are sent from here.
 */

#include "sync/update.h"

struct latch_account;
struct wl_resource;
struct wlr_surface;

/** One zwp_linux_buffer_release_v1, which may lose its client at any time. */
struct latch_buffer_release;

/** What zwp_linux_surface_synchronization_v1 has set for the next commit of a surface. */
struct latch_explicit_surface {
	struct wl_resource *resource; /* NULL while the client has no such object */
	int acquire_fd;		      /* a sync_file, or -1; on the client's account */
	struct latch_buffer_release *release;
	struct latch_account *account; /* borrowed from the surface's owner; or NULL */
};

void latch_explicit_surface_init(
	struct latch_explicit_surface *state, struct latch_account *account);

/** Moves the acquire fence out of it, off the account; -1 when there is none. */
int latch_explicit_surface_take_acquire(struct latch_explicit_surface *state);

/** The wl_surface goes away: gives back what was set and never committed. */
void latch_explicit_surface_finish(struct latch_explicit_surface *state);

/** Refuses the commit that is being handled with the protocol's error for the verdict. */
void latch_explicit_surface_reject(struct latch_explicit_surface *state,
	struct wlr_surface *surface, enum latch_sync_verdict verdict);

/**
 * Sends the one event of the object, fenced_release or with -1 immediate_release, and frees
 * it. fence_fd stays the caller's. NULL is fine.
 */
void latch_buffer_release_send(struct latch_buffer_release *release, int fence_fd);

#endif
