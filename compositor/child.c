/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/source.h"
#include "limits/fds.h"

static void run_command(char **command, int error_fd) {
	/* The event loop blocks the signals it takes by signalfd; the mask survives exec. */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	latch_fds_restore_limit();
	execvp(command[0], command);
	int error = errno;
	/* When exec succeeds the pipe is closed, and the parent reads the end without an error
	 * number. */
	ssize_t written = write(error_fd, &error, sizeof(error));
	(void)written;
	_exit(error == ENOENT ? 127 : 126);
}

static int exit_status(int status) {
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int handle_sigchld(int signal_number, void *data) {
	struct latch_child *child = data;
	int status;
	if (child->pid == 0 || waitpid(child->pid, &status, WNOHANG) != child->pid) {
		return 0;
	}
	child->pid = 0;
	child->ended(child, exit_status(status));
	return 0;
}

int latch_child_start(struct latch_child *child, struct wl_event_loop *loop, char **command) {
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0) {
		return -errno;
	}
	child->sigchld = wl_event_loop_add_signal(loop, SIGCHLD, handle_sigchld, child);
	if (child->sigchld == NULL) {
		close(fds[0]);
		close(fds[1]);
		return -ENOMEM;
	}
	pid_t pid = fork();
	if (pid == 0) {
		run_command(command, fds[1]);
	}
	int error = pid < 0 ? errno : 0;
	close(fds[1]);
	if (pid > 0 && read(fds[0], &error, sizeof(error)) == (ssize_t)sizeof(error)) {
		waitpid(pid, NULL, 0);
	}
	close(fds[0]);
	if (error != 0) {
		return -error;
	}
	child->pid = pid;
	return 0;
}

int latch_child_run(char **command, unsigned seconds) {
	int status = 0;
	const pid_t pid = fork();
	if (pid == 0) {
		alarm(seconds); // which a program inherits
		run_command(command, -1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		return 126;
	}
	return exit_status(status);
}

bool latch_child_ask_to_end(struct latch_child *child) {
	return child->pid > 0 && kill(child->pid, SIGTERM) == 0;
}

void latch_child_finish(struct latch_child *child) {
	latch_child_ask_to_end(child);
	child->pid = 0;
	latch_source_clear(&child->sigchld);
}
