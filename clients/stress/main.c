/* SPDX-License-Identifier: MIT */
/*
 * latch-stress: the client that a compositor should survive.
 *
 * What it does is legal but hostile (fences that never signal, floods, deaths), or illegal
 * (--bad). Whoever it runs beside should not notice; this is measured elsewhere, by clients that
 * mean no harm.
 */
#include "common/json.h"
#include "common/util.h"
#include "run.h"

static bool write_report(const struct stress_options *options, const struct hostile_report *report,
	enum client_exit status) {
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;
	bool ok = stress_report_begin(options, status, &doc, &root) &&
		  (!report->sync || yyjson_mut_obj_add_str(doc, root, "sync", report->sync)) &&
		  yyjson_mut_obj_add_bool(doc, root, "flood", options->flood) &&
		  yyjson_mut_obj_add_int(doc, root, "surfaces", options->surfaces) &&
		  yyjson_mut_obj_add_int(doc, root, "buffers", options->buffers) &&
		  yyjson_mut_obj_add_uint(doc, root, "commits", report->commits) &&
		  yyjson_mut_obj_add_uint(doc, root, "fences", report->fences) &&
		  yyjson_mut_obj_add_uint(doc, root, "fences_ended", report->ended) &&
		  yyjson_mut_obj_add_uint(doc, root, "busy_buffers", report->busy) &&
		  yyjson_mut_obj_add_bool(doc, root, "closed", report->closed) &&
		  yyjson_mut_obj_add_int(doc, root, "run_ns", report->run_ns);
	return json_write(doc, ok, options->json);
}

static enum client_exit run_hostile(const struct stress_options *options, int signal_fd) {
	struct hostile_report report = {0};
	enum client_exit status = CLIENT_EXIT_OK, end = CLIENT_EXIT_OK;
	/* A client that the compositor has thrown out comes again: that is what --repeat is for. */
	for (uint64_t n = 0; n < options->repeat && !report.closed; n++) {
		end = options->crowd != CROWD_NONE ? crowd_run(options, signal_fd, &report)
						   : hostile_run(options, signal_fd, &report);
		status = end != CLIENT_EXIT_OK ? end : status;
		if (end != CLIENT_EXIT_OK && end != CLIENT_EXIT_CONNECTION) {
			break;
		}
	}
	return options->json && !write_report(options, &report, status) ? CLIENT_EXIT_FAILURE
									: status;
}

int main(int argc, char **argv) {
	struct stress_options options;
	int exit_early = stress_options_parse(&options, argc, argv);
	if (exit_early >= 0) {
		return exit_early;
	}
	int signal_fd = signal_fd_open();
	enum client_exit status = options.die			? die_run(&options, signal_fd)
				  : options.bad || options.list ? bad_run(&options, signal_fd)
								: run_hostile(&options, signal_fd);
	latch_fd_clear(&signal_fd);
	return (int)status;
}
