#include "limits/half_closed.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/util/log.h>

struct latch_half_closed {
	/* Of all clients' sockets, for EPOLLRDHUP alone: libwayland's event loop can't ask for
	 * that. A socket leaves it when it is closed. */
	int epoll_fd;
	struct wl_event_source *source;
};

/* What it had said before is heard first; libwayland reads it in this turn of the loop. */
static bool has_said_all(struct wl_client *client) {
	char byte;
	return recv(wl_client_get_fd(client), &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) == 0;
}

static int handle_readable(int fd, uint32_t mask, void *data) {
	struct epoll_event event;
	/* One at a time: to end a client may end others. The rest makes it readable again. */
	if (epoll_wait(fd, &event, 1, 0) == 1 && has_said_all(event.data.ptr)) {
		wl_client_destroy(event.data.ptr);
	}
	return 0;
}

void latch_half_closed_watch(struct latch_half_closed *half_closed, struct wl_client *client) {
	struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = client};
	if (epoll_ctl(half_closed->epoll_fd, EPOLL_CTL_ADD, wl_client_get_fd(client), &event) !=
		0) {
		wlr_log_errno(WLR_ERROR, "a client is not watched for a half-closed connection");
	}
}

struct latch_half_closed *latch_half_closed_create(struct wl_display *display) {
	struct latch_half_closed *half_closed = calloc(1, sizeof(*half_closed));
	if (half_closed == NULL) {
		return NULL;
	}
	half_closed->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (half_closed->epoll_fd < 0) {
		goto error;
	}
	half_closed->source = wl_event_loop_add_fd(wl_display_get_event_loop(display),
		half_closed->epoll_fd, WL_EVENT_READABLE, handle_readable, half_closed);
	if (half_closed->source == NULL) {
		goto error_epoll;
	}
	return half_closed;

error_epoll:
	close(half_closed->epoll_fd);
error:
	free(half_closed);
	return NULL;
}

void latch_half_closed_destroy(struct latch_half_closed *half_closed) {
	if (half_closed == NULL) {
		return;
	}
	wl_event_source_remove(half_closed->source);
	close(half_closed->epoll_fd);
	free(half_closed);
}
