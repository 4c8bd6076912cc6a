/* SPDX-License-Identifier: MIT */
#include "limits/client.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <wlr/util/log.h>

#include "base/fd.h"
#include "base/source.h"

struct latch_clients {
	struct latch_accounts accounts;
	struct latch_turns *turns;
	/* Of all clients' sockets, for EPOLLRDHUP alone: libwayland's event loop can't ask for
	 * that. A socket leaves it when it is closed. */
	int half_closed_fd;
	struct wl_event_source *half_closed;
	struct wl_list list; // latch_client.link
	void (*created)(void *data, struct wl_resource *resource);
	void *created_data;
	struct wl_listener client_created;
};

/* The user data of a wl_client is its turn: latch_turns looks at it for each request. */
struct latch_account *latch_account_find(struct wl_client *wl_client) {
	const struct latch_turn *turn = wl_client_get_user_data(wl_client);
	return turn != NULL ? turn->account : NULL;
}

static void handle_resource_created(struct wl_listener *listener, void *data) {
	struct latch_client *client = wl_container_of(listener, client, resource_created);
	struct latch_clients *clients = client->clients;
	latch_account_note_resource(client->turn.account, data);
	if (clients->created != NULL) {
		clients->created(clients->created_data, data);
	}
}

/* By the late one of libwayland's two signals: the client's resources have gone by then. */
static void handle_destroy(struct wl_listener *listener, void *data) {
	struct latch_client *client = wl_container_of(listener, client, destroy);
	latch_turn_end(&client->turn);
	latch_account_close(client->turn.account);
	wl_client_set_user_data(client->turn.client, NULL, NULL);
	wl_list_remove(&client->resource_created.link);
	wl_list_remove(&client->destroy.link);
	wl_list_remove(&client->link);
	free(client);
}

/* What it had said before is heard first; libwayland reads it in this turn of the loop. */
static bool has_said_all(struct wl_client *client) {
	char byte;
	return recv(wl_client_get_fd(client), &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 0;
}

/*
 * Ends clients that have shut down their end for writing: nothing is to come from them any more.
 *
 * libwayland 1.26 does so by itself unless the last message is incomplete. Then its read ends with
 * what it already had instead of the end of the stream (src/connection.c:wl_connection_read()), the
 * socket stays readable, and without this the event loop goes round and round for as long as the
 * client lives. It can go when libwayland reports the end of the stream there.
 */
static int handle_half_closed(int fd, uint32_t mask, void *data) {
	struct epoll_event event;
	/* One at a time: to end a client may end others. The rest makes it readable again. */
	if (epoll_wait(fd, &event, 1, 0) == 1 && has_said_all(event.data.ptr)) {
		wl_client_destroy(event.data.ptr);
	}
	return 0;
}

static void watch_half_closed(const struct latch_clients *clients, struct wl_client *client) {
	struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = client};
	if (epoll_ctl(clients->half_closed_fd, EPOLL_CTL_ADD, wl_client_get_fd(client), &event) !=
		0) {
		wlr_log_errno(WLR_ERROR, "a client is not watched for a half-closed connection");
	}
}

static void handle_client_created(struct wl_listener *listener, void *data) {
	struct latch_clients *clients = wl_container_of(listener, clients, client_created);
	struct wl_client *wl_client = data;
	struct latch_client *client = calloc(1, sizeof(*client));
	struct latch_account *account = latch_account_open(&clients->accounts, wl_client);
	if (client == NULL || account == NULL) {
		latch_account_close(account);
		free(client);
		wl_client_post_no_memory(wl_client);
		return;
	}
	*client = (struct latch_client){
		.clients = clients,
		.resource_created.notify = handle_resource_created,
		.destroy.notify = handle_destroy,
	};
	latch_turn_begin(&client->turn, clients->turns, wl_client, account);
	watch_half_closed(clients, wl_client);
	wl_list_insert(&clients->list, &client->link);
	wl_client_set_user_data(wl_client, &client->turn, NULL);
	wl_client_add_resource_created_listener(wl_client, &client->resource_created);
	wl_client_add_destroy_late_listener(wl_client, &client->destroy);
}

struct latch_clients *latch_clients_create(struct wl_display *display,
	const struct latch_limits *limits, struct latch_turns *turns) {
	struct latch_clients *clients = calloc(1, sizeof(*clients));
	if (clients == NULL) {
		return NULL;
	}
	*clients = (struct latch_clients){
		.turns = turns,
		.half_closed_fd = epoll_create1(EPOLL_CLOEXEC),
		.client_created.notify = handle_client_created,
	};
	latch_accounts_init(&clients->accounts, display, limits);
	wl_list_init(&clients->list);
	wl_display_add_client_created_listener(display, &clients->client_created);
	if (clients->half_closed_fd >= 0) {
		clients->half_closed = wl_event_loop_add_fd(wl_display_get_event_loop(display),
			clients->half_closed_fd, WL_EVENT_READABLE, handle_half_closed, NULL);
	}
	if (clients->half_closed == NULL) {
		latch_clients_destroy(clients);
		return NULL;
	}
	return clients;
}

void latch_clients_destroy(struct latch_clients *clients) {
	if (clients == NULL) {
		return;
	}
	struct latch_client *client, *tmp;
	wl_list_for_each_safe(client, tmp, &clients->list, link) {
		handle_destroy(&client->destroy, NULL);
	}
	wl_list_remove(&clients->client_created.link);
	latch_source_clear(&clients->half_closed);
	latch_fd_clear(&clients->half_closed_fd);
	latch_accounts_finish(&clients->accounts);
	free(clients);
}

void latch_clients_watch_resources(struct latch_clients *clients,
	void (*created)(void *data, struct wl_resource *resource), void *data) {
	clients->created = created;
	clients->created_data = data;
}
