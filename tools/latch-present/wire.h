/* SPDX-License-Identifier: MIT */
/* Wayland's wire format: messages come in on one socket and go out on another, with their fds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A message tells its size in 16 bits. */
#define WIRE_IN_MAX 65536
/* What came in, and the messages that latch-present puts between. */
#define WIRE_OUT_MAX (WIRE_IN_MAX + 8192)
/* Fds in one sendmsg(): libwayland has no room for more (MAX_FDS_OUT), and loses them. */
#define WIRE_SEND_FDS 28
/* How many may wait to be sent. */
#define WIRE_FDS_MAX 1024

/** One message: a request, or an event. */
struct wire_message {
	uint32_t object;
	uint16_t opcode;
	size_t words; /* of the arguments; an fd has none */
	const uint32_t *args;
};

/** Word i of the arguments, counted from 0; 0 where the message is shorter. */
static inline uint32_t wire_word(const struct wire_message *message, size_t i) {
	return i < message->words ? message->args[i] : 0;
}

/** The text that begins at word *i; moves *i to the word behind it. NULL where no text is there. */
const char *wire_text(const struct wire_message *message, size_t *i);

/** One direction. Empty when zeroed. */
struct wire_pipe {
	_Alignas(8) uint8_t in[WIRE_IN_MAX];
	size_t in_length, in_taken;
	uint8_t out[WIRE_OUT_MAX];
	size_t out_length;
	int fds[WIRE_FDS_MAX]; /* owned, until they are sent */
	size_t fds_length;
	bool raw; /* something came that is no message: from then on all bytes go by unread */
};

/**
 * Reads what is there, with fds; never waits. To be called when wire_next() has taken all messages.
 *
 * @return how many bytes, 0 at the end, or a negative errno: -EAGAIN where nothing is there,
 *         -EMSGSIZE for more fds than any message has
 */
ssize_t wire_receive(struct wire_pipe *pipe, int socket);

/** Takes the next whole message, valid until the next wire_receive(). Returns false at the end. */
bool wire_next(struct wire_pipe *pipe, struct wire_message *message);

/** Appends a message to what goes out. It must have room: see WIRE_OUT_MAX. */
void wire_put(struct wire_pipe *pipe, uint32_t object, uint16_t opcode, const void *args,
	size_t size);

/**
 * Sends what goes out, as far as the socket takes it now.
 *
 * @return 0, though something may be left; or a negative errno, and then all of it is dropped
 */
int wire_send(struct wire_pipe *pipe, int socket);

/** Closes fds that were not sent. */
void wire_finish(struct wire_pipe *pipe);
