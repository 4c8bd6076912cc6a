/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <wayland-server-core.h>

/** The COMMAND of the session. */
struct latch_child {
	pid_t pid; // 0 when there is none
	struct wl_event_source *sigchld;
	/** Called once when it has ended: its exit status, or 128 + signal as shells have it. */
	void (*ended)(struct latch_child *child, int status);
};

/**
 * Starts a command with the signal mask, handlers and limit of open files of a fresh process. Waits
 * until it runs or is known not to.
 *
 * Returns 0, or a negative errno: of fork, or of execvp (-ENOENT: not found). ended has to be set
 * before.
 */
int latch_child_start(struct latch_child *child, struct wl_event_loop *loop, char **command);

/**
 * Runs another command, and waits until it has ended, or for that many seconds: then it is killed.
 *
 * Returns its exit status, 127 where there is no such command, or 128 + signal.
 */
int latch_child_run(char **command, unsigned seconds);

/** Asks it to end (SIGTERM). Returns whether it runs, so that ended will be called. */
bool latch_child_ask_to_end(struct latch_child *child);

/** Asks it to end if it runs still, and forgets it. */
void latch_child_finish(struct latch_child *child);
