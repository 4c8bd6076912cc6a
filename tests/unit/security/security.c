/* SPDX-License-Identifier: MIT */
/*
 * Which globals a sandboxed client sees: the decision, and a real client that makes a security
 * context with another one inside.
 */
#include <sys/un.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "../wire.h"
#include "inspect/inspector.h"
#include "latch-inspector-unstable-v2-client-protocol.h"
#include "limits/security.h"
#include "security-context-v1-client-protocol.h"

static void sandboxed_clients_see_less(void **state) {
	static const char *const hidden[] = {"zlatch_inspector_v2",
		"wp_security_context_manager_v1", "zwlr_screencopy_manager_v1",
		"ext_image_copy_capture_manager_v1", "zwlr_export_dmabuf_manager_v1",
		"zwlr_output_manager_v1", "zwlr_output_power_manager_v1",
		"zwp_virtual_keyboard_manager_v1", "zwlr_virtual_pointer_manager_v1",
		"zwlr_data_control_manager_v1", "ext_data_control_manager_v1",
		"zwp_input_method_manager_v2", "zwlr_layer_shell_v1"};
	/* Without these a client can't show anything, or it shows it worse. */
	static const char *const shown[] = {"wl_compositor", "wl_subcompositor", "wl_shm",
		"wl_seat", "wl_output", "wl_data_device_manager", "xdg_wm_base", "wp_presentation",
		"wp_viewporter", "zwp_linux_dmabuf_v1", "wp_linux_drm_syncobj_manager_v1",
		"zwp_linux_explicit_synchronization_v1"};
	for (size_t i = 0; i < LEN(hidden); i++) {
		assert_false(latch_security_allows(hidden[i], true));
		assert_true(latch_security_allows(hidden[i], false));
	}
	for (size_t i = 0; i < LEN(shown); i++) {
		assert_true(latch_security_allows(shown[i], true));
		assert_true(latch_security_allows(shown[i], false));
	}
}

struct client {
	struct wl_display *display;
	/* NULL: not seen. */
	struct wp_security_context_manager_v1 *manager;
	struct wl_subcompositor *subcompositor;
	struct zlatch_inspector_v2 *inspector;
};

static struct wl_display *server;
static struct latch_inspector *inspector;
static int close_fds[2];
/* The first one is in no sandbox. */
static struct client clients[4];

static void pump(const struct client *client) {
	wire_pump(server, client->display, 6);
	assert_int_equal(wl_display_get_error(client->display), 0);
}

static void client_init(struct client *client) {
	pump(client); // the server takes it in
	wire_bind(server, client->display,
		(struct wire_global[]){
			{&wp_security_context_manager_v1_interface, 1, &client->manager, 0},
			{&wl_subcompositor_interface, 1, &client->subcompositor, 0},
			{&zlatch_inspector_v2_interface, 1, &client->inspector, 0},
			{0},
		});
	pump(client);
	assert_non_null(client->subcompositor);
}

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	server = wl_display_create();
	assert_true(latch_security_init(server));
	assert_non_null(wlr_subcompositor_create(server));
	inspector = latch_inspector_create(server, &(struct latch_inspector_options){0});
	assert_non_null(inspector);
	assert_int_equal(pipe(close_fds), 0);
	memset(clients, 0, sizeof(clients));
	assert_int_equal(latch_security_sandbox(wire_connect(server, &clients[0].display)), 0);
	client_init(&clients[0]);
	return 0;
}

static int teardown(void **state) {
	for (int i = 3; i >= 0; i--) {
		void *proxies[] = {
			clients[i].manager, clients[i].subcompositor, clients[i].inspector};
		for (int j = 0; j < 3; j++) {
			if (proxies[j] != NULL) {
				wl_proxy_destroy(proxies[j]);
			}
		}
		if (clients[i].display != NULL) {
			wl_display_disconnect(clients[i].display);
		}
	}
	close(close_fds[0]);
	close(close_fds[1]);
	wl_display_destroy_clients(server);
	latch_inspector_destroy(inspector);
	wl_display_destroy(server);
	return 0;
}

/* An abstract socket: nothing to remove. Returns one that listens there, or is connected to it. */
static int open_socket(const char *app_id, bool listens) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "latch-test-security-%d-%s",
		getpid(), app_id);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	const struct sockaddr *any = (const struct sockaddr *)&address;
	if (listens) {
		assert_int_equal(bind(fd, any, sizeof(address)), 0);
		assert_int_equal(listen(fd, 4), 0);
	} else {
		assert_int_equal(connect(fd, any, sizeof(address)), 0);
	}
	return fd;
}

static void make_sandbox(const char *app_id) {
	int fd = open_socket(app_id, true);
	struct wp_security_context_v1 *context = wp_security_context_manager_v1_create_listener(
		clients[0].manager, fd, close_fds[0]);
	wp_security_context_v1_set_sandbox_engine(context, "org.example.test");
	wp_security_context_v1_set_app_id(context, app_id);
	wp_security_context_v1_commit(context);
	wp_security_context_v1_destroy(context);
	pump(&clients[0]);
	close(fd);
}

static void add_client(struct client *client, const char *app_id) {
	client->display = wl_display_connect_to_fd(open_socket(app_id, false));
	assert_non_null(client->display);
	client_init(client);
}

static void a_sandbox_hides_the_inspector(void **state) {
	assert_non_null(clients[0].inspector);
	assert_non_null(clients[0].manager);
	make_sandbox("one");
	add_client(&clients[1], "one");
	assert_null(clients[1].inspector);
	assert_null(clients[1].manager);
}

/* Two connections of one, one of another, and one that is in none. */
static void a_sandbox_is_known_by_its_program(void **state) {
	make_sandbox("one");
	make_sandbox("other");
	add_client(&clients[1], "one");
	add_client(&clients[2], "one");
	add_client(&clients[3], "other");

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
}

TEST_MAIN("security", UNIT(sandboxed_clients_see_less), TEST(a_sandbox_hides_the_inspector),
	TEST(a_sandbox_is_known_by_its_program))
