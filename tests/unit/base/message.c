/* SPDX-License-Identifier: MIT */
/* Messages with fds: all of them come, or none does and none is left open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../test.h"
#include "base/message.h"

static int sockets[2];

static int setup(void **state) {
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets);
}

static int teardown(void **state) {
	close(sockets[0]);
	return close(sockets[1]);
}

static int open_fds(void) {
	int len = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (readdir(dir) != NULL) {
		len++;
	}
	closedir(dir);
	return len;
}

/* The text "hello" with so many fds. */
static void send_hello(size_t fds_len) {
	int fds[LATCH_MESSAGE_FDS];
	for (size_t i = 0; i < fds_len; i++) {
		fds[i] = STDIN_FILENO;
	}
	assert_int_equal(latch_message_send(sockets[0], "hello", 5, fds, fds_len, 0), 5);
}

static void test_all_come(void **state) {
	static const size_t lens[] = {0, 1, 4, LATCH_MESSAGE_FDS};
	for (size_t i = 0; i < LEN(lens); i++) {
		int fds[LATCH_MESSAGE_FDS];
		size_t len;
		char text[8];
		send_hello(lens[i]);
		assert_int_equal(latch_message_receive(
					 sockets[1], text, sizeof(text), fds, lens[i], &len, 0),
			5);
		assert_memory_equal(text, "hello", 5);
		assert_int_equal(len, lens[i]);
		for (size_t j = 0; j < len; j++) {
			assert_int_equal(fcntl(fds[j], F_GETFD), FD_CLOEXEC);
			close(fds[j]);
		}
	}
}

/* Too many fds, none of which has room, or a text that is too long. */
static void test_what_does_not_fit(void **state) {
	static const struct {
		size_t sent, room, size;
	} cases[] = {{1, 0, 8}, {3, 2, 8}, {2, 1, 8}, {2, 4, 4}, {0, 0, 4}};
	const int before = open_fds();
	for (size_t i = 0; i < LEN(cases); i++) {
		int fds[LATCH_MESSAGE_FDS];
		size_t len = 1;
		char text[8];
		send_hello(cases[i].sent);
		assert_int_equal(latch_message_receive(sockets[1], text, cases[i].size, fds,
					 cases[i].room, &len, 0),
			-1);
		assert_int_equal(errno, EMSGSIZE);
		assert_int_equal(len, 0);
		assert_int_equal(open_fds(), before);
	}
}

static void test_nobody_is_there(void **state) {
	int fd;
	size_t len = 1;
	char text[8];
	assert_int_equal(latch_message_receive(
				 sockets[1], text, sizeof(text), &fd, 1, &len, MSG_DONTWAIT),
		-1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(len, 0);
	close(sockets[1]);
	assert_int_equal(latch_message_send(sockets[0], "hello", 5, NULL, 0, 0), -1);
	assert_int_equal(errno, EPIPE);
	sockets[1] = dup(sockets[0]);
}

TEST_MAIN("base-message", TEST(test_all_come), TEST(test_what_does_not_fit),
	TEST(test_nobody_is_there))
