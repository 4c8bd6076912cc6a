/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The process's own limit of file descriptors, RLIMIT_NOFILE. Clients send fds, and every dma-buf
 * and every fence is one; without fds there is no flip, no release and no new device. So a part of
 * them is never for clients.
 */

#include <stddef.h>

/**
 * The reserve, where the limit is large enough: what libwayland takes in with one read of a socket
 * (28) before anybody can look at it, what a GL driver opens for a context (some dozens),
 * out-fences and their duplicates, a device that is plugged in.
 */
#define LATCH_FDS_RESERVE 256
/** With a small limit the reserve is this part of it. */
#define LATCH_FDS_RESERVE_DEN 4

struct latch_fds {
	size_t in_use;
	size_t limit;
	size_t reserve;
};

/**
 * Raises the soft limit to the hard one: the soft one is 1024 almost everywhere, for programs that
 * use select(2). Once, at start; the old one is kept for latch_fds_restore_limit().
 */
void latch_fds_raise_limit(void);

/** Gives a child its parent's old soft limit. May be called between fork and exec. */
void latch_fds_restore_limit(void);

/**
 * How many fds are open and how many may be. One stat(2) of /proc/self/fd, whose size is their
 * number (Linux 6.2); where that can't be had, all are taken to be in use.
 */
struct latch_fds latch_fds_look(void);

/** How many more may be opened before the reserve is touched; 0 when it is. */
size_t latch_fds_spare(const struct latch_fds *fds);
