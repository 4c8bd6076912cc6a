/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What one client makes latch hold, counted in one place. Code that takes something in for a client
 * charges its account first and discharges it when it lets go. At a limit the client is refused
 * with wl_display.no_memory, one sentence in the log says who it was, and for the others nothing
 * changes.
 */

#include <sys/types.h>
#include <wayland-server-core.h>

#include "limits/limits.h"

/** No client holds more than this part of the fds that are not reserved, whatever its limit. */
#define LATCH_FDS_SHARE_DEN 2
/**
 * When fds run short, none is ended of whose process or sandbox all clients together hold less than
 * this.
 */
#define LATCH_FDS_INNOCENT 64

/** Long enough for latch_account_describe(). */
#define LATCH_ACCOUNT_TEXT 128

/** The accounts of a display's clients, for client.h. */
struct latch_accounts {
	struct wl_event_loop *loop;
	struct latch_limits limits;
	struct wl_list accounts; // latch_account.link
	struct wl_list holders;	 // account.c
	/* Fds that may be charged until it is time to look again how many are left. */
	uint64_t fds_until_look;
	uint64_t fds_share; // that one client may have
};

/** One client's. Reference-counted: its client has a reference, and so has code that discharges
 * later. */
struct latch_account;

void latch_accounts_init(struct latch_accounts *accounts, struct wl_display *display,
	const struct latch_limits *limits);

/** After all accounts were closed; those with references stay valid. */
void latch_accounts_finish(struct latch_accounts *accounts);

/** Opens a new client's account. The reference is the caller's. NULL without memory. */
struct latch_account *latch_account_open(struct latch_accounts *accounts, struct wl_client *client);

/** The client and its objects have gone: gives the reference back. NULL is fine. */
void latch_account_close(struct latch_account *account);

/** Counts an object that the client has made. The client is refused where it is one too many. */
void latch_account_note_resource(struct latch_account *account, struct wl_resource *resource);

/** The client's account, borrowed; NULL where its display has no accounts, see client.h. */
struct latch_account *latch_account_find(struct wl_client *client);

/** NULL is fine for all that follows: such a client has no limits. */
struct latch_account *latch_account_ref(struct latch_account *account);
void latch_account_unref(struct latch_account *account);

/**
 * Counts amount more. Returns false when that would be over the limit, or when the process is short
 * of fds and this client holds most of them, with its other connections: nothing was counted,
 * the log has its sentence, the caller refuses the request with latch_account_refuse() or an error
 * of its own that says latch_account_refusal(). When fds are short because of another client, that
 * one is ended.
 */
bool latch_account_charge(struct latch_account *account, enum latch_limit limit, uint64_t amount);

void latch_account_discharge(
	struct latch_account *account, enum latch_limit limit, uint64_t amount);

/**
 * Charges LATCH_LIMIT_BYTES for a plane of a buffer that is in a dma-buf of that many bytes: for
 * the first one in it, as the memory is there once. Returns false like latch_account_charge(). fd
 * is borrowed; each plane is discharged with an fd of the same dma-buf.
 */
bool latch_account_charge_memory(struct latch_account *account, int fd, uint64_t bytes);
void latch_account_discharge_memory(struct latch_account *account, int fd);

/** What is counted now; objects: when they were counted last. */
uint64_t latch_account_get(const struct latch_account *account, enum latch_limit limit);

/**
 * Looks at what a request is about to make larger that is not an object: the region of
 * wl_region.add. It is the client's own work that grows with it, rectangle by rectangle. Refuses it
 * when it is too large.
 */
void latch_account_check_request(struct wl_resource *resource);

/** Why the last charge failed, for the client to read. Valid as long as the account. */
const char *latch_account_refusal(const struct latch_account *account);

/** Sends wl_display.no_memory with latch_account_refusal(): libwayland ends the client then. */
void latch_account_refuse(struct latch_account *account);

/**
 * Ends a client that did not ask for anything just now: an error of wl_display with this text; the
 * connection is closed from the event loop, not before this returns. The caller logs why.
 */
void latch_account_end(struct latch_account *account, uint32_t code, const char *text);

/** The client is being ended by latch_account_end(). */
bool latch_account_is_ending(const struct latch_account *account);

/** The process, 0 where it is not known. */
pid_t latch_account_pid(const struct latch_account *account);

/** The process's name, as /proc/PID/comm had it when it connected; "" where it is not known. */
const char *latch_account_comm(const struct latch_account *account);

/** The app id of its first toplevel, borrowed until it changes; "" where there is none. */
const char *latch_account_app_id(const struct latch_account *account);

/** Writes who it is, as `client 4711 (foot, app id "foot")`. Returns text. */
const char *latch_account_describe(
	const struct latch_account *account, char text[static LATCH_ACCOUNT_TEXT]);
