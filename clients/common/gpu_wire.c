/* SPDX-License-Identifier: MIT */
#include "gpu_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool gpu_wire_address(struct sockaddr_un *address) {
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	const char *path = getenv("LATCH_GPU"), *directory = getenv("XDG_RUNTIME_DIR");
	if (!path && !directory) {
		errno = ENOENT;
		return false;
	}
	int len = snprintf(address->sun_path, sizeof(address->sun_path), "%s%s",
		path ? path : directory, path ? "" : "/lab-gpu");
	errno = ENAMETOOLONG;
	return len > 0 && (size_t)len < sizeof(address->sun_path);
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int) * GPU_WIRE_MAX_FDS)];
};

bool gpu_wire_send(int socket, const void *data, size_t size, const int *fds, size_t num_fds) {
	union control control = {0};
	struct iovec part = {.iov_base = (void *)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (num_fds > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * num_fds);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int) * num_fds);
		memcpy(CMSG_DATA(header), fds, sizeof(int) * num_fds);
	}
	ssize_t sent;
	do {
		sent = sendmsg(socket, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == (ssize_t)size;
}

ssize_t gpu_wire_receive(int socket, void *data, size_t size, int *fds, size_t *num_fds) {
	union control control;
	struct iovec part = {.iov_base = data, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t received;
	do {
		received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	} while (received < 0 && errno == EINTR);
	*num_fds = 0;
	if (received < 0) {
		return received;
	}
	for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
		header = CMSG_NXTHDR(&message, header)) {
		if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
			size_t num = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
			memcpy(&fds[*num_fds], CMSG_DATA(header), num * sizeof(int));
			*num_fds += num;
		}
	}
	if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
		while (*num_fds > 0) {
			close(fds[--*num_fds]);
		}
		errno = EBADMSG;
		return -1;
	}
	return received;
}
