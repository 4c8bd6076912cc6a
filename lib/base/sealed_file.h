/* SPDX-License-Identifier: MIT */
/* Data that several processes read, and none can change. */
#pragma once

#include <stddef.h>

/**
 * Copies data into a memfd (memfd_create(2)) and seals it: nobody can write to it or change its
 * size, so one fd may go to all clients. `name` is for /proc. Returns an fd, which is the caller's;
 * -1 and errno without memory or fds.
 */
int latch_sealed_file_create(const char *name, const void *data, size_t size);
