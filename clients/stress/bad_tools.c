/* SPDX-License-Identifier: MIT */
/* What the cases are made of: file descriptors of all kinds, and params. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bad.h"
#include "common/util.h"
#include "linux-dmabuf-v1-client-protocol.h"

/* One end of a pair, the other closed. */
static int keep_one(int fds[2]) {
	latch_fd_clear(&fds[1]);
	return fds[0];
}

static int open_file(void) {
	const char *directory = getenv("XDG_RUNTIME_DIR");
	int fd = open(directory ? directory : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 && ftruncate(fd, BAD_SIZE) != 0) {
		latch_fd_clear(&fd);
	}
	return fd;
}

static int open_memfd(void) {
	int fd = memfd_create("latch-stress", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd >= 0 && (ftruncate(fd, BAD_SIZE) != 0 ||
			       fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) != 0)) {
		latch_fd_clear(&fd);
	}
	return fd;
}

static int open_syncobj(const struct bad *bad) {
	struct timeline timeline;
	if (bad->node_fd < 0 || !timeline_init(&timeline, bad->node_fd)) {
		return -1;
	}
	int fd = timeline_export(&timeline);
	timeline_finish(&timeline);
	return fd;
}

static int open_kind(const struct bad *bad, enum bad_fd kind) {
	int fds[2];
	switch (kind) {
	case FD_DMABUF:
		return fcntl(bad->memory.planes[0].fd, F_DUPFD_CLOEXEC, 0);
	case FD_PIPE:
		return pipe2(fds, O_CLOEXEC) == 0 ? keep_one(fds) : -1;
	case FD_FILE:
		return open_file();
	case FD_DIRECTORY:
		return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	case FD_MEMFD:
		return open_memfd();
	case FD_NULL:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case FD_EVENTFD:
		return eventfd(0, EFD_CLOEXEC);
	case FD_SOCKET:
		return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0 ? keep_one(fds)
										    : -1;
	case FD_EPOLL:
		return epoll_create1(EPOLL_CLOEXEC);
	case FD_PATH:
		return open("/", O_PATH | O_CLOEXEC);
	case FD_SYNC_FILE:
		return dmabuf_export_fence(&bad->memory, false);
	case FD_SYNCOBJ:
		return open_syncobj(bad);
	}
	return -1;
}

int bad_open(struct bad *bad, enum bad_fd kind) {
	int fd = open_kind(bad, kind);
	if (fd < 0) {
		bad->missing = kind == FD_SYNCOBJ ? "no DRM node makes timelines"
						  : "a file descriptor of the case can't be had";
	}
	return fd;
}

static void handle_created(
	void *data, struct zwp_linux_buffer_params_v1 *params, struct wl_buffer *wl_buffer) {
	struct bad *bad = data;
	bad->answer = ANSWER_CREATED;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params) {
	struct bad *bad = data;
	bad->answer = ANSWER_FAILED;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

struct zwp_linux_buffer_params_v1 *bad_params(struct bad *bad) {
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(bad->conn.dmabuf);
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, bad);
	return params;
}
