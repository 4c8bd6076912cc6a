/* SPDX-License-Identifier: MIT */
/* File descriptors: each has one owner, -1 is empty. */
#pragma once

#include <errno.h>
#include <unistd.h>

/** Moves the fd out of *fd and leaves -1 there. */
static inline int latch_fd_take(int *fd) {
	const int taken = *fd;
	*fd = -1;
	return taken;
}

/** Closes *fd unless it is -1, and leaves -1 there. errno survives. */
static inline void latch_fd_clear(int *fd) {
	if (*fd >= 0) {
		const int saved = errno;
		close(*fd);
		errno = saved;
	}
	*fd = -1;
}
