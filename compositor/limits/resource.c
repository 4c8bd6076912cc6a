/* SPDX-License-Identifier: MIT */
#include "limits/resource.h"

struct wl_resource *latch_resource_create(struct wl_client *client,
	const struct wl_interface *interface, uint32_t version, uint32_t id, const void *requests,
	void *data, wl_resource_destroy_func_t destroyed) {
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);
	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return NULL;
	}
	wl_resource_set_implementation(resource, requests, data, destroyed);
	return resource;
}

void latch_resource_handle_destroy(struct wl_client *client, struct wl_resource *resource) {
	wl_resource_destroy(resource);
}
