/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer on the wire: bytes become clients of latch, their requests with fds, what the user does
 * and what fences do meanwhile (input.h). After each input nothing may be left of them (world.h).
 *
 *      ./run fuzz
 *
 * LATCH_FUZZ_REAL=1 in the environment takes the machine's own dma-bufs, fences and timelines; LATCH_FUZZ_LOG=1
 * shows what latch says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices.h"
#include "fds.h"
#include "world.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct world world;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	(void)argc;
	(void)argv;
	world_start(&world, getenv("LATCH_FUZZ_REAL") != NULL);
	return 0;
}

static void send_queue(struct client *client) {
	client_flush(client);
	world_turn(&world);
}

static void connect_anew(struct client *client) {
	world_finish_client(&world, client);
	client_connect(client, world.server.core.display);
}

static void dial(struct client *client) {
	struct sockaddr_un address;
	socklen_t len;
	world_finish_client(&world, client);
	if (fds_listening(&address, &len) && client_dial(client, &address, len)) {
		world.accepted = NULL;
		world_turn(&world);
		if (world.accepted != NULL) {
			client_accepted(client, world.accepted);
		}
	}
}

static void act_on_client(struct client *client, enum fuzz_client what) {
	switch (what) {
	case FUZZ_CLIENT_CONNECT:
		connect_anew(client);
		break;
	case FUZZ_CLIENT_EQUIP:
		world_finish_client(&world, client);
		world_equip(&world, client);
		break;
	case FUZZ_CLIENT_CONNECT_SANDBOXED:
		dial(client);
		break;
	case FUZZ_CLIENT_DIE:
		client_flush(client);
		client_hang_up(client);
		break;
	case FUZZ_CLIENT_SHUT:
		client_flush(client);
		if (client->open) {
			shutdown(client->fd, SHUT_WR);
		}
		break;
	default:
		world_finish_client(&world, client);
	}
	world_turn(&world);
}

/* One operation; what the server makes of it happens at once, unless it is queued. */
static void run_one(struct reader *reader) {
	uint8_t head = read_u8(reader);
	struct client *client = &world.clients[(head >> FUZZ_CLIENT_SHIFT) % FUZZ_CLIENTS];
	uint8_t a, b;
	switch (head & FUZZ_OP_MASK) {
	case FUZZ_TIME:
		world_wait(&world, read_u8(reader));
		return;
	case FUZZ_POINTER:
		a = read_u8(reader);
		uint32_t x = read_u16(reader), y = read_u16(reader);
		devices_point((enum fuzz_pointer)(a % FUZZ_POINTER_COUNT), x, y);
		world_turn(&world);
		return;
	case FUZZ_KEYS:
		a = read_u8(reader);
		b = read_u8(reader);
		devices_key(a & 1, b);
		world_turn(&world);
		return;
	case FUZZ_FENCE:
		a = read_u8(reader);
		b = read_u8(reader);
		fds_act((enum fuzz_fence)(b % FUZZ_FENCE_COUNT), a);
		world_turn(&world);
		return;
	case FUZZ_CLIENT:
		act_on_client(client, (enum fuzz_client)(read_u8(reader) % FUZZ_CLIENT_COUNT));
		return;
	default:
		break;
	}
	/* Whoever was ended, or is still to come, comes when it is to speak. */
	if (client->wl == NULL) {
		connect_anew(client);
	}
	if ((head & FUZZ_OP_MASK) == FUZZ_RAW) {
		size_t len = read_u8(reader);
		const uint8_t *bytes = read_bytes(reader, &len);
		client_queue(client, bytes, len, NULL, 0);
	} else {
		request_read(reader, client, &world.globals, head & FUZZ_MANGLE);
	}
	if (!(head & FUZZ_QUEUE)) {
		send_queue(client);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
	struct reader reader = {.bytes = bytes, .len = len};
	world_begin_input(&world);
	while (reader.len > 0) {
		run_one(&reader);
	}
	world_end_input(&world);
	return 0;
}
