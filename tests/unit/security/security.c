/*
 * Which globals a sandboxed client sees: the decision, and a real client that makes a security
 * context with another one inside.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "../wire.h"
#include "inspect/inspector.h"
#include "security-context-v1-client-protocol.h"
#include "limits/security.h"

static void sandboxed_clients_see_less(void **state) {
	static const char *const hidden[] = {"zlatch_inspector_v2",
		"wp_security_context_manager_v1", "zwlr_screencopy_manager_v1",
		"ext_image_copy_capture_manager_v1", "zwlr_export_dmabuf_manager_v1",
		"zwlr_output_manager_v1", "zwlr_output_power_manager_v1",
		"zwp_virtual_keyboard_manager_v1", "zwlr_virtual_pointer_manager_v1",
		"zwlr_data_control_manager_v1", "ext_data_control_manager_v1"};
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		assert_false(latch_security_allows(hidden[i], true));
		assert_true(latch_security_allows(hidden[i], false));
	}
}

/* Without these a client can't show anything, or it shows it worse. */
static void sandboxed_clients_see_enough(void **state) {
	static const char *const shown[] = {"wl_compositor", "wl_subcompositor", "wl_shm",
		"wl_seat", "wl_output", "wl_data_device_manager", "xdg_wm_base", "wp_presentation",
		"wp_viewporter", "zwp_linux_dmabuf_v1", "wp_linux_drm_syncobj_manager_v1",
		"zwp_linux_explicit_synchronization_v1"};
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		assert_true(latch_security_allows(shown[i], true));
		assert_true(latch_security_allows(shown[i], false));
	}
}

struct client {
	struct wl_display *display;
	struct wl_registry *registry;
	struct wp_security_context_manager_v1 *manager;
	bool subcompositor, inspector;
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version) {
	struct client *client = data;
	if (strcmp(interface, wp_security_context_manager_v1_interface.name) == 0) {
		client->manager = wl_registry_bind(
			registry, name, &wp_security_context_manager_v1_interface, 1);
	}
	client->subcompositor |= strcmp(interface, "wl_subcompositor") == 0;
	client->inspector |= strcmp(interface, "zlatch_inspector_v2") == 0;
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name) {
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void pump(struct wl_display *server, struct client *client) {
	wire_pump(server, client->display, 6);
	assert_int_equal(wl_display_get_error(client->display), 0);
}

static void client_init(struct client *client, struct wl_display *server, int fd) {
	*client = (struct client){.display = wl_display_connect_to_fd(fd)};
	assert_non_null(client->display);
	client->registry = wl_display_get_registry(client->display);
	wl_registry_add_listener(client->registry, &registry_listener, client);
	pump(server, client);
}

static void client_finish(struct client *client) {
	if (client->manager != NULL) {
		wp_security_context_manager_v1_destroy(client->manager);
	}
	wl_registry_destroy(client->registry);
	wl_display_disconnect(client->display);
}

/* An abstract socket: nothing to remove. */
static void make_address(struct sockaddr_un *address, const char *app_id) {
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "latch-test-security-%d-%s",
		getpid(), app_id);
}

static void make_context(struct client *client, const struct sockaddr_un *address,
	const char *app_id, int close_fd) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)address, sizeof(*address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	struct wp_security_context_v1 *context =
		wp_security_context_manager_v1_create_listener(client->manager, fd, close_fd);
	wp_security_context_v1_set_sandbox_engine(context, "org.example.test");
	wp_security_context_v1_set_app_id(context, app_id);
	wp_security_context_v1_commit(context);
	wp_security_context_v1_destroy(context);
	wl_display_flush(client->display);
	close(fd);
}

static int connect_to(const struct sockaddr_un *address) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)address, sizeof(*address)), 0);
	return fd;
}

static void a_sandbox_hides_the_inspector(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	struct wl_display *server = wl_display_create();
	assert_true(latch_security_init(server));
	assert_non_null(wlr_subcompositor_create(server));
	struct latch_inspector *inspector =
		latch_inspector_create(server, &(struct latch_inspector_options){.data = NULL});
	assert_non_null(inspector);

	int fds[2], pipe_fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	struct client outside, inside;
	assert_non_null(wl_client_create(server, fds[0]));
	client_init(&outside, server, fds[1]);
	assert_true(outside.subcompositor);
	assert_true(outside.inspector);
	assert_non_null(outside.manager);

	struct sockaddr_un address;
	make_address(&address, "one");
	make_context(&outside, &address, "one", pipe_fds[0]);
	pump(server, &outside);
	client_init(&inside, server, connect_to(&address));
	assert_true(inside.subcompositor);
	assert_false(inside.inspector);
	assert_null(inside.manager);

	client_finish(&inside);
	client_finish(&outside);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	wl_display_destroy_clients(server);
	latch_inspector_destroy(inspector);
	wl_display_destroy(server);
}

/* Two connections of one, one of another, and one that is in none. */
static void a_sandbox_is_known_by_its_program(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	struct wl_display *server = wl_display_create();
	assert_true(latch_security_init(server));
	int fds[2], pipe_fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	struct client clients[4];
	struct wl_client *outside = wl_client_create(server, fds[0]);
	assert_int_equal(latch_security_sandbox(outside), 0);
	client_init(&clients[0], server, fds[1]);
	struct sockaddr_un one, other;
	make_address(&one, "one");
	make_address(&other, "other");
	make_context(&clients[0], &one, "one", pipe_fds[0]);
	make_context(&clients[0], &other, "other", pipe_fds[0]);
	pump(server, &clients[0]);
	client_init(&clients[1], server, connect_to(&one));
	client_init(&clients[2], server, connect_to(&one));
	client_init(&clients[3], server, connect_to(&other));

	uint64_t ids[4];
	size_t len = 0;
	struct wl_client *client;
	wl_client_for_each(client, wl_display_get_client_list(server)) {
		assert_true(len < 4);
		ids[len++] = latch_security_sandbox(client);
	}
	assert_int_equal(len, 4);
	assert_true(ids[0] == 0 && ids[1] != 0 && ids[3] != 0);
	assert_true(ids[1] == ids[2] && ids[1] != ids[3]);

	for (int i = 3; i >= 0; i--) {
		client_finish(&clients[i]);
	}
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	wl_display_destroy_clients(server);
	wl_display_destroy(server);
}

TEST_MAIN("security", UNIT(sandboxed_clients_see_less), UNIT(sandboxed_clients_see_enough),
	UNIT(a_sandbox_hides_the_inspector), UNIT(a_sandbox_is_known_by_its_program))
