/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <string.h>
#include <unistd.h>
#include <wayland-server-core.h>

#include "fds.h"

/* libwayland's: where the server's own ids begin. */
#define SERVER_IDS 0xff000000u

/* Larger than what an input can say: strings and arrays have 255 bytes at most. */
struct message {
	uint8_t bytes[MESSAGE_MAX];
	size_t len;
	int fds[CLIENT_MAX_FDS];
	size_t fds_len;
};

static void put_u32(struct message *message, uint32_t value) {
	if (message->len + sizeof(value) <= sizeof(message->bytes)) {
		memcpy(message->bytes + message->len, &value, sizeof(value));
		message->len += sizeof(value);
	}
}

/* A string's 0 is a byte of it. */
static void put_bytes(struct message *message, const void *bytes, size_t len, bool string) {
	size_t room = (len + string + 3) & ~(size_t)3;
	if (message->len + 4 + room > sizeof(message->bytes)) {
		return;
	}
	put_u32(message, (uint32_t)(len + string));
	memset(message->bytes + message->len, 0, room);
	memcpy(message->bytes + message->len, bytes, len);
	message->len += room;
}

static void put_fd(struct message *message, int fd) {
	if (message->fds_len < CLIENT_MAX_FDS) {
		message->fds[message->fds_len++] = fd;
	} else {
		close(fd);
	}
}

static void begin(struct message *message, uint32_t object) {
	message->len = 0;
	message->fds_len = 0;
	put_u32(message, object);
	put_u32(message, 0);
}

static void end(struct message *message, uint32_t opcode) {
	uint32_t word = (uint32_t)message->len << 16 | opcode;
	memcpy(message->bytes + 4, &word, sizeof(word));
}

/* Text, or what an array has: as much as the input still has. */
static void read_text(
	struct reader *reader, struct message *message, size_t len, bool string) {
	const uint8_t *bytes = read_bytes(reader, &len);
	put_bytes(message, bytes, len, string);
}

static uint32_t read_object(
	struct reader *reader, const struct client *client, const struct wl_interface *interface) {
	uint32_t number = read_u16(reader);
	uint32_t id = number & FUZZ_SERVER_OBJECT ? SERVER_IDS + (number & ~FUZZ_SERVER_OBJECT)
						  : number;
	if (id == 0) {
		return 0;
	}
	struct wl_resource *resource = client_object(client, id);
	if (resource == NULL ||
		(interface != NULL &&
			strcmp(wl_resource_get_class(resource), interface->name) != 0)) {
		resource = client_pick(client, interface, number);
	}
	return resource != NULL ? wl_resource_get_id(resource) : id;
}

static void read_argument(struct reader *reader, struct message *message, struct client *client,
	uint32_t object, char type, const struct wl_interface *interface) {
	uint8_t byte;
	switch (type) {
	case 'u':
		put_u32(message, told_decode(&client->told, object, read_u32(reader)));
		break;
	case 'i':
	case 'f':
		put_u32(message, read_u32(reader));
		break;
	case 'o':
		put_u32(message, read_object(reader, client, interface));
		break;
	case 'n':
		put_u32(message, client_new_id(client, read_u16(reader)));
		break;
	case 's':
		byte = read_u8(reader);
		if (byte == FUZZ_NULL_STRING) {
			put_u32(message, 0);
		} else {
			read_text(reader, message, byte, true);
		}
		break;
	case 'a':
		read_text(reader, message, read_u8(reader), false);
		break;
	case 'h':
		byte = read_u8(reader);
		put_fd(message, fds_create((enum fuzz_fd)(byte & 0xf), byte >> 4));
		break;
	default:
		break;
	}
}

/* Signatures are a version, then a letter each, '?' in front of those that may be null. */
static void read_arguments(struct reader *reader, struct message *message, struct client *client,
	uint32_t object, const struct wl_message *method) {
	size_t arg = 0;
	for (const char *type = method->signature; *type != '\0'; type++) {
		if (strchr("iufsonah", *type) != NULL) {
			read_argument(
				reader, message, client, object, *type, method->types[arg++]);
		}
	}
}

