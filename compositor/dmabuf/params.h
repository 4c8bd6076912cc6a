#pragma once

#include <sys/types.h>

#include "dmabuf/check.h"

struct wl_client;

/** What decides about buffers. */
struct latch_params_judge {
	struct latch_dmabuf_probe probe;
	/** Whether clients may have been told of this pair. */
	bool (*advertised)(void *data, uint32_t fourcc, uint64_t modifier);
	/** Whether the buffer can be shown in some way: the import itself. */
	bool (*usable)(void *data, const struct wlr_dmabuf_attributes *dmabuf);
	/** Whether it is this device that composes. */
	bool (*samples_on)(void *data, dev_t device);
	void *data;
};

/**
 * Makes a zwp_linux_buffer_params_v1, and wl_buffers of what is added to it. judge: borrowed for as
 * long as there are clients.
 */
void latch_params_create(struct wl_client *client, uint32_t version, uint32_t id,
	const struct latch_params_judge *judge);

/** Makes wlr_buffer_try_from_resource() know these buffers. Once per process is enough. */
void latch_params_register_buffers(void);
