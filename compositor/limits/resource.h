/* SPDX-License-Identifier: MIT */
/* Protocol objects, as every protocol makes them. */
#pragma once

#include <wayland-server-core.h>

/**
 * Makes a client's object: requests are its interface's, data is its user data, destroyed is called
 * when it goes; each may be NULL. Returns NULL without memory, which ends the client.
 */
struct wl_resource *latch_resource_create(struct wl_client *client,
	const struct wl_interface *interface, uint32_t version, uint32_t id, const void *requests,
	void *data, wl_resource_destroy_func_t destroyed);

/** The request that every object has: it goes. */
void latch_resource_handle_destroy(struct wl_client *client, struct wl_resource *resource);
