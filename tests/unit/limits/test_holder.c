/* SPDX-License-Identifier: MIT */
/* Fds run short: who holds most, in one connection or shared out among many, has to go. */

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "limits/client.h"
#include "limits/fds.h"

#define LIMIT 400 // RLIMIT_NOFILE; a quarter is the reserve
#define CONNECTIONS 5
#define EACH 40 // fds of a connection: fewer than LATCH_FDS_INNOCENT

/* Connections of a process that has gone: the kernel keeps with a socket who has connected it. Our
 * end is the first of each pair. */
static void connect_from_a_process(int sockets[][2], int len) {
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t size = sizeof(sa_family_t);
	const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	/* Without a name it gets one that is nobody else's. */
	assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(listener, len), 0);
	size = sizeof(address);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
	for (int i = 0; i < len; i++) {
		sockets[i][1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	const pid_t pid = fork();
	assert_true(pid >= 0);
	for (int i = 0; pid == 0 && i < len; i++) {
		if (connect(sockets[i][1], (struct sockaddr *)&address, size) != 0) {
			_exit(1);
		}
	}
	if (pid == 0) {
		_exit(0);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < len; i++) {
		sockets[i][0] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		assert_true(sockets[i][0] >= 0);
	}
	close(listener);
}

static struct wl_display *display;
static struct latch_clients *clients;
static rlim_t limit_before;

/* A connection; or, without an account, nobody who is known. */
struct holder {
	struct latch_account *account;
	int client_fd;
	int fds[LIMIT], len;
};

static struct holder holders[8], hogs;
static size_t holders_len;

/* Takes both ends. */
static struct holder *add_holder(const int sockets[2]) {
	struct holder *holder = &holders[holders_len++];
	holder->client_fd = sockets[1];
	holder->account =
		latch_account_ref(latch_account_find(wl_client_create(display, sockets[0])));
	return holder;
}

/* A connection of this process. */
static struct holder *add_own(void) {
	int sockets[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
	return add_holder(sockets);
}

static bool hold(struct holder *holder, int len) {
	for (int i = 0; i < len; i++) {
		if (!latch_account_charge(holder->account, LATCH_LIMIT_FDS, 1)) {
			return false;
		}
		holder->fds[holder->len] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(holder->fds[holder->len++] >= 0);
	}
	return true;
}

static void hold_until(struct holder *holder, size_t in_use) {
	while (latch_fds_look().in_use < in_use) {
		assert_true(hold(holder, 1));
	}
}

static void discharge(const struct holder *holder) {
	latch_account_discharge(holder->account, LATCH_LIMIT_FDS,
		latch_account_get(holder->account, LATCH_LIMIT_FDS));
}

static void drop(struct holder *holder) {
	discharge(holder);
	while (holder->len > 0) {
		close(holder->fds[--holder->len]);
	}
}

static bool is_ending(const struct holder *holder, const char *why) {
	return latch_account_is_ending(holder->account) &&
	       strstr(latch_account_refusal(holder->account), why) != NULL;
}

/* The loop ends who has to; so many are left. */
static void assert_clients(int expected) {
	wl_event_loop_dispatch(wl_display_get_event_loop(display), 0);
	assert_int_equal(wl_list_length(wl_display_get_client_list(display)), expected);
}

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	limit_before = test_limit_fds(LIMIT);
	display = wl_display_create();
	const struct latch_limits limits = latch_limits_default();
	clients = latch_clients_create(display, &limits, NULL);
	return 0;
}

static int teardown(void **state) {
	wl_display_destroy_clients(display);
	latch_clients_destroy(clients);
	/* Buffers can be on the screen for longer than all of these. */
	for (size_t i = 0; i < holders_len; i++) {
		drop(&holders[i]);
		latch_account_unref(holders[i].account);
		close(holders[i].client_fd);
	}
	holders_len = 0;
	drop(&hogs);
	wl_display_destroy(display);
	test_limit_fds(limit_before);
	return 0;
}

/* A browser that has more than any of these connections is not to blame; it may even ask. */
static void the_program_with_the_most_is_ended(void **state) {
	int many[CONNECTIONS][2], one[1][2];
	connect_from_a_process(many, CONNECTIONS);
	connect_from_a_process(one, 1);
	struct holder *greedy = holders, *browser;
	for (int i = 0; i < CONNECTIONS; i++) {
		add_holder(many[i]);
	}
	browser = add_holder(one[0]);
	const pid_t pid = latch_account_pid(greedy[0].account);
	assert_int_equal(latch_account_pid(greedy[1].account), pid);
	assert_int_not_equal(latch_account_pid(browser->account), pid);

	assert_true(hold(browser, 2 * EACH));
	for (int i = 0; i < CONNECTIONS; i++) {
		assert_true(hold(&greedy[i], EACH + (i == 2)));
	}
	/* Until the reserve is touched, and it is looked. */
	int ending = -1;
	while (ending < 0 && latch_fds_look().in_use < LIMIT - 10) {
		assert_true(hold(browser, 1));
		assert_false(latch_account_is_ending(browser->account));
		for (int i = 0; i < CONNECTIONS; i++) {
			ending = latch_account_is_ending(greedy[i].account) ? i : ending;
		}
	}
	assert_int_equal(ending, 2);
	assert_true(is_ending(&greedy[2], "it holds most: 41, with its other connections 201"));
	wl_event_loop_dispatch(wl_display_get_event_loop(display), 0);

	for (int i = 0; i < CONNECTIONS; i++) {
		discharge(&greedy[i]);
	}
	/* They have gone with what they held: now the browser holds most. */
	while (hold(browser, 1)) {
		assert_true(latch_fds_look().in_use < LIMIT - 10);
	}
}

static void the_connection_with_the_most_is_ended(void **state) {
	struct holder *big = add_own(), *good = add_own(), *other = add_own();
	/* Nobody may have more than half of what is not the reserve, 100 of 400. */
	assert_true(hold(other, 80));
	assert_true(hold(big, 120));
	assert_true(hold(good, 3));
	hold_until(&hogs, 300);
	/* Who asks is not who has most. It is at once when the reserve is touched, or as soon as
	 * it is looked. */
	while (good->len < 30 && !latch_account_is_ending(big->account)) {
		assert_true(hold(good, 1));
	}
	assert_true(is_ending(big, "it holds most: 120"));
	/* While it ends, what it has will be free: nobody else has to go. */
	assert_true(hold(good, 1));
	assert_false(latch_account_is_ending(other->account));
	assert_clients(2);

	/* The next one asks himself. */
	assert_false(hold(other, 1));
	assert_non_null(strstr(latch_account_refusal(other->account), "it holds most: 80"));
	latch_account_refuse(other->account);
	drop(big);
	drop(other);
	assert_true(hold(good, 1));

	/* Somebody holds many that nobody is charged for: who has few is not to blame. */
	hold_until(&hogs, 320);
	assert_true(good->len < LATCH_FDS_INNOCENT - 1);
	for (int i = 0; i < 300; i++) {
		assert_true(latch_account_charge(good->account, LATCH_LIMIT_FDS, 1));
		latch_account_discharge(good->account, LATCH_LIMIT_FDS, 1);
	}
	assert_false(latch_account_is_ending(good->account));
}

static void nobody_holds_more_than_its_share(void **state) {
	struct holder *holder = add_own();
	while (hold(holder, 1)) {
		assert_true(holder->len < 200);
	}
	assert_int_equal(holder->len, 150);
	assert_string_equal(latch_account_refusal(holder->account),
		"at most 150 file descriptors (--limits fds=N)");
}

TEST_MAIN("holder", TEST(the_program_with_the_most_is_ended),
	TEST(the_connection_with_the_most_is_ended), TEST(nobody_holds_more_than_its_share))
