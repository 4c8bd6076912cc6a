/* Clients that have shut down their end of the connection, with and without half a message. */

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "limits/client.h"

struct fixture {
	struct wl_display *display;
	struct latch_clients *clients;
	int fd; // the client's
};

/* wl_display.sync, new id 2 */
static const uint32_t sync_request[] = {1, 12 << 16 | 0, 2};

static void add_client(struct fixture *f) {
	int ends[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_non_null(wl_client_create(f->display, ends[0]));
	f->fd = ends[1];
}

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	f->display = wl_display_create();
	const struct latch_limits limits = latch_limits_default();
	f->clients = latch_clients_create(f->display, &limits, NULL);
	assert_non_null(f->clients);
	add_client(f);
	*state = f;
	return 0;
}

static int teardown(void **state) {
	struct fixture *f = *state;
	close(f->fd);
	wl_display_destroy_clients(f->display);
	latch_clients_destroy(f->clients);
	wl_display_destroy(f->display);
	free(f);
	return 0;
}

/* Returns whether the loop has come to rest. */
static bool dispatch(struct fixture *f) {
	struct wl_event_loop *loop = wl_display_get_event_loop(f->display);
	struct pollfd pollfd = {.fd = wl_event_loop_get_fd(loop), .events = POLLIN};
	for (int i = 0; i < 20; i++) {
		wl_event_loop_dispatch(loop, 0);
		wl_display_flush_clients(f->display);
		if (poll(&pollfd, 1, 0) == 0) {
			return true;
		}
	}
	return false;
}

static int count_clients(struct fixture *f) {
	return wl_list_length(wl_display_get_client_list(f->display));
}

static void test_half_message(void **state) {
	struct fixture *f = *state;
	int other = f->fd;
	add_client(f);
	assert_int_equal(write(f->fd, sync_request, 5), 5);
	assert_true(dispatch(f));
	assert_int_equal(count_clients(f), 2); // the rest may come
	assert_int_equal(shutdown(f->fd, SHUT_WR), 0);
	assert_true(dispatch(f));
	assert_int_equal(count_clients(f), 1);
	close(other);
	assert_true(dispatch(f));
	assert_int_equal(count_clients(f), 0);
}

/* What was said before is answered. */
static void test_whole_message(void **state) {
	struct fixture *f = *state;
	assert_int_equal(write(f->fd, sync_request, sizeof(sync_request)), sizeof(sync_request));
	assert_int_equal(write(f->fd, sync_request, 5), 5);
	assert_int_equal(shutdown(f->fd, SHUT_WR), 0);
	assert_true(dispatch(f));
	assert_int_equal(count_clients(f), 0);
	uint32_t done[3] = {0};
	assert_int_equal(recv(f->fd, done, sizeof(done), MSG_DONTWAIT), sizeof(done));
	assert_int_equal(done[0], 2); // wl_callback.done
}

static void test_clients_stay(void **state) {
	struct fixture *f = *state;
	latch_clients_destroy(f->clients);
	f->clients = NULL;
	assert_int_equal(write(f->fd, sync_request, sizeof(sync_request)), sizeof(sync_request));
	assert_true(dispatch(f));
	assert_int_equal(count_clients(f), 1);
}

TEST_MAIN("limits-half_closed", TEST(test_half_message), TEST(test_whole_message),
	TEST(test_clients_stay))
