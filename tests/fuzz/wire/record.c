/* SPDX-License-Identifier: MIT */
/*
 * latch that writes down what its clients ask of it, as inputs for the fuzzer (input.h): one file
 * for each client, with all its ids and the kinds of its fds.
 *
 *      fuzz-record DIRECTORY BYTES latch's own options and command
 *
 * Whatever a client says after so many bytes is left out.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-server-core.h>

#include "base/clock.h"
#include "classify.h"
#include "limits/account.h"
#include "log.h"
#include "server.h"
#include "told.h"

#define MAX_CLIENTS 512
#define NS_PER_MS 1000000
/* Shorter pauses are the scheduler's. */
#define PAUSE_MS 5

struct recording {
	struct wl_client *client;
	FILE *file; /* NULL: full */
	struct told told;
	int64_t last_ns;
	struct wl_listener destroy;
};

static struct {
	struct latch_server server;
	const char *directory;
	long max_bytes;
	struct recording recordings[MAX_CLIENTS];
	size_t len;
} recorder;

static void finish(struct recording *recording) {
	if (recording->file != NULL) {
		fclose(recording->file);
		recording->file = NULL;
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct recording *recording = wl_container_of(listener, recording, destroy);
	finish(recording);
	recording->client = NULL; // another client may be given its address
}

/* One begins with a request: when a client ends there are events of it to the last. */
static struct recording *find_or_begin(struct wl_client *client, bool request) {
	for (size_t i = 0; i < recorder.len; i++) {
		if (recorder.recordings[i].client == client) {
			return &recorder.recordings[i];
		}
	}
	if (!request || recorder.len == MAX_CLIENTS) {
		return NULL;
	}
	struct recording *recording = &recorder.recordings[recorder.len++];
	char path[4096];
	const char *name = latch_account_comm(latch_account_find(client));
	snprintf(path, sizeof(path), "%s/%s-%zu", recorder.directory, name, recorder.len);
	recording->client = client;
	recording->file = fopen(path, "we");
	recording->last_ns = latch_now_ns();
	recording->destroy.notify = handle_destroy;
	wl_client_add_destroy_listener(client, &recording->destroy);
	if (recording->file == NULL) {
		perror(path);
	}
	return recording;
}

static void put(FILE *file, uint32_t value, int bytes) {
	for (int i = 0; i < bytes; i++) {
		putc((int)(value >> 8 * i & 0xff), file);
	}
}

static void put_text(FILE *file, const void *text, size_t len) {
	if (len >= FUZZ_NULL_STRING) {
		len = FUZZ_NULL_STRING - 1;
	}
	put(file, (uint32_t)len, 1);
	fwrite(text, 1, len, file);
}

static void put_id(FILE *file, uint32_t id) {
	put(file, id >= 0xff000000 ? FUZZ_SERVER_OBJECT + id - 0xff000000 : id, 2);
}

static void put_argument(struct recording *recording, uint32_t object, char type,
	const union wl_argument *argument) {
	FILE *file = recording->file;
	unsigned size;
	enum fuzz_fd kind;
	switch (type) {
	case 'u':
		put(file, told_encode(&recording->told, object, argument->u), 4);
		break;
	case 'i':
	case 'f':
		put(file, argument->u, 4);
		break;
	case 's':
		if (argument->s == NULL) {
			put(file, FUZZ_NULL_STRING, 1);
		} else {
			put_text(file, argument->s, strlen(argument->s));
		}
		break;
	case 'a':
		put_text(file, argument->a->data, argument->a->size);
		break;
	case 'o':
		put_id(file, argument->o == NULL
				     ? 0
				     : wl_resource_get_id((struct wl_resource *)argument->o));
		break;
	case 'n':
		put_id(file, argument->n);
		break;
	case 'h':
		kind = classify_fd(argument->h, &size);
		put(file, (uint32_t)kind | size << 4, 1);
		break;
	default:
		break;
	}
}

static void put_arguments(
	struct recording *recording, const struct wl_protocol_logger_message *message) {
	uint32_t object = wl_resource_get_id(message->resource);
	const union wl_argument *argument = message->arguments;
	if (strcmp(wl_resource_get_class(message->resource), "wl_registry") == 0) {
		put_argument(recording, object, 's', &argument[1]);
		put(recording->file, argument[2].u, 1);
		put_argument(recording, object, 'n', &argument[3]);
		return;
	}
	for (const char *type = message->message->signature; *type != '\0'; type++) {
		if (strchr("iufsonah", *type) != NULL) {
			put_argument(recording, object, *type, argument++);
		}
	}
}

static void put_pause(struct recording *recording) {
	int64_t time_ns = latch_now_ns();
	int64_t ms = (time_ns - recording->last_ns) / NS_PER_MS;
	recording->last_ns = time_ns;
	if (ms >= PAUSE_MS) {
		put(recording->file, FUZZ_TIME, 1);
		put(recording->file, ms < 255 ? (uint32_t)ms : 255, 1);
	}
}

static void handle_message(void *data, enum wl_protocol_logger_type direction,
	const struct wl_protocol_logger_message *message) {
	struct recording *recording = find_or_begin(wl_resource_get_client(message->resource),
		direction == WL_PROTOCOL_LOGGER_REQUEST);
	if (recording == NULL || recording->file == NULL) {
		return;
	}
	if (direction == WL_PROTOCOL_LOGGER_EVENT) {
		told_note(&recording->told, recorder.server.core.display, message);
		return;
	}
	put_pause(recording);
	put(recording->file, FUZZ_REQUEST, 1);
	put_id(recording->file, wl_resource_get_id(message->resource));
	put(recording->file, (uint32_t)message->message_opcode, 1);
	put_arguments(recording, message);
	if (ftell(recording->file) > recorder.max_bytes) {
		finish(recording);
	}
}

int main(int argc, char **argv) {
	if (argc < 3) {
		fputs("usage: fuzz-record DIRECTORY BYTES LATCH'S OPTIONS...\n", stderr);
		return LATCH_EXIT_USAGE;
	}
	recorder.directory = argv[1];
	recorder.max_bytes = strtol(argv[2], NULL, 10);
	argv[2] = argv[0];
	struct latch_options options;
	int status = latch_options_parse(&options, argc - 2, argv + 2);
	if (status >= 0) {
		return status;
	}
	latch_log_init(options.log_level);
	signal(SIGPIPE, SIG_IGN);
	status = latch_server_init(&recorder.server, &options);
	if (status != LATCH_EXIT_OK) {
		return status;
	}
	told_begin(recorder.server.core.display);
	struct wl_protocol_logger *logger =
		wl_display_add_protocol_logger(recorder.server.core.display, handle_message, NULL);
	status = latch_server_run(&recorder.server);
	for (size_t i = 0; i < recorder.len; i++) {
		if (recorder.recordings[i].client != NULL) {
			wl_list_remove(&recorder.recordings[i].destroy.link);
			finish(&recorder.recordings[i]);
		}
	}
	wl_protocol_logger_destroy(logger);
	latch_server_finish(&recorder.server);
	return status;
}
