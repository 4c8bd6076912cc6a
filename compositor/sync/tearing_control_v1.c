/* SPDX-License-Identifier: MIT */
/* wp_tearing_control_v1: the wire. What becomes of the hint is in output/refresh.c. */

#include "sync/extension.h"
#include "tearing-control-v1-protocol.h"

/* It counts from the next commit on. Without its surface the object is inert. An unknown hint
 * counts as vsync. */
static void handle_set_presentation_hint(
	struct wl_client *client, struct wl_resource *resource, uint32_t hint) {
	struct latch_surface_sync *sync = wl_resource_get_user_data(resource);
	if (sync != NULL) {
		sync->pending.async = hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC;
	}
}

static void handle_destroyed(struct wl_resource *resource) {
	handle_set_presentation_hint(NULL, resource, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_VSYNC);
	latch_extension_forget(resource);
}

const struct latch_extension latch_tearing_extension = {
	.manager = &wp_tearing_control_manager_v1_interface,
	.object = &wp_tearing_control_v1_interface,
	.version = 1,
	.manager_impl = &latch_extension_manager,
	.object_impl =
		&(const struct wp_tearing_control_v1_interface){
			.set_presentation_hint = handle_set_presentation_hint,
			.destroy = latch_resource_handle_destroy,
		},
	.kind = LATCH_EXTENSION_TEARING,
	.exists = WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS,
	.destroyed = handle_destroyed,
};
