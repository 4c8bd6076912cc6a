/* SPDX-License-Identifier: MIT */
/* Messages on a Unix socket with file descriptors in them (unix(7), SCM_RIGHTS). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/** The most fds that the kernel takes with one message (SCM_MAX_FD). */
#define LATCH_MESSAGE_FDS 253

/**
 * As send(2), with fds, which stay the caller's; none is sent without a byte. A receiver that has
 * gone is EPIPE, not a signal.
 */
ssize_t latch_message_send(int socket, const void *data, size_t size, const int *fds,
	size_t fds_len, int flags);

/**
 * As recv(2), with fds, which become the caller's and are closed on exec.
 *
 * @param fds	  room for fds_max of them
 * @param fds_max at most LATCH_MESSAGE_FDS
 * @param fds_len filled, with 0 on errors
 * @return -1 and EMSGSIZE where a packet or its fds did not fit; those that came are closed
 */
ssize_t latch_message_receive(int socket, void *data, size_t size, int *fds, size_t fds_max,
	size_t *fds_len, int flags);
