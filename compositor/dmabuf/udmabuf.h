/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Shared memory that planes read. A wl_shm pool in a memfd that is sealed against shrinking becomes
 * a dma-buf by /dev/udmabuf, without a copy: the kernel pins the buffer's pages for as long as the
 * dma-buf lives (Documentation/driver-api/dma-buf.rst, drivers/dma-buf/udmabuf.c). What the client
 * writes while it is shown is seen, and harms nobody else; its pages stay there for the kernel even
 * if the client goes.
 */

struct kms_device;
struct latch_account;
struct wlr_buffer;
struct wlr_dmabuf_attributes;

/**
 * Opens /dev/udmabuf for buffers that this device is to show. Returns an fd that the caller owns, or
 * -1, having logged why: nobody lets us, the device imports none, or its display would not see what
 * a CPU has written.
 */
int latch_udmabuf_open(const struct kms_device *device);

/**
 * Why no plane can read the buffer: LATCH_REASON_NO_DMABUF where it is no shared memory or
 * udmabuf_fd is -1; LATCH_REASON_SHM_UNSEALED; 0 where one can. Looked at once for each buffer.
 */
uint64_t latch_udmabuf_check(int udmabuf_fd, struct wlr_buffer *buffer);

/**
 * Makes the dma-buf of a buffer that latch_udmabuf_check() found good, at the first call. It lives
 * as long as the buffer, and counts among the client's fds and bytes. Returns false when the kernel
 * refuses, or the client has too many; that is not tried again.
 */
bool latch_udmabuf_create(int udmabuf_fd, struct wlr_buffer *buffer, struct latch_account *account);

/** The dma-buf that was made of the buffer, its fd borrowed; false where none was. */
bool latch_udmabuf_get(struct wlr_buffer *buffer, struct wlr_dmabuf_attributes *dmabuf);

/**
 * Has a display see what the client's CPU has written (DMA_BUF_IOCTL_SYNC): before a content update
 * is shown. It waits for nothing, as no fence is ever on these dma-bufs.
 */
void latch_udmabuf_flush(struct wlr_buffer *buffer);
