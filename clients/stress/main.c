/*
 * latch-stress: the client that a compositor should survive.
 *
 * What it does is legal but hostile (fences that never signal, floods, deaths), or illegal
 * (--bad). Whoever it runs beside should not notice; this is measured elsewhere, by clients that
 * mean no harm.
 */
#include <stdio.h>

#include "common/util.h"
#include "run.h"

static enum client_exit run_hostile(const struct stress_options *options, int signal_fd) {
	struct hostile_report sum = {0};
	enum client_exit status = CLIENT_EXIT_OK;
	/* A client that the compositor has thrown out comes again: that is what --repeat is for. */
	for (uint64_t n = 0; n < options->repeat && !sum.closed; n++) {
		struct hostile_report report;
		enum client_exit end = options->crowd != CROWD_NONE
					       ? crowd_run(options, signal_fd, &report)
					       : hostile_run(options, signal_fd, &report);
		sum.sync = report.sync ? report.sync : sum.sync;
		sum.commits += report.commits;
		sum.fences += report.fences;
		sum.ended += report.ended;
		sum.busy = report.busy;
		sum.run_ns += report.run_ns;
		sum.closed = report.closed;
		status = end != CLIENT_EXIT_OK ? end : status;
		if (end != CLIENT_EXIT_OK && end != CLIENT_EXIT_CONNECTION) {
			break;
		}
	}
	if (options->json && !stress_report_hostile(options, &sum, status)) {
		return CLIENT_EXIT_FAILURE;
	}
	return status;
}

static enum client_exit run_die(const struct stress_options *options, int signal_fd) {
	struct die_report report;
	enum client_exit status = die_run(options, signal_fd, &report);
	say("%llu clients killed, %llu ended otherwise", (unsigned long long)report.killed,
		(unsigned long long)report.escaped);
	if (options->json && !stress_report_die(options, &report, status)) {
		return CLIENT_EXIT_FAILURE;
	}
	return status;
}

static enum client_exit run_bad(const struct stress_options *options, int signal_fd) {
	struct bad_report report;
	enum client_exit status = bad_run(options, signal_fd, &report);
	if (!options->list) {
		say("%llu ok, %llu not ok, %llu skipped", (unsigned long long)report.ok,
			(unsigned long long)report.not_ok, (unsigned long long)report.skipped);
	}
	return status;
}

int main(int argc, char **argv) {
	struct stress_options options;
	int exit_early = stress_options_parse(&options, argc, argv);
	if (exit_early >= 0) {
		return exit_early;
	}
	int signal_fd = signal_fd_open();
	enum client_exit status = options.die			? run_die(&options, signal_fd)
				  : options.bad || options.list ? run_bad(&options, signal_fd)
								: run_hostile(&options, signal_fd);
	fd_clear(&signal_fd);
	return (int)status;
}
