#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <wayland-client.h>
#include <wayland-server-core.h>

#include "inspect/inspector.h"
#include "latch-inspector-unstable-v1-client-protocol.h"
#include "world.h"

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct world *world = data;
	if (strcmp(interface, zlatch_inspector_v1_interface.name) == 0) {
		world->offered_version = version;
		world->bound = wl_registry_bind(registry, name, &zlatch_inspector_v1_interface,
			version < world->max_version ? version : world->max_version);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

void world_init(
	struct world *world, const struct latch_inspector_options *options, uint32_t max_version) {
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	*world = (struct world){.server = wl_display_create(), .max_version = max_version};
	world->inspector = latch_inspector_create(world->server, options);
	assert_non_null(world->inspector);
	assert_non_null(wl_client_create(world->server, fds[0]));
	world->client = wl_display_connect_to_fd(fds[1]);
	world->registry = wl_display_get_registry(world->client);
	wl_registry_add_listener(world->registry, &registry_listener, world);
	assert_true(world_pump(world));
	assert_non_null(world->bound);
}

void world_finish(struct world *world) {
	zlatch_inspector_v1_destroy(world->bound);
	wl_registry_destroy(world->registry);
	wl_display_disconnect(world->client);
	wl_display_destroy_clients(world->server);
	latch_inspector_destroy(world->inspector);
	wl_display_destroy(world->server);
}

bool world_pump(struct world *world) {
	struct wl_display *client = world->client;
	for (int i = 0; i < 200; i++) {
		wl_display_flush(client);
		wl_event_loop_dispatch(wl_display_get_event_loop(world->server), 0);
		wl_display_flush_clients(world->server);
		if (wl_display_prepare_read(client) == 0) {
			struct pollfd fd = {.fd = wl_display_get_fd(client), .events = POLLIN};
			if (poll(&fd, 1, 0) > 0) {
				wl_display_read_events(client);
			} else {
				wl_display_cancel_read(client);
			}
		}
		if (wl_display_dispatch_pending(client) < 0) {
			return false;
		}
	}
	return wl_display_get_error(client) == 0;
}
