/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "list.h"
#include "log.h"
#include "server.h"

/* "latch WORD ..." is "latch-WORD ...", where there is such a program of ours. */
static void become_subcommand(char **argv) {
	char name[NAME_MAX], path[PATH_MAX];
	if (argv[0] == NULL || argv[1] == NULL || argv[1][0] == '-' || strchr(argv[1], '/') != NULL ||
		snprintf(name, sizeof(name), "latch-%s", argv[1]) >= NAME_MAX ||
		!latch_program_find(name, path)) {
		return;
	}
	argv[1] = path;
	execv(path, &argv[1]);
	perror(path);
	_exit(LATCH_EXIT_NOT_EXECUTABLE);
}

int main(int argc, char **argv) {
	become_subcommand(argv);
	struct latch_options options;
	int status = latch_options_parse(&options, argc, argv);
	if (status >= 0) {
		return status;
	}
	latch_log_init(options.log_level);
	/* A reader that goes away must not end the session before the console is restored. */
	signal(SIGPIPE, SIG_IGN);

	if (options.list) {
		return latch_list(options.device, options.list_json);
	}

	struct latch_server server;
	status = latch_server_init(&server, &options);
	if (status != LATCH_EXIT_OK) {
		return status;
	}
	status = latch_server_run(&server);
	latch_server_finish(&server);
	return status;
}