static void put_bind(struct message *message, struct client *client, const struct global *global,
	uint32_t version, uint32_t id) {
	put_u32(message, global->name);
	put_bytes(message, global->interface, strlen(global->interface), true);
	put_u32(message, version == 0 || version > global->version ? global->version : version);
	put_u32(message, client_new_id(client, id));
}

static void read_bind(struct reader *reader, struct message *message, struct client *client,
	const struct globals *globals) {
	size_t len = read_u8(reader), found = 0, sum = 0;
	const uint8_t *name = read_bytes(reader, &len);
	for (size_t i = 0; i < len; i++) {
		sum += name[i];
	}
	while (found < globals->len &&
		(strlen(globals->list[found].interface) != len ||
			memcmp(globals->list[found].interface, name, len) != 0)) {
		found++;
	}
	uint32_t version = read_u8(reader);
	put_bind(message, client, &globals->list[found < globals->len ? found : sum % globals->len],
		version, read_u16(reader));
}

/* Once it was complete and correct. */
static void mangle(struct message *message, uint8_t how, uint8_t amount) {
	uint32_t word;
	memcpy(&word, message->bytes + 4, sizeof(word));
	switch (how % 8) {
	case 0: // a size that is not so
		word += ((uint32_t)amount - 128) << 16;
		break;
	case 1: // too short, and says so
		message->len -= amount % (message->len - 7);
		word = (uint32_t)message->len << 16 | (word & 0xffff);
		break;
	case 2: // too long
		for (size_t i = 0; i < amount; i++) {
			put_u32(message, 0);
		}
		word = (uint32_t)message->len << 16 | (word & 0xffff);
		break;
	case 3: // another object, there or not
		message->bytes[amount % 4] ^= amount;
		break;
	case 4: // another opcode, there or not
		word = (word & 0xffff0000) | amount;
		break;
	case 5: // fds that are missing
		while (message->fds_len > 0) {
			close(message->fds[--message->fds_len]);
		}
		break;
	case 6: // fds that nobody asked for
		put_fd(message, fds_create((enum fuzz_fd)(amount & 0xf), amount >> 4));
		break;
	default: // any byte
		message->bytes[amount % message->len] ^= (uint8_t)(1 << how / 32);
		return;
	}
	memcpy(message->bytes + 4, &word, sizeof(word));
}

void request_read(struct reader *reader, struct client *client, const struct globals *globals,
	bool mangled) {
	struct message message;
	uint32_t id = read_object(reader, client, NULL);
	uint32_t opcode = read_u8(reader);
	uint8_t how = mangled ? read_u8(reader) : 0, amount = mangled ? read_u8(reader) : 0;
	struct wl_resource *resource = client_object(client, id);
	if (resource == NULL) {
		return;
	}
	const struct wl_interface *interface = wl_resource_get_interface(resource);
	begin(&message, id);
	if (interface->method_count > 0) {
		opcode %= (uint32_t)interface->method_count;
		if (strcmp(interface->name, "wl_registry") == 0) {
			read_bind(reader, &message, client, globals);
		} else {
			read_arguments(
				reader, &message, client, id, &interface->methods[opcode]);
		}
	} else if (!mangled) {
		return;
	}
	end(&message, opcode);
	if (mangled) {
		mangle(&message, how, amount);
	}
	client_queue(client, message.bytes, message.len, message.fds, message.fds_len);
}

uint32_t request_get_registry(struct client *client) {
	struct message message;
	uint32_t id = client_new_id(client, client->max_id + 1);
	begin(&message, 1);
	put_u32(&message, id);
	end(&message, 1);
	client_queue(client, message.bytes, message.len, NULL, 0);
	return id;
}

void request_bind(struct client *client, uint32_t registry, const struct global *global) {
	struct message message;
	begin(&message, registry);
	put_bind(&message, client, global, 0, client->max_id + 1);
	end(&message, 0);
	client_queue(client, message.bytes, message.len, NULL, 0);
}
