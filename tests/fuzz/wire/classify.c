/* SPDX-License-Identifier: MIT */
#include "classify.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIN_POOL_SHIFT 8 // 1 MiB

static enum fuzz_fd classify_anonymous(int fd, unsigned *size) {
	static const struct {
		const char *begin;
		enum fuzz_fd kind;
	} names[] = {
		{"/dmabuf:", FUZZ_FD_DMABUF},
		{"anon_inode:sync_file", FUZZ_FD_PENDING_SYNC_FILE},
		{"anon_inode:syncobj_file", FUZZ_FD_SYNCOBJ},
		{"anon_inode:[eventfd]", FUZZ_FD_EVENTFD},
	};
	char path[64], target[256] = {0};
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, target, sizeof(target) - 1) > 0) {
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strncmp(target, names[i].begin, strlen(names[i].begin)) == 0) {
				return names[i].kind;
			}
		}
	}
	/* A pool's file most often grows after it was sent, before the pool does. */
	*size = *size < MIN_POOL_SHIFT ? MIN_POOL_SHIFT : *size;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && seals & F_SEAL_SHRINK ? FUZZ_FD_SEALED_MEMFD : FUZZ_FD_MEMFD;
}

enum fuzz_fd classify_fd(int fd, unsigned *size) {
	struct stat st;
	*size = 0;
	if (fstat(fd, &st) != 0) {
		return FUZZ_FD_NULL;
	}
	off_t bytes = lseek(fd, 0, SEEK_END);
	while (*size < FUZZ_MAX_SIZE_SHIFT && (off_t)FUZZ_PAGE << *size < bytes) {
		++*size;
	}
	if (S_ISFIFO(st.st_mode)) {
		int flags = fcntl(fd, F_GETFL);
		return (flags & O_ACCMODE) == O_WRONLY ? FUZZ_FD_PIPE_WRITE : FUZZ_FD_PIPE_READ;
	}
	if (S_ISDIR(st.st_mode)) {
		return FUZZ_FD_DIRECTORY;
	}
	if (S_ISCHR(st.st_mode)) {
		return FUZZ_FD_NULL;
	}
	if (S_ISSOCK(st.st_mode)) {
		int listening = 0;
		socklen_t len = sizeof(listening);
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len);
		return listening ? FUZZ_FD_LISTENING_SOCKET : FUZZ_FD_SOCKET;
	}
	return classify_anonymous(fd, size);
}
