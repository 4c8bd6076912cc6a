/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/program.h"
#include "document.h"
#include "options.h"

extern char **environ;

static volatile sig_atomic_t latch_pid;

static void hand_on(int signal_number) {
	if (latch_pid > 0) {
		kill(latch_pid, signal_number);
	}
}

/* latch gets the signals that would end this program: latch ends, and it is told what latch has
 * counted. */
static void hand_signals_on(void) {
	const struct sigaction action = {.sa_handler = hand_on};
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &action, NULL);
	}
}

/* Runs a program and waits for its end. stdout_fd: what its standard output is, -1 for ours.
 * Returns its status. */
static int run(char **argv, int stdout_fd) {
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status, error = posix_spawn_file_actions_init(&actions);
	if (error == 0 && stdout_fd >= 0) {
		error = posix_spawn_file_actions_adddup2(&actions, stdout_fd, STDOUT_FILENO);
	}
	error = error == 0 ? posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) : error;
	posix_spawn_file_actions_destroy(&actions);
	if (error != 0) {
		fprintf(stderr, "latch-explain: %s: %s\n", argv[0], strerror(error));
		return EXPLAIN_EXIT_FAILURE;
	}
	latch_pid = pid;
	while (waitpid(pid, &status, 0) != pid) {
		if (errno != EINTR) {
			return EXPLAIN_EXIT_FAILURE;
		}
	}
	latch_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static yyjson_mut_doc *read_all(int fd) {
	struct stat stat;
	return fstat(fd, &stat) == 0 && stat.st_size > 0 ? document_read(fd, (size_t)stat.st_size)
							 : NULL;
}

static bool find_latch(char path[static PATH_MAX]) {
	if (!latch_program_find("latch", path)) {
		fprintf(stderr, "latch-explain: there is no latch beside it\n");
		return false;
	}
	return true;
}

int run_latch(const struct explain_options *options, yyjson_mut_doc **stats) {
	char path[PATH_MAX], file[64];
	char **argv = calloc((size_t)options->latch_len + 4, sizeof(char *));
	int fd = memfd_create("latch-stats", MFD_CLOEXEC);
	int status = EXPLAIN_EXIT_FAILURE;
	*stats = NULL;
	if (!argv || fd < 0) {
		perror("latch-explain");
	} else if (find_latch(path)) {
		/* By a path, as a descriptor that latch inherits its command would inherit, too. */
		snprintf(file, sizeof(file), "/proc/%d/fd/%d", (int)getpid(), fd);
		argv[0] = path;
		argv[1] = "--stats";
		argv[2] = file;
		memcpy(&argv[3], options->latch, (size_t)options->latch_len * sizeof(char *));
		hand_signals_on();
		status = run(argv, -1);
		*stats = read_all(fd);
	}
	if (fd >= 0) {
		close(fd);
	}
	free(argv);
	return status;
}

yyjson_mut_doc *run_list(const char *node) {
	char path[PATH_MAX], device[PATH_MAX];
	yyjson_mut_doc *list = NULL;
	int fd = memfd_create("latch-list", MFD_CLOEXEC);
	if (fd >= 0 && find_latch(path)) {
		snprintf(device, sizeof(device), "--device=%s", node);
		list = run((char *[]){path, device, "--list=json", NULL}, fd) == 0 ? read_all(fd) : NULL;
	}
	if (fd >= 0) {
		close(fd);
	}
	return list;
}
