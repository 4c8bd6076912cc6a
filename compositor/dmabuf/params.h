#ifndef LATCH_DMABUF_PARAMS_H
#define LATCH_DMABUF_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "dmabuf/check.h"

struct latch_format_list;
struct wl_client;
struct wl_list;
struct wlr_dmabuf_attributes;

/** What decides about buffers. Must stay where it is until latch_params_detach_all(). */
struct latch_params_judge {
	const struct latch_dmabuf_probe *probe;
	/** The pairs that were sent to clients. */
	const struct latch_format_list *advertised;
	/** Whether the buffer can be shown in some way: the import itself. */
	bool (*usable)(void *data, const struct wlr_dmabuf_attributes *dmabuf);
	void *data;
};

/**
 * Makes a zwp_linux_buffer_params_v1 and puts it into the list. judge: NULL when nothing can be
 * imported any more; then every buffer fails.
 */
void latch_params_create(struct wl_client *client, uint32_t version, uint32_t id,
	const struct latch_params_judge *judge, struct wl_list *list);

/** The judge of all objects in the list goes: what they are asked to create from now on fails. */
void latch_params_detach_all(struct wl_list *list);

#endif
