/* Fds run short, and a program has shared them out among many connections. */

#include <stdalign.h>

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

#include "../test.h"
#include "limits/client.h"
#include "limits/fds.h"

#define LIMIT 400 // RLIMIT_NOFILE; a quarter is the reserve
#define CONNECTIONS 5
#define EACH 40 // fds of a connection: fewer than LATCH_FDS_INNOCENT

/* A process that has made this many sockets, and gone: the kernel keeps its id with them. */
static void connect_from_a_process(int sockets[][2], int len) {
	int control[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, control), 0);
	struct {
		alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof(int[CONNECTIONS][2]))];
	} buffer = {0};
	size_t size = (size_t)len * sizeof(sockets[0]);
	char byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = buffer.space,
		.msg_controllen = CMSG_SPACE(size),
	};
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		for (int i = 0; i < len; i++) {
			if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]) != 0) {
				_exit(1);
			}
		}
		struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(header), sockets, size);
		_exit(sendmsg(control[0], &msg, 0) == 1 ? 0 : 1);
	}
	assert_int_equal(recvmsg(control[1], &msg, 0), 1);
	memcpy(sockets, CMSG_DATA(CMSG_FIRSTHDR(&msg)), size);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(control[0]);
	close(control[1]);
}

static int held[LIMIT], held_len;

static bool hold(struct latch_account *account, int len) {
	for (int i = 0; i < len; i++) {
		if (!latch_account_charge(account, LATCH_LIMIT_FDS, 1)) {
			return false;
		}
		held[held_len] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		assert_true(held[held_len++] >= 0);
	}
	return true;
}

static struct rlimit before;

static int setup(void **state) {
	wlr_log_init(WLR_SILENT, NULL);
	if (getrlimit(RLIMIT_NOFILE, &before) != 0) {
		return -1;
	}
	const struct rlimit small = {.rlim_cur = LIMIT, .rlim_max = before.rlim_max};
	return setrlimit(RLIMIT_NOFILE, &small);
}

static int teardown(void **state) {
	while (held_len > 0) {
		close(held[--held_len]);
	}
	return setrlimit(RLIMIT_NOFILE, &before);
}

/* A browser that has more than any of these connections is not to blame; it may even ask. */
static void the_program_with_the_most_is_ended(void **state) {
	struct wl_display *display = wl_display_create();
	const struct latch_limits limits = latch_limits_default();
	struct latch_clients *clients = latch_clients_create(display, &limits, NULL);
	int many[CONNECTIONS][2], one[1][2];
	connect_from_a_process(many, CONNECTIONS);
	connect_from_a_process(one, 1);
	struct latch_account *greedy[CONNECTIONS];
	for (int i = 0; i < CONNECTIONS; i++) {
		greedy[i] = latch_account_ref(
			latch_account_find(wl_client_create(display, many[i][0])));
	}
	struct latch_account *browser =
		latch_account_ref(latch_account_find(wl_client_create(display, one[0][0])));
	assert_int_not_equal(latch_account_pid(browser), latch_account_pid(greedy[0]));
	assert_int_equal(latch_account_pid(greedy[1]), latch_account_pid(greedy[0]));

	assert_true(hold(browser, 2 * EACH));
	for (int i = 0; i < CONNECTIONS; i++) {
		assert_true(hold(greedy[i], EACH + (i == 2)));
	}
	/* Until the reserve is touched, and it is looked. */
	int ending = -1;
	while (ending < 0 && latch_fds_look().in_use < LIMIT - 10) {
		assert_true(hold(browser, 1));
		assert_false(latch_account_is_ending(browser));
		for (int i = 0; i < CONNECTIONS; i++) {
			ending = latch_account_is_ending(greedy[i]) ? i : ending;
		}
	}
	assert_int_equal(ending, 2);
	assert_non_null(strstr(latch_account_refusal(greedy[2]),
		"it holds most: 41, with its other connections 201"));
	wl_event_loop_dispatch(wl_display_get_event_loop(display), 0);

	for (int i = 0; i < CONNECTIONS; i++) {
		latch_account_discharge(greedy[i], LATCH_LIMIT_FDS,
			latch_account_get(greedy[i], LATCH_LIMIT_FDS));
	}
	/* They have gone with what they held: now the browser holds most. */
	while (hold(browser, 1)) {
		assert_true(latch_fds_look().in_use < LIMIT - 10);
	}
	wl_display_destroy_clients(display);
	latch_clients_destroy(clients);
	/* Buffers can be on the screen for longer than all of these. */
	for (int i = 0; i < CONNECTIONS; i++) {
		latch_account_unref(greedy[i]);
		close(many[i][1]);
	}
	latch_account_discharge(
		browser, LATCH_LIMIT_FDS, latch_account_get(browser, LATCH_LIMIT_FDS));
	latch_account_unref(browser);
	close(one[0][1]);
	wl_display_destroy(display);
}

TEST_MAIN("holder", TEST(the_program_with_the_most_is_ended))
