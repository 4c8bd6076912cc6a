/* SPDX-License-Identifier: MIT */
/* wp_fifo_v1: the wire. What becomes of what a client sets is in pacing.c. */

#include "fifo-v1-protocol.h"
#include "sync/extension.h"

static void handle_set_barrier(struct wl_client *client, struct wl_resource *resource) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED);
	if (sync != NULL) {
		sync->fifo.set_barrier = true;
	}
}

static void handle_wait_barrier(struct wl_client *client, struct wl_resource *resource) {
	struct latch_surface_sync *sync =
		latch_extension_surface(resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED);
	if (sync != NULL) {
		sync->fifo.wait_barrier = true;
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
			.destroy = latch_resource_handle_destroy,
		},
	.kind = LATCH_EXTENSION_FIFO,
	.exists = WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS,
	.destroyed = latch_extension_forget,
};
