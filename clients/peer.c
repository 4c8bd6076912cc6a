/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

pid_t peer_pid(int socket_fd) {
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);
	return getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

static uint64_t thread_wake_ups(pid_t pid, const char *thread) {
	char path[64], line[128];
	snprintf(path, sizeof(path), "/proc/%d/task/%.20s/status", (int)pid, thread);
	FILE *file = fopen(path, "re");
	uint64_t count = 0;
	while (file && fgets(line, sizeof(line), file) &&
		sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &count) != 1) {
	}
	if (file) {
		fclose(file);
	}
	return count;
}

bool peer_cost(pid_t pid, struct peer_cost *cost) {
	*cost = (struct peer_cost){0};
	clockid_t clock;
	struct timespec time;
	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
		return false;
	}
	cost->cpu_ns = time.tv_sec * INT64_C(1000000000) + time.tv_nsec;

	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *threads = opendir(path);
	if (!threads) {
		return false;
	}
	const struct dirent *entry;
	while ((entry = readdir(threads))) {
		if (isdigit((unsigned char)entry->d_name[0])) {
			cost->wake_ups += thread_wake_ups(pid, entry->d_name);
		}
	}
	closedir(threads);
	return true;
}
