/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/source.h"
#include "tap.h"
#include "wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct side {
	struct connection *connection;
	struct side *other;
	int fd;
	struct wl_event_source *source;
	uint32_t mask;
	struct wire_pipe pipe; /* what comes from here and goes to the other */
};

struct connection {
	struct wl_list link;
	struct side client, compositor;
	struct tap tap;
};

static void connection_destroy(struct connection *connection) {
	tap_finish(&connection->tap);
	wl_list_remove(&connection->link);
	struct side *const sides[] = {&connection->client, &connection->compositor};
	for (size_t i = 0; i < 2; i++) {
		latch_source_clear(&sides[i]->source);
		latch_fd_clear(&sides[i]->fd);
		wire_finish(&sides[i]->pipe);
	}
	free(connection);
}

/* A side is read only while the other one takes what it says. An error of the write is no end: the
 * side that was closed may have left an event to read, above all the error that ended it. */
static void send_and_wait(struct side *side) {
	wire_send(&side->pipe, side->other->fd);
	struct side *const sides[] = {side, side->other};
	for (size_t i = 0; i < 2; i++) {
		const uint32_t mask =
			(sides[i]->pipe.out_length == 0 ? WL_EVENT_READABLE : 0u) |
			(sides[i]->other->pipe.out_length > 0 ? WL_EVENT_WRITABLE : 0u);
		if (mask != sides[i]->mask) {
			sides[i]->mask = mask;
			wl_event_source_fd_update(sides[i]->source, mask);
		}
	}
}

/* Returns false at the end of the connection. */
static bool take(struct side *side) {
	struct connection *connection = side->connection;
	const ssize_t n = wire_receive(&side->pipe, side->fd);
	if (n <= 0) {
		return n == -EAGAIN || n == -EINTR;
	}
	struct wire_message message;
	connection->tap.now_ns = latch_now_ns();
	while (wire_next(&side->pipe, &message)) {
		if (side == &connection->client) {
			tap_request(&connection->tap, &message);
		} else if (tap_event(&connection->tap, &message)) {
			wire_put(&side->pipe, message.object, message.opcode, message.args,
				message.words * sizeof(message.args[0]));
		}
	}
	return true;
}

static int handle_side(int fd, uint32_t mask, void *data) {
	struct side *side = data;
	struct connection *connection = side->connection;
	/* A side that has hung up is read to its end, unless the other side can't take it. */
	const bool reads = side->pipe.out_length == 0 && (mask & ~(uint32_t)WL_EVENT_WRITABLE) != 0;
	if ((reads && !take(side)) || (!reads && (mask & WL_EVENT_HANGUP) != 0)) {
		connection_destroy(connection);
		return 0;
	}
	send_and_wait(side);
	if (side->other->pipe.out_length > 0) {
		send_and_wait(side->other);
	}
	if (connection->tap.unsent > 0) {
		tap_sent(&connection->tap, latch_now_ns());
	}
	tap_tell(&connection->tap);
	return 0;
}

static bool watch(struct side *side, struct side *other, struct connection *connection,
	struct wl_event_loop *loop) {
	side->connection = connection;
	side->other = other;
	side->mask = WL_EVENT_READABLE;
	side->source = wl_event_loop_add_fd(loop, side->fd, side->mask, handle_side, side);
	return side->source != NULL;
}

/* Connects to the compositor for one more client. Returns a socket, or -1 and errno. */
static int connect_on(struct relay *relay) {
	if (relay->first >= 0) {
		return latch_fd_take(&relay->first);
	}
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&relay->compositor,
			       sizeof(relay->compositor)) != 0) {
		latch_fd_clear(&fd);
	}
	return fd;
}

/* The client's process, and its name. */
static int32_t who_is(int fd, char name[static LATCH_TEXT_MAX]) {
	struct ucred who = {0};
	socklen_t size = sizeof(who);
	getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
	char path[32];
	snprintf(path, sizeof(path), "/proc/%d/comm", who.pid);
	FILE *file = fopen(path, "re");
	if (file == NULL || fgets(name, LATCH_TEXT_MAX, file) == NULL) {
		name[0] = '\0';
	}
	name[strcspn(name, "\n")] = '\0';
	if (file != NULL) {
		fclose(file);
	}
	return who.pid;
}

