/* SPDX-License-Identifier: MIT */
#pragma once

/* A server and clients of it in the same process and thread, over socket pairs. */

#include <poll.h>
#include <sys/socket.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

#include "test.h"

/* Returns the server's side of a new client, or NULL. */
static inline struct wl_client *wire_connect(
	struct wl_display *server, struct wl_display **client) {
	int sockets[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
		return NULL;
	}
	struct wl_client *server_side = wl_client_create(server, sockets[0]);
	*client = wl_display_connect_to_fd(sockets[1]);
	return server_side;
}

/* Lets the client hear what the server has said. Does not wait. */
static inline void wire_read(struct wl_display *client) {
	if (wl_display_prepare_read(client) == 0) {
		struct pollfd fd = {.fd = wl_display_get_fd(client), .events = POLLIN};
		if (poll(&fd, 1, 0) > 0) {
			wl_display_read_events(client);
		} else {
			wl_display_cancel_read(client);
		}
	}
	wl_display_dispatch_pending(client);
}

/* Both hear all that the other has said, so many times. client: NULL is fine. */
static inline void wire_pump(struct wl_display *server, struct wl_display *client, int times) {
	for (int i = 0; i < times; i++) {
		if (client != NULL) {
			wl_display_flush(client);
		}
		wl_event_loop_dispatch(wl_display_get_event_loop(server), 0);
		wl_display_flush_clients(server);
		if (client != NULL) {
			wire_read(client);
		}
	}
}

/* The code of the protocol error that ended the client, and whose it is; -1: none has. */
static inline int wire_error(struct wl_display *client, const char **interface) {
	const struct wl_interface *of = NULL;
	if (wl_display_get_error(client) != EPROTO) {
		return -1;
	}
	int code = (int)wl_display_get_protocol_error(client, &of, NULL);
	*interface = of != NULL ? of->name : "";
	return code;
}

/* Ended with wl_display.no_memory: what libwayland makes of it. */
static inline bool wire_is_refused(struct wl_display *client) {
	return wl_display_get_error(client) == ENOMEM;
}

/* A buffer of its own shared memory, all black. */
static inline struct wl_buffer *wire_shm_buffer(struct wl_shm *shm, int32_t width, int32_t height) {
	int fd = memfd_create("shm", MFD_CLOEXEC);
	if (ftruncate(fd, width * height * 4) != 0) {
		close(fd);
		return NULL;
	}
	struct wl_shm_pool *pool = wl_shm_create_pool(shm, fd, width * height * 4);
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(
		pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
	wl_shm_pool_destroy(pool);
	close(fd);
	return buffer;
}

/* A global that a client binds: its proxy goes to where `object` points, a pointer to a proxy. */
struct wire_global {
	const struct wl_interface *interface;
	uint32_t version;
	void *object;
	uint32_t offered; /* filled: the server's version of it */
};

static inline void wire_handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	for (struct wire_global *global = data; global->interface != NULL; global++) {
		void **object = global->object;
		if (strcmp(interface, global->interface->name) == 0 && *object == NULL) {
			global->offered = version;
			*object = wl_registry_bind(
				registry, name, global->interface, global->version);
		}
	}
}

static inline void wire_handle_global_remove(
	void *data, struct wl_registry *registry, uint32_t name) {
}

/* Asks for what the server has of this list, which {0} ends, and for no proxy that is there
 * already. The server hears of it when both are pumped next. */
static inline void wire_bind(
	struct wl_display *server, struct wl_display *client, struct wire_global *globals) {
	static const struct wl_registry_listener listener = {
		.global = wire_handle_global,
		.global_remove = wire_handle_global_remove,
	};
	struct wl_registry *registry = wl_display_get_registry(client);
	wl_registry_add_listener(registry, &listener, globals);
	wire_pump(server, client, 1);
	wl_registry_destroy(registry);
}
