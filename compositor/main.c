#include <signal.h>

#include "list.h"
#include "log.h"
#include "server.h"

int main(int argc, char **argv) {
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
