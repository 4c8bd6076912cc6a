/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Fences on demand. The vgem driver lets a process put a fence on one of its buffers and signal
 * it when it likes: what a GPU's fences are, without the GPU. The kernel signals such a fence by
 * itself after 10 s, and when the fd of the node that made it is closed.
 */

/** What is said where it can't be opened. */
#define VGEM_MISSING \
	"fences come from a vgem device: load the module (modprobe vgem), and see that its node " \
	"in /dev/dri can be opened"

/** Opens vgem's primary node, for render nodes make no buffers. Returns an fd that the caller
 * owns, or -1 where the module is not loaded or the node can't be opened. */
int vgem_open(void);

/** Puts an unsignalled fence on the buffer with this handle, as a writer's. Returns false and
 * errno; EBUSY while another fence on it is pending. */
bool vgem_attach_fence(int vgem_fd, uint32_t handle, uint32_t *fence);

/** Signals the fence. Returns false and errno: ETIMEDOUT when the kernel was first. */
bool vgem_signal_fence(int vgem_fd, uint32_t fence);

/** Makes an unsignalled sync_file, owned by the caller, of a fence that is on no buffer of
 * anybody's. Returns -1 and errno. */
int vgem_create_fence(int vgem_fd, uint32_t *fence);
