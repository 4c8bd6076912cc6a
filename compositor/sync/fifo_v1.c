/* wp_fifo_v1: the wire. What becomes of what a client sets is in pacing.c. */

#include "fifo-v1-protocol.h"
#include "sync/extension.h"
#include "sync/types.h"

static void handle_set_barrier(struct wl_client *client, struct wl_resource *resource) {
	struct latch_fifo_surface *state =
		latch_extension_state(resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED);
	if (state != NULL) {
		state->set_barrier = true;
	}
}

static void handle_wait_barrier(struct wl_client *client, struct wl_resource *resource) {
	struct latch_fifo_surface *state =
		latch_extension_state(resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED);
	if (state != NULL) {
		state->wait_barrier = true;
	}
}

/* What was set stays set for the next commit: "unaffected by this object's destruction". */
const struct latch_extension latch_fifo_extension = {
	.manager = &wp_fifo_manager_v1_interface,
	.object = &wp_fifo_v1_interface,
	.version = 1,
	.manager_impl = &latch_extension_manager,
	.object_impl =
		&(const struct wp_fifo_v1_interface){
			.set_barrier = handle_set_barrier,
			.wait_barrier = handle_wait_barrier,
			.destroy = latch_extension_handle_destroy,
		},
	.offset = offsetof(struct latch_surface_sync, fifo),
	.exists = WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS,
	.destroyed = latch_extension_forget,
};
