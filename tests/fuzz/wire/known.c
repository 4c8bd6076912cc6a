/* SPDX-License-Identifier: MIT */
#include "known.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_buffer.h>

#define MAX_LOST 64

static struct {
	int fds[MAX_LOST];
	size_t len;
} lost;

static struct {
	struct wlr_buffer *buffer;
	size_t locks;
	bool leaked;
} copied;

static bool is(const struct wl_protocol_logger_message *message, const char *interface,
	const char *request) {
	return strcmp(message->message->name, request) == 0 &&
	       strcmp(wl_resource_get_class(message->resource), interface) == 0;
}

static bool is_listening(int fd) {
	int listening = 0;
	socklen_t len = sizeof(listening);
	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening;
}

/* wlroots 0.20.2, types/wlr_security_context_v1.c: create_listener with an fd that is no listening
 * socket is refused with the protocol's error, but both fds stay open for ever. */
static void look_at_listen_fd(const union wl_argument *arguments) {
	if (!is_listening(arguments[1].h) && lost.len + 2 <= MAX_LOST) {
		lost.fds[lost.len++] = arguments[1].h;
		lost.fds[lost.len++] = arguments[2].h;
	}
}

static bool can_hang_up(int fd) {
	struct stat st;
	return fstat(fd, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || (S_ISSOCK(st.st_mode) && !is_listening(fd)));
}

/* The protocol lets a security context live until its close_fd has hung up, whoever made it. wlroots
 * 0.20.2 also takes fds that never do, an eventfd for example; then it lives for ever. Here it is
 * exchanged for one that has. */
static void look_at_close_fd(int fd) {
	int ends[2];
	if (!can_hang_up(fd) && pipe2(ends, O_CLOEXEC) == 0) {
		dup3(ends[0], fd, O_CLOEXEC);
		close(ends[0]);
		close(ends[1]);
	}
}

/* wlroots 0.20.2, types/wlr_screencopy_v1.c: copy and copy_with_damage of a buffer of another size
 * or format are refused with the protocol's error, but the buffer stays locked for ever. */
static void look_at_copy(const union wl_argument *arguments) {
	copied.buffer = wlr_buffer_try_from_resource((struct wl_resource *)arguments[0].o);
	copied.leaked = false;
	if (copied.buffer != NULL) {
		copied.locks = copied.buffer->n_locks;
	}
}

static void copy_handled(void) {
	if (copied.buffer == NULL) {
		return;
	}
	struct wlr_buffer *buffer = copied.buffer;
	copied.buffer = NULL;
	if (copied.leaked) {
		wlr_buffer_unlock(buffer);
	}
	wlr_buffer_unlock(buffer);
}

void known_look(const struct wl_protocol_logger_message *message, bool event) {
	if (event) {
		copied.leaked |= copied.buffer != NULL && is(message, "wl_display", "error") &&
				 copied.buffer->n_locks > copied.locks;
		return;
	}
	copy_handled(); // the one before
	if (is(message, "wp_security_context_manager_v1", "create_listener")) {
		look_at_listen_fd(message->arguments);
		look_at_close_fd(message->arguments[2].h);
	} else if (is(message, "zwlr_screencopy_frame_v1", "copy") ||
		   is(message, "zwlr_screencopy_frame_v1", "copy_with_damage")) {
		look_at_copy(message->arguments);
	}
}

void known_handled(void) {
	copy_handled();
	while (lost.len > 0) {
		close(lost.fds[--lost.len]);
	}
}
