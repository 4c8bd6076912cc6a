/* SPDX-License-Identifier: MIT */
/* The Wayland socket: its name and lock, and clients that wait while fds are short. */

#include <sys/socket.h>
#include <sys/un.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "base/clock.h"
#include "limits/fds.h"
#include "limits/listen.h"

static char dir[64];
static struct wl_display *display;

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	strcpy(dir, "/tmp/latch-listen-XXXXXX");
	assert_non_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, true);
	display = wl_display_create();
	return 0;
}

/* Nothing may be left in the folder. */
static int teardown(void **state) {
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
	return rmdir(dir);
}

static bool exists(const char *name) {
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static struct sockaddr_un address_of(const char *name) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir, name);
	return address;
}

static int connect_to(const char *name) {
	const struct sockaddr_un address = address_of(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* So many clients have come after a while. */
static void assert_clients(int expected, int ms) {
	int64_t end_ns = latch_now_ns() + ms * INT64_C(1000000);
	do {
		wl_event_loop_dispatch(wl_display_get_event_loop(display), 2);
	} while (latch_now_ns() < end_ns);
	assert_int_equal(wl_list_length(wl_display_get_client_list(display)), expected);
}

/* They come when this computer has time for it. */
static void assert_clients_come(int expected) {
	const int64_t end_ns = latch_now_ns() + INT64_C(30000000000);
	struct wl_list *clients = wl_display_get_client_list(display);
	while (wl_list_length(clients) < expected && latch_now_ns() < end_ns) {
		wl_event_loop_dispatch(wl_display_get_event_loop(display), LATCH_LISTEN_RETRY_MS);
	}
	assert_int_equal(wl_list_length(clients), expected);
}

static void test_names(void **state) {
	struct latch_listen *first = latch_listen_create(display, NULL);
	struct latch_listen *second = latch_listen_create(display, NULL);
	struct latch_listen *named = latch_listen_create(display, "mine");
	assert_string_equal(latch_listen_name(first), "wayland-0");
	assert_string_equal(latch_listen_name(second), "wayland-1");
	assert_string_equal(latch_listen_name(named), "mine");
	assert_true(exists("mine") && exists("mine.lock") && exists("wayland-1.lock"));

	assert_null(latch_listen_create(display, "mine"));
	assert_int_equal(errno, EADDRINUSE);
	assert_true(exists("mine") && exists("mine.lock"));
	/* libwayland respects the lock too. */
	assert_int_equal(wl_display_add_socket(display, "mine"), -1);

	int fd = connect_to("mine");
	assert_clients_come(1);
	close(fd);
	latch_listen_destroy(first);
	latch_listen_destroy(second);
	latch_listen_destroy(named);
	assert_false(exists("mine") || exists("mine.lock") || exists("wayland-0"));
}

static void test_bad_names(void **state) {
	char name[200];
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_null(latch_listen_create(display, name));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_null(latch_listen_create(display, "no/such/folder"));
	assert_int_equal(errno, ENOENT);
	unsetenv("XDG_RUNTIME_DIR");
	assert_null(latch_listen_create(display, NULL));
	assert_int_equal(errno, ENOENT);
	setenv("XDG_RUNTIME_DIR", dir, true);
}

/* A compositor that was killed leaves its socket, but no lock. */
static void test_stale_socket(void **state) {
	const struct sockaddr_un address = address_of("wayland-0");
	int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
	close(stale);
	struct latch_listen *listener = latch_listen_create(display, NULL);
	assert_string_equal(latch_listen_name(listener), "wayland-0");
	int fd = connect_to("wayland-0");
	assert_clients_come(1);
	close(fd);
	latch_listen_destroy(listener);
}

static void test_waits_while_fds_are_short(void **state) {
	const rlim_t before = test_limit_fds(200);
	struct latch_listen *listener = latch_listen_create(display, NULL);
	assert_non_null(listener);

	int hogs[200], len = 0, clients[3];
	while (latch_fds_look().in_use < 102) {
		hogs[len++] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	/* 200 less twice the reserve of 50; a connection takes three here: both ends, and the
	 * duplicate that libwayland polls. */
	for (int i = 0; i < 3; i++) {
		clients[i] = connect_to("wayland-0");
		assert_clients(0, 2);
	}

	/* Nobody asks all the time: the loop sleeps between two looks. */
	const int64_t cpu_ns = latch_cpu_ns();
	assert_clients(0, LATCH_LISTEN_RETRY_MS);
	assert_true(latch_cpu_ns() - cpu_ns < LATCH_LISTEN_RETRY_MS * 1000000 / 4);

	while (len > 0) {
		close(hogs[--len]);
	}
	assert_clients_come(3);
	for (int i = 0; i < 3; i++) {
		close(clients[i]);
	}
	test_limit_fds(before);
	latch_listen_destroy(listener);
}

TEST_MAIN("limits-listen", TEST(test_names), TEST(test_bad_names), TEST(test_stale_socket),
	TEST(test_waits_while_fds_are_short))
