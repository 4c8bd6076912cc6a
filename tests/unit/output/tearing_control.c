/* wp_tearing_control_v1 with a real client in this process. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <wayland-client.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "output/tearing_control_v1.h"
#include "tearing-control-v1-client.h"

#define ASYNC WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC

struct world {
	struct wl_display *server, *client;
	struct wlr_surface *last; // that was made
	struct wl_listener new_surface;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wp_tearing_control_manager_v1 *manager;
};

static void handle_new_surface(struct wl_listener *listener, void *data) {
	struct world *world = wl_container_of(listener, world, new_surface);
	world->last = data;
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct world *world = data;
	if (strcmp(interface, wl_compositor_interface.name) == 0) {
		world->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 1);
	} else if (strcmp(interface, wp_tearing_control_manager_v1_interface.name) == 0) {
		world->manager = wl_registry_bind(
			registry, name, &wp_tearing_control_manager_v1_interface, 1);
	}
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void pump(struct world *world) {
	for (int i = 0; i < 4; i++) {
		wl_display_flush(world->client);
		wl_event_loop_dispatch(wl_display_get_event_loop(world->server), 0);
		wl_display_flush_clients(world->server);
		if (wl_display_prepare_read(world->client) == 0) {
			struct pollfd fd = {
				.fd = wl_display_get_fd(world->client), .events = POLLIN};
			if (poll(&fd, 1, 0) > 0) {
				wl_display_read_events(world->client);
			} else {
				wl_display_cancel_read(world->client);
			}
		}
		wl_display_dispatch_pending(world->client);
	}
}

static void world_init(struct world *world) {
	wlr_log_init(WLR_SILENT, NULL);
	*world = (struct world){.server = wl_display_create()};
	struct wlr_compositor *compositor = wlr_compositor_create(world->server, 6, NULL);
	assert_non_null(compositor);
	assert_true(latch_tearing_control_create(world->server));
	world->new_surface.notify = handle_new_surface;
	wl_signal_add(&compositor->events.new_surface, &world->new_surface);
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_non_null(wl_client_create(world->server, fds[0]));
	world->client = wl_display_connect_to_fd(fds[1]);
	world->registry = wl_display_get_registry(world->client);
	wl_registry_add_listener(world->registry, &registry_listener, world);
	pump(world);
	assert_non_null(world->compositor);
	assert_non_null(world->manager);
}

static void world_finish(struct world *world) {
	wp_tearing_control_manager_v1_destroy(world->manager);
	wl_compositor_destroy(world->compositor);
	wl_registry_destroy(world->registry);
	wl_display_disconnect(world->client);
	wl_display_destroy_clients(world->server);
	wl_list_remove(&world->new_surface.link);
	wl_display_destroy(world->server);
}

static struct wl_surface *create_surface(struct world *world) {
	struct wl_surface *surface = wl_compositor_create_surface(world->compositor);
	pump(world);
	return surface;
}

/* A hint counts from the commit on, and until the commit after its object's end. */
static void the_hint_comes_and_goes_with_commits(void **state) {
	struct world world;
	world_init(&world);
	struct wl_surface *surface = create_surface(&world);
	assert_false(latch_tearing_control_is_async(world.last));
	struct wp_tearing_control_v1 *control =
		wp_tearing_control_manager_v1_get_tearing_control(world.manager, surface);
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	pump(&world);
	assert_false(latch_tearing_control_is_async(world.last));
	wl_surface_commit(surface);
	pump(&world);
	assert_true(latch_tearing_control_is_async(world.last));
	wl_surface_commit(surface);
	pump(&world);
	assert_true(latch_tearing_control_is_async(world.last));
	wp_tearing_control_v1_destroy(control);
	pump(&world);
	assert_true(latch_tearing_control_is_async(world.last));
	wl_surface_commit(surface);
	pump(&world);
	assert_false(latch_tearing_control_is_async(world.last));
	/* The surface may have another one now. */
	control = wp_tearing_control_manager_v1_get_tearing_control(world.manager, surface);
	wp_tearing_control_v1_set_presentation_hint(control, 4711);
	wl_surface_commit(surface);
	pump(&world);
	assert_false(latch_tearing_control_is_async(world.last));
	assert_int_equal(wl_display_get_error(world.client), 0);
	wp_tearing_control_v1_destroy(control);
	wl_surface_destroy(surface);
	world_finish(&world);
}

static void without_its_surface_it_is_inert(void **state) {
	struct world world;
	world_init(&world);
	struct wl_surface *surface = create_surface(&world);
	struct wp_tearing_control_v1 *control =
		wp_tearing_control_manager_v1_get_tearing_control(world.manager, surface);
	wl_surface_destroy(surface);
	pump(&world);
	wp_tearing_control_v1_set_presentation_hint(control, ASYNC);
	pump(&world);
	assert_int_equal(wl_display_get_error(world.client), 0);
	wp_tearing_control_v1_destroy(control);
	pump(&world);
	assert_int_equal(wl_display_get_error(world.client), 0);
	world_finish(&world);
}

static void only_one_for_a_surface(void **state) {
	struct world world;
	world_init(&world);
	struct wl_surface *surface = create_surface(&world);
	struct wp_tearing_control_v1 *first =
		wp_tearing_control_manager_v1_get_tearing_control(world.manager, surface);
	struct wp_tearing_control_v1 *second =
		wp_tearing_control_manager_v1_get_tearing_control(world.manager, surface);
	pump(&world);
	assert_int_equal(wl_display_get_error(world.client), EPROTO);
	const struct wl_interface *interface;
	uint32_t id;
	assert_int_equal(wl_display_get_protocol_error(world.client, &interface, &id),
		WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS);
	assert_string_equal(interface->name, wp_tearing_control_manager_v1_interface.name);
	wp_tearing_control_v1_destroy(second);
	wp_tearing_control_v1_destroy(first);
	wl_surface_destroy(surface);
	world_finish(&world);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hint_comes_and_goes_with_commits),
		cmocka_unit_test(without_its_surface_it_is_inert),
		cmocka_unit_test(only_one_for_a_surface),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("tearing control", tests, NULL, NULL);
}
