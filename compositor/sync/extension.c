/* SPDX-License-Identifier: MIT */
#include "sync/extension.h"

#include "sync/private.h"

void latch_extension_handle_get(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface) {
	const struct latch_extension_global *global = wl_resource_get_user_data(manager);
	const struct latch_extension *extension = global->extension;
	struct latch_surface_sync *sync =
		latch_surface_sync_find(wlr_surface_from_resource(surface));
	if (sync == NULL) {
		/* For want of memory; its client knows. */
		wl_resource_post_no_memory(manager);
		return;
	}
	if (sync->objects[extension->kind] != NULL) {
		wl_resource_post_error(manager, extension->exists,
			"wl_surface#%u already has a %s", wl_resource_get_id(surface),
			extension->object->name);
		return;
	}
	sync->objects[extension->kind] = latch_resource_create(client, extension->object,
		(uint32_t)wl_resource_get_version(manager), id, extension->object_impl, sync,
		extension->destroyed);
}

const struct latch_extension_manager latch_extension_manager = {
	.destroy = latch_resource_handle_destroy,
	.get = latch_extension_handle_get,
};

struct latch_surface_sync *latch_extension_surface(
	struct wl_resource *object, uint32_t no_surface) {
	struct latch_surface_sync *sync = wl_resource_get_user_data(object);
	if (sync == NULL) {
		wl_resource_post_error(object, no_surface, "the wl_surface has been destroyed");
	}
	return sync;
}

void latch_extension_forget(struct wl_resource *object) {
	struct latch_surface_sync *sync = wl_resource_get_user_data(object);
	for (size_t i = 0; i < LATCH_EXTENSIONS && sync != NULL; i++) {
		if (sync->objects[i] == object) {
			sync->objects[i] = NULL;
		}
	}
}

void latch_extension_detach(struct latch_surface_sync *sync) {
	for (size_t i = 0; i < LATCH_EXTENSIONS; i++) {
		if (sync->objects[i] != NULL) {
			wl_resource_set_user_data(sync->objects[i], NULL);
			sync->objects[i] = NULL;
		}
	}
}

void latch_extension_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id) {
	const struct latch_extension_global *global = data;
	struct wl_resource *manager = latch_resource_create(client, global->extension->manager,
		version, id, global->extension->manager_impl, data, NULL);
	if (manager != NULL && global->extension->bound != NULL) {
		global->extension->bound(manager);
	}
}
