/* The Wayland socket: its name and lock, and clients that wait while fds are short. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "limits/fds.h"
#include "limits/listen.h"

static char dir[64];

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	strcpy(dir, "/tmp/latch-listen-XXXXXX");
	assert_non_null(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, true);
	return 0;
}

/* Nothing may be left in it. */
static int teardown(void **state) {
	return rmdir(dir);
}

static bool exists(const char *name) {
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	struct stat st;
	return lstat(path, &st) == 0;
}

static int connect_to(const char *name) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", dir, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int count_clients(struct wl_display *display) {
	return wl_list_length(wl_display_get_client_list(display));
}

static void dispatch(struct wl_display *display, int ms) {
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		wl_event_loop_dispatch(wl_display_get_event_loop(display), 2);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 <
		 ms);
}

static void test_names(void **state) {
	struct wl_display *display = wl_display_create();
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
	dispatch(display, 2);
	assert_int_equal(count_clients(display), 1);
	close(fd);
	latch_listen_destroy(first);
	latch_listen_destroy(second);
	latch_listen_destroy(named);
	assert_false(exists("mine") || exists("mine.lock") || exists("wayland-0"));
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
}

static void test_bad_names(void **state) {
	struct wl_display *display = wl_display_create();
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
	wl_display_destroy(display);
}

/* A compositor that was killed leaves its socket, but no lock. */
static void test_stale_socket(void **state) {
	struct wl_display *display = wl_display_create();
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/wayland-0", dir);
	int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
	close(stale);
	struct latch_listen *listener = latch_listen_create(display, NULL);
	assert_string_equal(latch_listen_name(listener), "wayland-0");
	int fd = connect_to("wayland-0");
	dispatch(display, 2);
	assert_int_equal(count_clients(display), 1);
	close(fd);
	latch_listen_destroy(listener);
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
}

static void test_waits_while_fds_are_short(void **state) {
	struct rlimit before, small;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	small = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	struct wl_display *display = wl_display_create();
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
		dispatch(display, 2);
	}
	assert_int_equal(count_clients(display), 0);

	/* Nobody asks all the time: the loop sleeps between two looks. */
	struct timespec cpu_before, cpu_after;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_before);
	dispatch(display, LATCH_LISTEN_RETRY_MS);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu_after);
	assert_true((cpu_after.tv_sec - cpu_before.tv_sec) * 1000000000 + cpu_after.tv_nsec -
			    cpu_before.tv_nsec <
		    LATCH_LISTEN_RETRY_MS * 1000000 / 4);

	while (len > 0) {
		close(hogs[--len]);
	}
	dispatch(display, 2 * LATCH_LISTEN_RETRY_MS);
	assert_int_equal(count_clients(display), 3);
	for (int i = 0; i < 3; i++) {
		close(clients[i]);
	}
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	latch_listen_destroy(listener);
	wl_display_destroy_clients(display);
	wl_display_destroy(display);
}

TEST_MAIN("limits-listen", TEST(test_names), TEST(test_bad_names), TEST(test_stale_socket),
	TEST(test_waits_while_fds_are_short))
