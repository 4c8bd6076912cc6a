/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "input.h"

/*
 * The fds that an input sends, and what happens to them afterwards: fences signal, timelines go
 * on, files shrink. Where the machine has dma-bufs, timelines and vgem's fences, they are the real
 * ones; else they are those of tests/unit/fence/kernel.h, which do all that is asked of them.
 */

/** Looks at what the machine has. Returns false, after a sentence, when real was asked for but is
 * not there. */
bool fds_start(bool real);

/** Whether the objects are the kernel's own. */
bool fds_are_real(void);

/** An fd of this kind, owned by the caller; never -1: another kind, if this can't be had. What is
 * on its other end is kept until fds_end(). */
int fds_create(enum fuzz_fd kind, unsigned size);

/** Something happens to one of those that were made. */
void fds_act(enum fuzz_fence what, unsigned which);

/** The address of the newest listening socket. False: there was none. */
bool fds_listening(struct sockaddr_un *address, socklen_t *len);

/** The input has ended: all ends are closed, all fences forgotten. */
void fds_end(void);
