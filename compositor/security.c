#include "security.h"

#include <stddef.h>
#include <string.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_security_context_v1.h>

/*
 * By name, and with more than latch has today: whoever adds one of them need not think of this
 * table. A sandbox keeps what its client may reach small: neither other clients' pictures, input
 * and clipboard, nor the outputs, nor a way to a connection outside of the sandbox.
 */
static const char *const privileged[] = {
	"zlatch_inspector_v1",
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

static bool filter_global(
	const struct wl_client *client, const struct wl_global *global, void *data) {
	struct wlr_security_context_manager_v1 *manager = data;
	bool sandboxed = wlr_security_context_manager_v1_lookup_client(manager, client) != NULL;
	return latch_security_allows(wl_global_get_interface(global)->name, sandboxed);
}

bool latch_security_init(struct wl_display *display) {
	struct wlr_security_context_manager_v1 *manager =
		wlr_security_context_manager_v1_create(display);
	if (manager == NULL) {
		return false;
	}
	wl_display_set_global_filter(display, filter_global, manager);
	return true;
}
