/* SPDX-License-Identifier: MIT */
#include "limits/listen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <wlr/util/log.h>

#include "base/fd.h"
#include "base/source.h"
#include "limits/fds.h"

#define LOCK_SUFFIX ".lock"
#define BACKLOG 128
/* As many as libwayland tries. */
#define AUTO_NAMES 33

struct latch_listen {
	struct wl_display *display;
	char *name;
	struct sockaddr_un address;
	char lock_path[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(LOCK_SUFFIX)];
	int lock_fd, fd;
	bool paused;
	struct wl_event_source *source, *retry;
};

/* Returns 0 or an errno. */
static int set_paths(struct latch_listen *listener) {
	const char *dir = getenv("XDG_RUNTIME_DIR");
	bool absolute = listener->name[0] == '/';
	if (!absolute && (dir == NULL || dir[0] != '/')) {
		return ENOENT;
	}
	char *path = listener->address.sun_path;
	int len = snprintf(path, sizeof(listener->address.sun_path), "%s%s%s", absolute ? "" : dir,
		absolute ? "" : "/", listener->name);
	if (len < 0 || (size_t)len >= sizeof(listener->address.sun_path)) {
		return ENAMETOOLONG;
	}
	listener->address.sun_family = AF_UNIX;
	snprintf(listener->lock_path, sizeof(listener->lock_path), "%s" LOCK_SUFFIX, path);
	return 0;
}

static int lock(struct latch_listen *listener) {
	listener->lock_fd = open(listener->lock_path, O_CREAT | O_CLOEXEC | O_RDWR, 0660);
	if (listener->lock_fd < 0) {
		return errno;
	}
	if (flock(listener->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		/* Not ours: it must not be removed. */
		latch_fd_clear(&listener->lock_fd);
		return EADDRINUSE;
	}
	struct stat st;
	if (lstat(listener->address.sun_path, &st) == 0 && S_ISSOCK(st.st_mode)) {
		unlink(listener->address.sun_path);
	}
	return 0;
}

static int open_socket(struct latch_listen *listener) {
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0) {
		return errno;
	}
	const struct sockaddr *address = (const struct sockaddr *)&listener->address;
	if (bind(listener->fd, address, sizeof(listener->address)) != 0) {
		int error = errno;
		latch_fd_clear(&listener->fd);
		return error;
	}
	return listen(listener->fd, BACKLOG) != 0 ? errno : 0;
}

static void close_socket(struct latch_listen *listener) {
	if (listener->fd >= 0) {
		unlink(listener->address.sun_path);
	}
	if (listener->lock_fd >= 0) {
		unlink(listener->lock_path);
	}
	latch_fd_clear(&listener->fd);
	latch_fd_clear(&listener->lock_fd);
}

static int try_name(struct latch_listen *listener, const char *name) {
	free(listener->name);
	listener->name = strdup(name);
	if (listener->name == NULL) {
		return ENOMEM;
	}
	int error = set_paths(listener);
	error = error == 0 ? lock(listener) : error;
	error = error == 0 ? open_socket(listener) : error;
	if (error != 0) {
		close_socket(listener);
	}
	return error;
}

static int try_names(struct latch_listen *listener) {
	int error = EADDRINUSE;
	for (int i = 0; i < AUTO_NAMES && error == EADDRINUSE; i++) {
		char name[32];
		snprintf(name, sizeof(name), "wayland-%d", i);
		error = try_name(listener, name);
	}
	return error;
}

static bool has_room(struct latch_fds *fds) {
	*fds = latch_fds_look();
	return latch_fds_spare(fds) >= fds->reserve;
}

static void set_paused(struct latch_listen *listener, bool paused, const struct latch_fds *fds) {
	if (listener->paused != paused) {
		listener->paused = paused;
		wlr_log(WLR_INFO, "%zu of %zu file descriptors are in use: new clients %s",
			fds->in_use, fds->limit, paused ? "have to wait" : "may come again");
		wl_event_source_fd_update(listener->source, paused ? 0 : WL_EVENT_READABLE);
	}
	wl_event_source_timer_update(listener->retry, paused ? LATCH_LISTEN_RETRY_MS : 0);
}

static int handle_retry(void *data) {
	struct latch_listen *listener = data;
	struct latch_fds fds;
	set_paused(listener, !has_room(&fds), &fds);
	return 0;
}

static int handle_connection(int fd, uint32_t mask, void *data) {
	struct latch_listen *listener = data;
	struct latch_fds fds;
	if (!has_room(&fds)) {
		set_paused(listener, true, &fds);
		return 0;
	}
	int client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	if (client_fd < 0) {
		/* The whole system can be out of fds (ENFILE), whatever our limit is. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			set_paused(listener, true, &fds);
		}
		return 0;
	}
	if (wl_client_create(listener->display, client_fd) == NULL) {
		close(client_fd);
	}
	return 0;
}

struct latch_listen *latch_listen_create(struct wl_display *display, const char *name) {
	struct latch_listen *listener = calloc(1, sizeof(*listener));
	if (listener == NULL) {
		return NULL;
	}
	*listener = (struct latch_listen){.display = display, .lock_fd = -1, .fd = -1};
	int error = name != NULL ? try_name(listener, name) : try_names(listener);
	if (error == 0) {
		struct wl_event_loop *loop = wl_display_get_event_loop(display);
		listener->source = wl_event_loop_add_fd(
			loop, listener->fd, WL_EVENT_READABLE, handle_connection, listener);
		listener->retry = wl_event_loop_add_timer(loop, handle_retry, listener);
		error = listener->source == NULL || listener->retry == NULL ? ENOMEM : 0;
	}
	if (error != 0) {
		latch_listen_destroy(listener);
		errno = error;
		return NULL;
	}
	return listener;
}

const char *latch_listen_name(const struct latch_listen *listener) {
	return listener->name;
}

void latch_listen_destroy(struct latch_listen *listener) {
	if (listener == NULL) {
		return;
	}
	latch_source_clear(&listener->source);
	latch_source_clear(&listener->retry);
	close_socket(listener);
	free(listener->name);
	free(listener);
}
