/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/message.h"
#include "base/minmax.h"

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

ssize_t wire_receive(struct wire_pipe *pipe, int socket) {
	pipe->in_length -= pipe->in_taken;
	memmove(pipe->in, pipe->in + pipe->in_taken, pipe->in_length);
	pipe->in_taken = 0;
	size_t fds;
	const ssize_t n = latch_message_receive(socket, pipe->in + pipe->in_length,
		WIRE_IN_MAX - pipe->in_length, pipe->fds + pipe->fds_length,
		(size_t)latch_min((int64_t)(WIRE_FDS_MAX - pipe->fds_length), LATCH_MESSAGE_FDS),
		&fds, MSG_DONTWAIT);
	if (n < 0) {
		return -errno;
	}
	pipe->in_length += (size_t)n;
	pipe->fds_length += fds;
	return n;
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
	const size_t fds = (size_t)latch_min((int64_t)pipe->fds_length, WIRE_SEND_FDS);
	const size_t left = pipe->out_length - sent;
	const ssize_t n = latch_message_send(socket, pipe->out + sent,
		fds < pipe->fds_length && left > 4 ? 4 : left, pipe->fds, fds, MSG_DONTWAIT);
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
		} else {
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
