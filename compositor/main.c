#include <wlr/util/log.h>

#include "kms/log.h"
#include "options.h"
#include "server.h"

static void forward_kms_log(enum kms_log_level level, const char *text, void *data) {
	wlr_log(level == KMS_LOG_ERROR ? WLR_ERROR : level == KMS_LOG_INFO ? WLR_INFO : WLR_DEBUG,
		"%s", text);
}

int main(int argc, char **argv) {
	struct latch_options options;
	int status = latch_options_parse(&options, argc, argv);
	if (status >= 0) {
		return status;
	}
	wlr_log_init(options.log_level, NULL);
	kms_log_set(forward_kms_log, NULL);

	if (options.list) {
		return latch_backend_list(options.device, options.list_json);
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
