/* SPDX-License-Identifier: MIT */
#pragma once

#include <sys/types.h>

#include "dmabuf/check.h"

struct latch_dmabuf;
struct wl_client;

/* What decides about buffers, in linux_dmabuf_v1.c. */

const struct latch_dmabuf_probe *latch_dmabuf_get_probe(const struct latch_dmabuf *dmabuf);
/** Whether clients may have been told of this pair. */
bool latch_dmabuf_advertises(const struct latch_dmabuf *dmabuf, uint32_t fourcc, uint64_t modifier);
/** Whether the buffer can be shown in some way: the import itself. */
bool latch_dmabuf_can_show(
	const struct latch_dmabuf *dmabuf, const struct wlr_dmabuf_attributes *attributes);
/** Whether it is this device that composes. */
bool latch_dmabuf_samples_on(const struct latch_dmabuf *dmabuf, dev_t device);

/**
 * Makes a zwp_linux_buffer_params_v1, and wl_buffers of what is added to it. dmabuf: borrowed for
 * as long as there are clients.
 */
void latch_params_create(struct wl_client *client, uint32_t version, uint32_t id,
	const struct latch_dmabuf *dmabuf);

/** Makes wlr_buffer_try_from_resource() know these buffers. Once per process is enough. */
void latch_params_register_buffers(void);
