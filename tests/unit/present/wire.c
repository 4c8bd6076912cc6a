/* SPDX-License-Identifier: MIT */
/* latch-present's pipes: messages and fds come out as they went in, however they are cut. */
#include "../test.h"
#include "wire.h"

#include <sys/socket.h>
#include <sys/stat.h>

static int client[2], server[2]; /* [0] is the other side's */
static struct wire_pipe *wire;

static int setup(void **state) {
	wire = calloc(1, sizeof(*wire));
	assert_non_null(wire);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, client), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, server), 0);
	return 0;
}

static int teardown(void **state) {
	wire_finish(wire);
	free(wire);
	for (int i = 0; i < 2; i++) {
		close(client[i]);
		close(server[i]);
	}
	return 0;
}

/* Passes all on that is there; returns how many messages these were. */
static int pass(void) {
	struct wire_message message;
	int messages = 0;
	assert_true(wire_receive(wire, client[1]) > 0);
	for (; wire_next(wire, &message); messages++) {
		wire_put(wire, message.object, message.opcode, message.args, message.words * 4);
	}
	assert_int_equal(wire_send(wire, server[1]), 0);
	return messages;
}

/* A memfd of this size, with bytes. */
static void send_fds(const void *bytes, size_t size, int fds) {
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} control = {0};
	struct iovec part = {(void *)(uintptr_t)bytes, size};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
	header.msg_controllen = CMSG_SPACE((size_t)fds * sizeof(int));
	control.align = (struct cmsghdr){.cmsg_len = CMSG_LEN((size_t)fds * sizeof(int)),
		.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
	int sent[64];
	for (int i = 0; i < fds; i++) {
		sent[i] = memfd_create("sent", MFD_CLOEXEC);
		assert_int_equal(ftruncate(sent[i], i + 1), 0);
	}
	memcpy(CMSG_DATA(&control.align), sent, (size_t)fds * sizeof(int));
	assert_int_equal(sendmsg(client[0], &header, 0), (ssize_t)size);
	for (int i = 0; i < fds; i++) {
		close(sent[i]);
	}
}

/* Receives as libwayland does, with room for 28 fds in one go. Returns the bytes; checks the fds. */
static size_t receive(uint8_t *bytes, size_t room, int *next_fd) {
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(WIRE_SEND_FDS * sizeof(int))];
	} control;
	struct iovec part = {bytes, room};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control)};
	const ssize_t n = recvmsg(server[0], &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	assert_int_equal(header.msg_flags & MSG_CTRUNC, 0);
	struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&header) : NULL;
	for (size_t i = 0; c != NULL && CMSG_LEN(i * sizeof(int)) < c->cmsg_len; i++) {
		int fd;
		struct stat st;
		memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, ++*next_fd);
		close(fd);
	}
	return n > 0 ? (size_t)n : 0;
}

static const uint32_t three[] = {
	7, 8 << 16 | 6,
	9, 16 << 16 | 2, 11, 12,
	0xff000001, 12 << 16 | 1, 5,
};

static void as_they_were_wherever_they_are_cut(void **state) {
	for (size_t cut = 1; cut < sizeof(three); cut++) {
		uint8_t got[64];
		int fds = 0;
		assert_int_equal(send(client[0], three, cut, 0), cut);
		int messages = pass();
		const uint8_t *rest = (const uint8_t *)three + cut;
		assert_int_equal(send(client[0], rest, sizeof(three) - cut, 0), sizeof(three) - cut);
		messages += pass();
		assert_int_equal(messages, 3);
		assert_int_equal(receive(got, sizeof(got), &fds), sizeof(three));
		assert_memory_equal(got, three, sizeof(three));
	}
}

/* 60 come at once, which no libwayland sends, and none is lost; also with half a message. */
static void fds_go_along_in_order(void **state) {
	for (size_t cut = 4; cut <= sizeof(three); cut += 4) {
		uint8_t got[64];
		int fds = 0;
		size_t bytes = 0, n;
		send_fds(three, cut, 60);
		int messages = pass();
		if (cut < sizeof(three)) {
			const uint8_t *rest = (const uint8_t *)three + cut;
			send(client[0], rest, sizeof(three) - cut, 0);
			messages += pass();
		}
		while ((n = receive(got + bytes, sizeof(got) - bytes, &fds)) > 0) {
			bytes += n;
		}
		assert_int_equal(messages, 3);
		assert_int_equal(bytes, sizeof(three));
		assert_int_equal(fds, 60);
		assert_memory_equal(got, three, sizeof(three));
		assert_int_equal(wire->fds_length, 0);
	}
}

static void what_is_no_message_goes_by(void **state) {
	const uint32_t broken[] = {7, 6 << 16, 0xffffffff, 1};
	uint8_t got[64];
	int fds = 0;
	send(client[0], broken, sizeof(broken), 0);
	assert_int_equal(pass(), 0);
	send(client[0], three, sizeof(three), 0);
	assert_int_equal(pass(), 0);
	assert_int_equal(receive(got, sizeof(got), &fds), sizeof(broken) + sizeof(three));
	assert_memory_equal(got, broken, sizeof(broken));
}

static void what_the_socket_does_not_take_stays(void **state) {
	uint8_t got[4096];
	int fds = 0;
	size_t sent = 0, received = 0, n;
	for (int i = 0; i < 1000 && wire->out_length == 0; i++) {
		for (int j = 0; j < 50; j++) {
			sent += (size_t)send(client[0], three, sizeof(three), 0);
		}
		pass();
	}
	assert_true(wire->out_length > 0);
	while ((n = receive(got, sizeof(got), &fds)) > 0 || wire->out_length > 0) {
		received += n;
		assert_int_equal(wire_send(wire, server[1]), 0);
	}
	assert_int_equal(received, sent);
}

static void the_end_is_told(void **state) {
	close(client[0]);
	assert_int_equal(wire_receive(wire, client[1]), 0);
	client[0] = dup(client[1]);
	close(server[0]);
	wire_put(wire, 1, 0, NULL, 0);
	assert_int_equal(wire_send(wire, server[1]), -EPIPE);
	assert_int_equal(wire->out_length, 0);
	server[0] = dup(server[1]);
}

static void texts_end_where_they_say(void **state) {
	const uint32_t args[] = {3, 0x006b6f, 5, 0x41414141, 0x00000042, 4, 0x41414141};
	const struct wire_message message = {.words = 7, .args = args};
	size_t i = 0;
	assert_string_equal(wire_text(&message, &i), "ok");
	assert_int_equal(i, 2);
	assert_null(wire_text(&message, &i)); /* no 0 at its end */
	i = 5;
	assert_null(wire_text(&message, &i));
	for (i = 6; i < 9; i++) {
		size_t at = i;
		assert_null(wire_text(&message, &at)); /* longer than the message */
	}
}

TEST_MAIN("present wire", TEST(as_they_were_wherever_they_are_cut), TEST(fds_go_along_in_order),
	TEST(what_is_no_message_goes_by), TEST(what_the_socket_does_not_take_stays),
	TEST(the_end_is_told), TEST(texts_end_where_they_say))
