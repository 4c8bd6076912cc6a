/* SPDX-License-Identifier: MIT */
#include "base/message.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Aligned as the kernel wants it. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(LATCH_MESSAGE_FDS * sizeof(int))];
};

ssize_t latch_message_send(int socket, const void *data, size_t size, const int *fds,
	size_t fds_len, int flags) {
	assert(fds_len <= LATCH_MESSAGE_FDS);
	union control control;
	struct iovec part = {.iov_base = (void *)data, .iov_len = size};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	if (fds_len > 0) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_LEN(fds_len * sizeof(int));
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(fds_len * sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.header), fds, fds_len * sizeof(int));
	}
	ssize_t sent;
	do {
		sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent;
}

ssize_t latch_message_receive(int socket, void *data, size_t size, int *fds, size_t fds_max,
	size_t *fds_len, int flags) {
	assert(fds_max <= LATCH_MESSAGE_FDS);
	union control control;
	struct iovec part = {.iov_base = data, .iov_len = size};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_LEN(fds_max * sizeof(int)), // not one more in what is left
	};
	ssize_t received;
	do {
		received = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	} while (received < 0 && errno == EINTR);
	*fds_len = 0;
	const struct cmsghdr *header = received >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header != NULL && header->cmsg_level == SOL_SOCKET &&
		header->cmsg_type == SCM_RIGHTS) {
		*fds_len = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(header), *fds_len * sizeof(int));
	}
	if (received >= 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
		while (*fds_len > 0) {
			close(fds[--*fds_len]);
		}
		errno = EMSGSIZE;
		return -1;
	}
	return received;
}
