/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER 8

const char *wire_text(const struct wire_message *message, size_t *i) {
	const size_t length = wire_word(message, *i);
	if (length == 0 || *i + 1 + (length + 3) / 4 > message->words) {
		return NULL;
	}
	const char *text = (const char *)&message->args[*i + 1];
	*i += 1 + (length + 3) / 4;
	return text[length - 1] == '\0' ? text : NULL;
}

static bool take_fds(struct wire_pipe *pipe, struct msghdr *header) {
	bool taken = (header->msg_flags & MSG_CTRUNC) == 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
			continue;
		}
		for (size_t at = 0; at + sizeof(int) <= c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (pipe->fds_length < WIRE_FDS_MAX) {
				pipe->fds[pipe->fds_length++] = fd;
			} else {
				close(fd);
				taken = false;
			}
		}
	}
	return taken;
}

ssize_t wire_receive(struct wire_pipe *pipe, int socket) {
	pipe->in_length -= pipe->in_taken;
	memmove(pipe->in, pipe->in + pipe->in_taken, pipe->in_length);
	pipe->in_taken = 0;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(WIRE_RECEIVE_FDS * sizeof(int))];
	} control;
	struct iovec part = {pipe->in + pipe->in_length, WIRE_IN_MAX - pipe->in_length};
	struct msghdr header = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const ssize_t n = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0) {
		return -errno;
	}
	pipe->in_length += (size_t)n;
	return take_fds(pipe, &header) ? n : -EMSGSIZE;
}

static void put_bytes(struct wire_pipe *pipe, const void *bytes, size_t size) {
	memcpy(pipe->out + pipe->out_length, bytes, size);
	pipe->out_length += size;
}

bool wire_next(struct wire_pipe *pipe, struct wire_message *message) {
	const uint8_t *at = pipe->in + pipe->in_taken;
	const size_t left = pipe->in_length - pipe->in_taken;
	uint32_t words[2] = {0};
	if (left >= HEADER) {
		memcpy(words, at, HEADER);
	}
	const size_t size = words[1] >> 16;
	pipe->raw |= left >= HEADER && (size < HEADER || size % 4 != 0);
	if (pipe->raw) {
		put_bytes(pipe, at, left);
		pipe->in_taken = pipe->in_length;
		return false;
	}
	if (left < HEADER || left < size) {
		return false;
	}
	*message = (struct wire_message){
		.object = words[0],
		.opcode = words[1] & 0xffff,
		.words = size / 4 - 2,
		.args = (const uint32_t *)(const void *)(at + HEADER),
	};
	pipe->in_taken += size;
	return true;
}

void wire_put(struct wire_pipe *pipe, uint32_t object, uint16_t opcode, const void *args,
	size_t size) {
	const uint32_t header[2] = {object, (uint32_t)(size + HEADER) << 16 | opcode};
	put_bytes(pipe, header, sizeof(header));
	if (size > 0) {
		put_bytes(pipe, args, size);
	}
}

/* One sendmsg(): as many fds as its receiver takes. Where more are left, only one word of the
 * bytes, as those fds need bytes to go with. */
static ssize_t send_some(struct wire_pipe *pipe, size_t sent, int socket) {
	const size_t fds = pipe->fds_length < WIRE_SEND_FDS ? pipe->fds_length : WIRE_SEND_FDS;
	const size_t left = pipe->out_length - sent;
	struct iovec part = {pipe->out + sent, fds < pipe->fds_length && left > 4 ? 4 : left};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(WIRE_SEND_FDS * sizeof(int))];
	} control;
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	if (fds > 0) {
		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		memset(&control, 0, sizeof(control));
		control.align = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(fds * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.align), pipe->fds, fds * sizeof(int));
	}
	const ssize_t n = sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		for (size_t i = 0; i < fds; i++) {
			close(pipe->fds[i]);
		}
		pipe->fds_length -= fds;
		memmove(pipe->fds, pipe->fds + fds, pipe->fds_length * sizeof(pipe->fds[0]));
	}
	return n;
}

int wire_send(struct wire_pipe *pipe, int socket) {
	size_t sent = 0;
	while (sent < pipe->out_length) {
		const ssize_t n = send_some(pipe, sent, socket);
		if (n >= 0) {
			sent += (size_t)n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			const int error = -errno;
			pipe->out_length = 0;
			return error;
		}
	}
	pipe->out_length -= sent;
	memmove(pipe->out, pipe->out + sent, pipe->out_length);
	return 0;
}

void wire_finish(struct wire_pipe *pipe) {
	while (pipe->fds_length > 0) {
		close(pipe->fds[--pipe->fds_length]);
	}
}
