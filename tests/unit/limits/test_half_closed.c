/* SPDX-License-Identifier: MIT */
/* Clients that have shut down their end of the connection, with and without half a message. */

#include <poll.h>
#include <sys/socket.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "limits/client.h"

static struct {
	struct wl_display *display;
	struct latch_clients *clients;
	int fd; // the client's
} f;

/* wl_display.sync, new id 2 */
static const uint32_t sync_request[] = {1, 12 << 16 | 0, 2};

static void add_client(void) {
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_non_null(wl_client_create(f.display, ends[0]));
	f.fd = ends[1];
}

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	f.display = wl_display_create();
	const struct latch_limits limits = latch_limits_default();
	f.clients = latch_clients_create(f.display, &limits, NULL);
	assert_non_null(f.clients);
	add_client();
	return 0;
}

static int teardown(void **state) {
	close(f.fd);
	wl_display_destroy_clients(f.display);
	latch_clients_destroy(f.clients);
	wl_display_destroy(f.display);
	return 0;
}

/* The loop comes to rest, with so many clients. */
static void assert_clients(int expected) {
	struct wl_event_loop *loop = wl_display_get_event_loop(f.display);
	struct pollfd pollfd = {.fd = wl_event_loop_get_fd(loop), .events = POLLIN};
	int rounds = 0;
	do {
		wl_event_loop_dispatch(loop, 0);
		wl_display_flush_clients(f.display);
		assert_true(++rounds <= 20);
	} while (poll(&pollfd, 1, 0) != 0);
	assert_int_equal(wl_list_length(wl_display_get_client_list(f.display)), expected);
}

static void test_half_message(void **state) {
	int other = f.fd;
	add_client();
	assert_int_equal(write(f.fd, sync_request, 5), 5);
	assert_clients(2); // the rest may come
	assert_int_equal(shutdown(f.fd, SHUT_WR), 0);
	assert_clients(1);
	close(other);
	assert_clients(0);
}

/* What was said before is answered. */
static void test_whole_message(void **state) {
	assert_int_equal(write(f.fd, sync_request, sizeof(sync_request)), sizeof(sync_request));
	assert_int_equal(write(f.fd, sync_request, 5), 5);
	assert_int_equal(shutdown(f.fd, SHUT_WR), 0);
	assert_clients(0);
	uint32_t done[3] = {0};
	assert_int_equal(recv(f.fd, done, sizeof(done), MSG_DONTWAIT), sizeof(done));
	assert_int_equal(done[0], 2); // wl_callback.done
}

/* Also when the clients are not looked after any more. */
static void test_clients_stay(void **state) {
	latch_clients_destroy(f.clients);
	f.clients = NULL;
	assert_int_equal(write(f.fd, sync_request, sizeof(sync_request)), sizeof(sync_request));
	assert_clients(1);
}

TEST_MAIN("limits-half_closed", TEST(test_half_message), TEST(test_whole_message),
	TEST(test_clients_stay))
