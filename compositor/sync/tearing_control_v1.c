/* wp_tearing_control_v1: the wire. What becomes of the hint is in output/refresh.c. */

#include "sync/private.h"
#include "tearing-control-v1-protocol.h"

/* It counts from the next commit on. Without its surface the object is inert. An unknown hint
 * counts as vsync. */
static void set_hint(struct latch_tearing_surface *state, uint32_t hint) {
	if (state != NULL) {
		struct latch_surface_sync *sync = wl_container_of(state, sync, tearing);
		sync->pending.async = hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC;
	}
}

static void handle_set_presentation_hint(
	struct wl_client *client, struct wl_resource *resource, uint32_t hint) {
	set_hint(wl_resource_get_user_data(resource), hint);
}

static void handle_destroyed(struct wl_resource *resource) {
	set_hint(latch_extension_forget(resource), WP_TEARING_CONTROL_V1_PRESENTATION_HINT_VSYNC);
}

const struct latch_extension latch_tearing_extension = {
	.manager = &wp_tearing_control_manager_v1_interface,
	.object = &wp_tearing_control_v1_interface,
	.version = 1,
	.manager_impl =
		&(const struct wp_tearing_control_manager_v1_interface){
			.destroy = latch_extension_handle_destroy,
			.get_tearing_control = latch_extension_handle_get,
		},
	.object_impl =
		&(const struct wp_tearing_control_v1_interface){
			.set_presentation_hint = handle_set_presentation_hint,
			.destroy = latch_extension_handle_destroy,
		},
	.offset = offsetof(struct latch_surface_sync, tearing),
	.exists = WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS,
	.destroyed = handle_destroyed,
};
