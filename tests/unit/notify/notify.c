/* SPDX-License-Identifier: MIT */
/* What a service manager hears, at its socket, and what it doesn't. */

#include "notify.h"

#include <poll.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "base/clock.h"

static struct {
	struct wl_event_loop *loop;
	struct latch_notify notify;
	int manager;
	char name[64]; // of its socket, as NOTIFY_SOCKET has it
} f;

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	f.loop = wl_event_loop_create();
	f.manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	snprintf(f.name, sizeof(f.name), "/tmp/latch-notify-%d", (int)getpid());
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return 0;
}

static int teardown(void **state) {
	latch_notify_finish(&f.notify);
	wl_event_loop_destroy(f.loop);
	close(f.manager);
	unlink(f.name);
	return 0;
}

/* The manager listens there, and latch is started by it. */
static void start_by(const char *name, const char *watchdog_us, const char *watchdog_pid) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, name, strlen(name));
	if (name[0] == '@') {
		address.sun_path[0] = '\0';
	}
	const size_t size = offsetof(struct sockaddr_un, sun_path) + strlen(name);
	assert_int_equal(bind(f.manager, (struct sockaddr *)&address, (socklen_t)size), 0);
	setenv("NOTIFY_SOCKET", name, true);
	if (watchdog_us != NULL) {
		setenv("WATCHDOG_USEC", watchdog_us, true);
	}
	if (watchdog_pid != NULL) {
		setenv("WATCHDOG_PID", watchdog_pid, true);
	}
	latch_notify_init(&f.notify, f.loop);
}

/* The next that it was told is this; NULL: nothing. */
static void assert_told(const char *expected) {
	char state[64];
	const ssize_t length = recv(f.manager, state, sizeof(state) - 1, 0);
	if (expected == NULL) {
		assert_int_equal(length, -1);
		return;
	}
	assert_true(length > 0);
	state[length] = '\0';
	assert_string_equal(state, expected);
}

/* Lets the loop turn for so long, and returns when the manager was told first. */
static int64_t run(int64_t ms) {
	const int64_t end_ns = latch_now_ns() + ms * MS;
	int64_t told_ns = 0;
	struct pollfd pollfd = {.fd = f.manager, .events = POLLIN};
	do {
		wl_event_loop_dispatch(f.loop, 1);
		if (told_ns == 0 && poll(&pollfd, 1, 0) == 1) {
			told_ns = latch_now_ns();
		}
	} while (latch_now_ns() < end_ns);
	return told_ns;
}

static void test_nobody_asks(void **state) {
	latch_notify_init(&f.notify, f.loop);
	latch_notify_ready(&f.notify);
	latch_notify_stopping(&f.notify);
	assert_int_equal(f.notify.fd, -1);
	assert_null(f.notify.timer);
}

static void test_watchdog_without_socket(void **state) {
	setenv("WATCHDOG_USEC", "1000", true);
	latch_notify_init(&f.notify, f.loop);
	assert_null(f.notify.timer);
	assert_null(getenv("WATCHDOG_USEC"));
}

static void test_ready_once(void **state) {
	start_by(f.name, NULL, NULL);
	assert_null(f.notify.timer);
	assert_null(getenv("NOTIFY_SOCKET"));
	assert_told(NULL);
	latch_notify_ready(&f.notify);
	latch_notify_ready(&f.notify);
	assert_told("READY=1");
	assert_told(NULL);
	latch_notify_stopping(&f.notify);
	assert_told("STOPPING=1");
}

static void test_abstract_name(void **state) {
	char name[80];
	snprintf(name, sizeof(name), "@%s", f.name);
	start_by(name, NULL, NULL);
	latch_notify_ready(&f.notify);
	assert_told("READY=1");
}

static void test_bad_names(void **state) {
	char longer[sizeof(f.notify.address.sun_path) + 2];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		setenv("NOTIFY_SOCKET", (const char *[]){"", "vsock:2:1", longer}[i], true);
		setenv("WATCHDOG_USEC", "1000", true);
		latch_notify_init(&f.notify, f.loop);
		assert_int_equal(f.notify.fd, -1);
		assert_null(f.notify.timer);
	}
}

/* The manager is busy and its queue full: latch does not wait, and tells it later. */
static void test_full_queue(void **state) {
	start_by(f.name, NULL, NULL);
	int told = 0;
	do {
		f.notify.ready = false;
		latch_notify_ready(&f.notify);
		told += f.notify.ready;
		assert_true(told < 10000);
	} while (f.notify.ready);
	assert_true(told > 0);
	for (int i = 0; i < told; i++) {
		assert_told("READY=1");
	}
	latch_notify_ready(&f.notify);
	assert_told("READY=1");
}

static void test_watchdog(void **state) {
	char pid[16];
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	const int64_t begin_ns = latch_now_ns();
	start_by(f.name, "80000", pid);
	assert_int_equal(f.notify.period_ms, 40);
	assert_null(getenv("WATCHDOG_USEC"));
	assert_null(getenv("WATCHDOG_PID"));
	const int64_t told_ns = run(150);
	/* Not at once, and again each time. */
	assert_true(told_ns - begin_ns >= 39 * MS);
	assert_told("WATCHDOG=1");
	assert_told("WATCHDOG=1");
}

static void test_watchdogs_that_are_not_ours(void **state) {
	start_by(f.name, "2000", "1");
	assert_null(f.notify.timer);
	latch_notify_ready(&f.notify);
	assert_told("READY=1");
	assert_int_equal(run(10), 0);
	setenv("NOTIFY_SOCKET", f.name, true);
	setenv("WATCHDOG_USEC", "nonsense", true);
	unsetenv("WATCHDOG_PID");
	latch_notify_finish(&f.notify);
	latch_notify_init(&f.notify, f.loop);
	assert_null(f.notify.timer);
}

TEST_MAIN("notify", TEST(test_nobody_asks), TEST(test_watchdog_without_socket),
	TEST(test_ready_once), TEST(test_abstract_name), TEST(test_bad_names),
	TEST(test_full_queue), TEST(test_watchdog), TEST(test_watchdogs_that_are_not_ours))
