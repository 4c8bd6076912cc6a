/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Fences of the kernel's sw_sync driver, which is for tests: user space says when they signal, or
 * that they fail, and can ask what deadline somebody has set on one. Few kernels have it
 * (CONFIG_SW_SYNC), and only root may open it, in debugfs.
 *
 * Source: the kernel's drivers/dma-buf/sw_sync.c.
 */

#define SW_SYNC_PATH "/sys/kernel/debug/sync/sw_sync"

/**
 * Makes a timeline, at value 0. When its last fd is closed, what is pending on it signals with
 * ENOENT: the one way for user space to make a fence fail.
 *
 * @return an fd that the caller owns, or -1 and errno
 */
int sw_sync_open(void);

/** A sync_file that signals when the timeline has come to the value (1 or more), owned by the
 * caller; or -1 and errno. The same value twice gives the same fence. */
int sw_sync_create_fence(int timeline_fd, uint32_t value);

/** Moves the timeline on. Returns false and errno. */
bool sw_sync_advance(int timeline_fd, uint32_t by);

/**
 * The earliest deadline that anybody has set on the fence (SYNC_IOC_SET_DEADLINE).
 *
 * @param sync_file   of any timeline of sw_sync, alone in it
 * @param deadline_ns filled: CLOCK_MONOTONIC
 * @return false and errno; ENOENT: nobody has
 */
bool sw_sync_get_deadline(int timeline_fd, int sync_file, int64_t *deadline_ns);
