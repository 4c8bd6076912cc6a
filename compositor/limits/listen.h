/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The Wayland socket. libwayland's own takes every client at once; when the process is out of fds,
 * it fails to, and is called again at once, for ever. This one lets new clients wait in the
 * kernel's queue while fds are short: while less than twice the reserve is left (fds.h).
 */

struct wl_display;

/** How often it is looked whether there are fds again. */
#define LATCH_LISTEN_RETRY_MS 100

/**
 * Makes the socket name in XDG_RUNTIME_DIR (or at its absolute path), NULL: the first free
 * wayland-N. It is locked as libwayland does, by name.lock, and takes the place of one that nobody
 * has locked. Returns NULL with errno set; EADDRINUSE when another process has it.
 */
struct latch_listen *latch_listen_create(struct wl_display *display, const char *name);

/** For WAYLAND_DISPLAY. Valid as long as the object. */
const char *latch_listen_name(const struct latch_listen *listener);

/** Removes the socket. NULL is fine. */
void latch_listen_destroy(struct latch_listen *listener);
