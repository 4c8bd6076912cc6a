/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** What a process has cost so far. */
struct peer_cost {
	int64_t cpu_ns;	   /* of all its threads, ended ones too */
	uint64_t wake_ups; /* how often a thread of it went to sleep and came back */
};

/** The process that listens at the other end of the socket, or 0: it is in another PID namespace,
 * or the socket was handed to it. */
pid_t peer_pid(int socket_fd);

/** Returns false where the process can't be looked at. */
bool peer_cost(pid_t pid, struct peer_cost *cost);
