/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <poll.h>

#include "case.h"

static void listen_to(void *proxy, struct client *client);

/* Of the shell, the seat and its pointer; the arguments are in the XML's order. */
static int handle_event(const void *unused, void *proxy, uint32_t opcode,
	const struct wl_message *message, union wl_argument *args) {
	struct client *client = wl_proxy_get_user_data(proxy);
	if (strcmp(message->name, "ping") == 0) {
		xdg_wm_base_pong(proxy, args[0].u);
	} else if (strcmp(message->name, "enter") == 0) {
		wl_pointer_set_cursor(proxy, args[0].u, client->cursor, client->cursor_hotspot,
			client->cursor_hotspot);
	} else if (strcmp(message->name, "capabilities") == 0 && client->pointer == NULL &&
		   args[0].u & WL_SEAT_CAPABILITY_POINTER) {
		client->pointer = wl_seat_get_pointer(proxy);
		listen_to(client->pointer, client);
	}
	return 0;
}

static void listen_to(void *proxy, struct client *client) {
	wl_proxy_add_dispatcher(proxy, handle_event, NULL, client);
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct client *client = data;
	const struct {
		const struct wl_interface *interface;
		uint32_t version;
		void *object;
	} wanted[] = {
		{&wl_compositor_interface, 6, &client->compositor},
		{&wl_subcompositor_interface, 1, &client->subcompositor},
		{&wl_shm_interface, 1, &client->shm},
		{&wl_seat_interface, 1, &client->seat},
		{&xdg_wm_base_interface, 1, &client->wm_base},
		{&zwp_linux_dmabuf_v1_interface, 3, &client->dmabuf},
		{&wp_presentation_interface, 1, &client->presentation},
		{&wp_viewporter_interface, 1, &client->viewporter},
		{&wp_alpha_modifier_v1_interface, 1, &client->alpha_modifier},
		{&wp_color_representation_manager_v1_interface, 1, &client->color_representation},
		{&wp_linux_drm_syncobj_manager_v1_interface, 1, &client->syncobj},
		{&zwp_linux_explicit_synchronization_v1_interface, 2, &client->explicit_sync},
		{&wp_fifo_manager_v1_interface, 1, &client->fifo},
		{&wp_fractional_scale_manager_v1_interface, 1, &client->scales},
		{&wp_commit_timing_manager_v1_interface, 1, &client->timing},
		{&wp_tearing_control_manager_v1_interface, 1, &client->tearing},
		{&wp_content_type_manager_v1_interface, 1, &client->content_type},
		{&wp_single_pixel_buffer_manager_v1_interface, 1, &client->single_pixel},
		{&wp_security_context_manager_v1_interface, 1, &client->security_context},
	};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strcmp(interface, wanted[i].interface->name) == 0) {
			uint32_t least = version < wanted[i].version ? version : wanted[i].version;
			void *object = wl_registry_bind(registry, name, wanted[i].interface, least);
			memcpy(wanted[i].object, &object, sizeof(object));
		}
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void client_connect(struct client *client) {
	*client = (struct client){.display = wl_display_connect(NULL)};
	CHECK(client->display != NULL, "no compositor: %s", strerror(errno));
	struct wl_registry *registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(registry, &registry_listener, client);
	client_roundtrip(client);
	CHECK(client->compositor && client->subcompositor && client->shm && client->wm_base &&
			client->dmabuf && client->presentation && client->viewporter,
		"a protocol is missing");
	listen_to(client->wm_base, client);
	if (client->seat != NULL) {
		listen_to(client->seat, client);
	}
	client_roundtrip(client);
}

/* Returns the code of the protocol error and the interface's name; or -1, and another error's. */
static int read_error(struct client *client, const char **interface) {
	const struct wl_interface *which = NULL;
	uint32_t id;
	int error = wl_display_get_error(client->display);
	if (error != EPROTO) {
		*interface = strerror(error);
		return -1;
	}
	uint32_t code = wl_display_get_protocol_error(client->display, &which, &id);
	*interface = which != NULL ? which->name : "?";
	return (int)code;
}

static _Noreturn void fail_connection(struct client *client) {
	const char *interface;
	int code = read_error(client, &interface);
	if (code >= 0) {
		fail("protocol error %d of %s", code, interface);
	}
	fail("the connection broke: %s", interface);
}

/* Returns -1 when the connection has broken. */
static int pump(struct client *client, int64_t end_ns) {
	struct wl_display *display = client->display;
	if (wl_display_prepare_read(display) != 0) {
		return wl_display_dispatch_pending(display) < 0 ? -1 : 1;
	}
	if (wl_display_flush(display) < 0 && errno != EAGAIN && errno != EPIPE) {
		wl_display_cancel_read(display);
		return -1;
	}
	int64_t left_ns = end_ns - latch_now_ns();
	struct pollfd fd = {.fd = wl_display_get_fd(display), .events = POLLIN};
	struct timespec timeout = latch_ns_timespec(left_ns > 0 ? left_ns : 0);
	if (ppoll(&fd, 1, &timeout, NULL) <= 0) {
		wl_display_cancel_read(display);
		return left_ns > 0 && latch_now_ns() < end_ns ? 1 : 0;
	}
	if (wl_display_read_events(display) < 0 || wl_display_dispatch_pending(display) < 0) {
		return -1;
	}
	return 1;
}

bool client_pump(struct client *client, int64_t end_ns) {
	int ret = pump(client, end_ns);
	if (ret < 0) {
		fail_connection(client);
	}
	return ret > 0;
}

void client_pump_ms(struct client *client, int ms) {
	int64_t end_ns = latch_now_ns() + ms * MS;
	while (client_pump(client, end_ns)) {
	}
}

bool client_wait(struct client *client, const bool *done, int limit_ms) {
	int64_t end_ns = latch_now_ns() + limit_ms * MS;
	while (!*done && client_pump(client, end_ns)) {
	}
	return *done;
}

void client_roundtrip(struct client *client) {
	if (wl_display_roundtrip(client->display) < 0) {
		fail_connection(client);
	}
}

int client_error(struct client *client, const char **interface, int limit_ms) {
	int64_t end_ns = latch_now_ns() + limit_ms * MS;
	int ret;
	do {
		ret = pump(client, end_ns);
	} while (ret > 0);
	*interface = "none";
	return ret == 0 ? -1 : read_error(client, interface);
}
