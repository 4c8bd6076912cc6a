/* SPDX-License-Identifier: MIT */
#include "limits/security.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_security_context_v1.h>

#include "base/hash.h"

/*
 * By name, and more than latch has today, so that a protocol which is added later is in the table
 * already. A sandbox keeps what its client may reach small: neither other clients' pictures, input
 * and clipboard, nor the outputs, nor a way to a connection outside of the sandbox.
 */
static const char *const privileged[] = {
	"zlatch_inspector_v2",
	/* Would let it make connections that count as another sandbox's. */
	"wp_security_context_manager_v1",
	/* Pictures of the screen and of other windows. */
	"zwlr_screencopy_manager_v1",
	"zwlr_export_dmabuf_manager_v1",
	"ext_image_copy_capture_manager_v1",
	"ext_output_image_capture_source_manager_v1",
	"ext_foreign_toplevel_image_capture_source_manager_v1",
	/* Who else is there. */
	"zwlr_foreign_toplevel_manager_v1",
	"ext_foreign_toplevel_list_v1",
	"ext_workspace_manager_v1",
	/* The clipboard without focus. */
	"zwlr_data_control_manager_v1",
	"ext_data_control_manager_v1",
	/* Input in the name of the user, or kept from other clients. */
	"zwp_virtual_keyboard_manager_v1",
	"zwlr_virtual_pointer_manager_v1",
	"zwp_input_method_manager_v2",
	"zwp_keyboard_shortcuts_inhibit_manager_v1",
	"ext_transient_seat_manager_v1",
	/* The outputs. */
	"zwlr_output_manager_v1",
	"zwlr_output_power_manager_v1",
	"zwlr_gamma_control_manager_v1",
	"wp_drm_lease_device_v1",
	/* Windows above all others. */
	"zwlr_layer_shell_v1",
	"ext_session_lock_manager_v1",
};

bool latch_security_allows(const char *interface, bool sandboxed) {
	if (!sandboxed) {
		return true;
	}
	for (size_t i = 0; i < sizeof(privileged) / sizeof(privileged[0]); i++) {
		if (strcmp(interface, privileged[i]) == 0) {
			return false;
		}
	}
	return true;
}

struct sandboxes {
	struct wlr_security_context_manager_v1 *manager;
	struct wl_listener display_destroy;
};

static void handle_display_destroy(struct wl_listener *listener, void *data) {
	struct sandboxes *sandboxes = wl_container_of(listener, sandboxes, display_destroy);
	wl_list_remove(&sandboxes->display_destroy.link);
	free(sandboxes);
}

static bool filter_global(
	const struct wl_client *client, const struct wl_global *global, void *data) {
	const struct sandboxes *sandboxes = data;
	bool sandboxed = wlr_security_context_manager_v1_lookup_client(
				 sandboxes->manager, client) != NULL;
	return latch_security_allows(wl_global_get_interface(global)->name, sandboxed);
}

/* With the terminating zero, so that it counts where a text ends. */
static uint64_t mix(uint64_t hash, const char *text) {
	text = text != NULL ? text : "";
	return latch_hash(hash, text, strlen(text) + 1);
}

uint64_t latch_security_sandbox(struct wl_client *client) {
	struct wl_listener *listener = wl_display_get_destroy_listener(
		wl_client_get_display(client), handle_display_destroy);
	if (listener == NULL) {
		return 0;
	}
	const struct sandboxes *sandboxes = wl_container_of(listener, sandboxes, display_destroy);
	const struct wlr_security_context_v1_state *state =
		wlr_security_context_manager_v1_lookup_client(sandboxes->manager, client);
	if (state == NULL) {
		return 0;
	}
	/* Of one program there may be several instances. */
	const char *program = state->app_id != NULL ? state->app_id : state->instance_id;
	uint64_t id = mix(mix(LATCH_HASH_START, state->sandbox_engine), program);
	return id != 0 ? id : 1;
}

bool latch_security_init(struct wl_display *display) {
	struct sandboxes *sandboxes = calloc(1, sizeof(*sandboxes));
	if (sandboxes != NULL) {
		sandboxes->manager = wlr_security_context_manager_v1_create(display);
	}
	if (sandboxes == NULL || sandboxes->manager == NULL) {
		free(sandboxes);
		return false;
	}
	sandboxes->display_destroy.notify = handle_display_destroy;
	wl_display_add_destroy_listener(display, &sandboxes->display_destroy);
	wl_display_set_global_filter(display, filter_global, sandboxes);
	return true;
}