static int handle_client(int listener, uint32_t mask, void *data) {
	struct relay *relay = data;
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	int compositor = client >= 0 ? connect_on(relay) : -1;
	struct connection *connection = compositor >= 0 ? calloc(1, sizeof(*connection)) : NULL;
	if (connection == NULL) {
		fprintf(stderr, "latch-present: a client can't be connected: %s\n", strerror(errno));
		latch_fd_clear(&client);
		latch_fd_clear(&compositor);
		return 0;
	}
	relay->used = true;
	char name[LATCH_TEXT_MAX];
	const int32_t pid = who_is(client, name);
	tap_init(&connection->tap, relay->report, &connection->client.pipe, pid, name);
	wl_list_insert(&relay->connections, &connection->link);
	connection->client.fd = client;
	connection->compositor.fd = compositor;
	if (!watch(&connection->client, &connection->compositor, connection, relay->loop) ||
		!watch(&connection->compositor, &connection->client, connection, relay->loop)) {
		connection_destroy(connection);
	}
	return 0;
}

/* The name is a path, or that of a socket in the runtime directory. Returns whether there is such a
 * directory, and the whole fits. */
static bool make_address(struct sockaddr_un *address, const char *name) {
	const char *directory = getenv("XDG_RUNTIME_DIR");
	const bool is_path = name[0] == '/';
	address->sun_family = AF_UNIX;
	const int length = snprintf(address->sun_path, sizeof(address->sun_path), "%s%s%s",
		is_path ? "" : directory != NULL ? directory : "", is_path ? "" : "/", name);
	return (is_path || directory != NULL) && (size_t)length < sizeof(address->sun_path);
}

bool relay_init(struct relay *relay, struct wl_event_loop *loop, struct present_report *report,
	const char **why) {
	*relay = (struct relay){.loop = loop, .report = report, .first = -1, .listener = -1};
	wl_list_init(&relay->connections);
	const char *name = getenv("WAYLAND_DISPLAY"), *inherited = getenv("WAYLAND_SOCKET");
	char own[32];
	snprintf(own, sizeof(own), "latch-present-%d", getpid());
	if (!make_address(&relay->compositor, name != NULL ? name : "wayland-0") ||
		!make_address(&relay->own, own)) {
		*why = "XDG_RUNTIME_DIR is not set, or too long";
		return false;
	}
	relay->first = inherited != NULL ? atoi(inherited) : -1;
	/* The command must not have it, too: the compositor would not see when this end is closed. */
	if (relay->first >= 0 && fcntl(relay->first, F_SETFD, FD_CLOEXEC) != 0) {
		*why = "WAYLAND_SOCKET is no open file descriptor";
		return false;
	}
	int probe = relay->first < 0 ? connect_on(relay) : -1;
	if (relay->first < 0 && probe < 0) {
		*why = "there is no compositor at WAYLAND_DISPLAY";
		return false;
	}
	latch_fd_clear(&probe);
	/* One can be left of a process that had the same pid, and was killed. */
	unlink(relay->own.sun_path);
	relay->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (relay->listener < 0 ||
		bind(relay->listener, (struct sockaddr *)&relay->own, sizeof(relay->own)) != 0 ||
		listen(relay->listener, 128) != 0) {
		*why = strerror(errno);
		return false;
	}
	relay->source = wl_event_loop_add_fd(
		loop, relay->listener, WL_EVENT_READABLE, handle_client, relay);
	*why = "no memory";
	unsetenv("WAYLAND_SOCKET");
	return relay->source != NULL && setenv("WAYLAND_DISPLAY", own, 1) == 0;
}

bool relay_is_busy(const struct relay *relay) {
	return !wl_list_empty(&relay->connections);
}

void relay_finish(struct relay *relay) {
	struct connection *connection, *next;
	wl_list_for_each_safe(connection, next, &relay->connections, link) {
		connection_destroy(connection);
	}
	latch_source_clear(&relay->source);
	latch_fd_clear(&relay->first);
	if (relay->listener >= 0) {
		unlink(relay->own.sun_path);
	}
	latch_fd_clear(&relay->listener);
}
