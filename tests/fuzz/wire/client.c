/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limits/account.h"

static void must(bool ok, const char *what) {
	if (!ok) {
		fprintf(stderr, "fuzz: %s: %s\n", what, strerror(errno));
		abort();
	}
}

static void handle_destroy(struct wl_listener *listener, void *data) {
	struct client *client = wl_container_of(listener, client, destroy);
	client->wl = NULL;
}

void client_accepted(struct client *client, struct wl_client *wl) {
	client->wl = wl;
	client->max_id = 1;
	client->destroy.notify = handle_destroy;
	wl_client_add_destroy_listener(wl, &client->destroy);
	client->account = latch_account_ref(latch_account_find(wl));
	must(client->account != NULL, "a client without an account");
}

void client_connect(struct client *client, struct wl_display *display) {
	int ends[2];
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0,
		"socket pair");
	*client = (struct client){.fd = ends[1], .open = true};
	struct wl_client *wl = wl_client_create(display, ends[0]);
	must(wl != NULL, "wl_client");
	client_accepted(client, wl);
}

bool client_dial(struct client *client, const void *address, size_t len) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	must(fd >= 0, "socket");
	if (connect(fd, address, (socklen_t)len) != 0) {
		close(fd);
		return false;
	}
	*client = (struct client){.fd = fd, .open = true};
	return true;
}

void client_queue(struct client *client, const uint8_t *bytes, size_t len, const int *fds,
	size_t fds_len) {
	if (client->len + len > sizeof(client->bytes) ||
		client->fds_len + fds_len > CLIENT_MAX_FDS) {
		client_flush(client);
	}
	memcpy(client->bytes + client->len, bytes, len);
	client->len += len;
	for (size_t i = 0; i < fds_len; i++) {
		client->fds[client->fds_len++] = fds[i];
	}
}

void client_flush(struct client *client) {
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(CLIENT_MAX_FDS * sizeof(int))];
	} control;
	if (client->len > 0 && client->open) {
		struct iovec part = {.iov_base = client->bytes, .iov_len = client->len};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		size_t size = client->fds_len * sizeof(int);
		if (size > 0) {
			memset(&control, 0, sizeof(control));
			control.header.cmsg_level = SOL_SOCKET;
			control.header.cmsg_type = SCM_RIGHTS;
			control.header.cmsg_len = CMSG_LEN(size);
			memcpy(CMSG_DATA(&control.header), client->fds, size);
			message.msg_control = &control;
			message.msg_controllen = CMSG_SPACE(size);
		}
		/* A full socket, or one that nobody reads any more, loses it. */
		sendmsg(client->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	for (size_t i = 0; i < client->fds_len; i++) {
		close(client->fds[i]);
	}
	client->fds_len = 0;
	client->len = 0;
}

void client_drain(struct client *client) {
	/* No room for fds: the kernel closes them. */
	static char dropped[65536];
	while (client->open && recv(client->fd, dropped, sizeof(dropped), MSG_DONTWAIT) > 0) {
	}
}

void client_hang_up(struct client *client) {
	if (client->open) {
		close(client->fd);
		client->open = false;
	}
}

struct latch_account *client_finish(struct client *client) {
	if (client->wl != NULL) {
		wl_client_destroy(client->wl);
	}
	client->len = 0;
	client_flush(client); // which closes the fds that it has not sent
	client_hang_up(client);
	struct latch_account *account = client->account;
	*client = (struct client){0};
	return account;
}

struct wl_resource *client_object(const struct client *client, uint32_t id) {
	return id == 0 ? NULL : wl_client_get_object(client->wl, id);
}

struct search {
	const char *name;
	uint32_t count, wanted;
	struct wl_resource *found;
};

static enum wl_iterator_result look_at(struct wl_resource *resource, void *data) {
	struct search *search = data;
	if (search->name != NULL && strcmp(wl_resource_get_class(resource), search->name) != 0) {
		return WL_ITERATOR_CONTINUE;
	}
	if (search->count++ == search->wanted) {
		search->found = resource;
		return WL_ITERATOR_STOP;
	}
	return WL_ITERATOR_CONTINUE;
}

struct wl_resource *client_pick(
	const struct client *client, const struct wl_interface *interface, uint32_t number) {
	struct search search = {
		.name = interface != NULL ? interface->name : NULL,
		.wanted = UINT32_MAX,
	};
	wl_client_for_each_resource(client->wl, look_at, &search);
	if (search.count == 0) {
		return NULL;
	}
	search.wanted = number % search.count;
	search.count = 0;
	wl_client_for_each_resource(client->wl, look_at, &search);
	return search.found;
}

uint32_t client_new_id(struct client *client, uint32_t wanted) {
	uint32_t id = wanted;
	if (id < 2 || id > client->max_id + 1 || client_object(client, id) != NULL) {
		/* What is in the queue has ids that the server does not know yet. */
		id = client->len > 0 ? client->max_id + 1 : 2;
		while (client_object(client, id) != NULL) {
			id++;
		}
	}
	if (id > client->max_id) {
		client->max_id = id;
	}
	return id;
}
