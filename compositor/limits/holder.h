#ifndef LATCH_LIMITS_HOLDER_H
#define LATCH_LIMITS_HOLDER_H

/*
 * Several connections can be one program's, and hold together what each of them must not hold. So
 * fds are also counted by program: by its sandbox, where it has one, else by its process.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-util.h>

struct wl_client;

struct latch_holder {
	struct wl_list link;
	pid_t pid;
	uint64_t sandbox; // latch_security_sandbox(), 0 for none
	size_t accounts;
	uint64_t fds; // of all accounts
};

/**
 * The holder in the list that a client belongs to, or a new one; counts the client's account. Not
 * before the client's first request: until then it is not known to be in a sandbox. NULL without
 * memory.
 */
struct latch_holder *latch_holder_get(
	struct wl_list *holders, struct wl_client *client, pid_t pid);

/** An account less; the last one frees it. NULL is fine. */
void latch_holder_put(struct latch_holder *holder);

/** Empties the list: its holders live on for the accounts that have them. */
void latch_holders_forget(struct wl_list *holders);

#endif
