/* SPDX-License-Identifier: MIT */
/*
 * latch-present: presentation feedback for clients that ask for none, under any compositor.
 *
 * It stands between: a process of its own that clients connect to instead of the compositor. It
 * passes everything on (relay.c, wire.c), follows the requests that are about pictures (requests.c,
 * objects.c) and puts requests of its own in between (tap.c). What comes of them is told as latch
 * tells of its frames (report.c).
 *
 * The other way would have been a library in LD_PRELOAD over libwayland-client. It would save a
 * switch of processes for each message, but is not there for clients that are linked statically,
 * bring a libwayland of their own (Chromium) or have none (Rust's wayland-rs), or start in a
 * sandbox; it would share a queue, locks and wake-ups with the threads of toolkits and of Mesa,
 * whose timing it is to measure; and it would be gone with a client that crashes. The socket is all
 * that clients have in common.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/options.h"
#include "relay.h"
#include "report.h"

enum { EXIT_FAILED = 125, EXIT_NO_EXEC = 126, EXIT_NOT_FOUND = 127 };

struct options {
	const char *trace, *stats;
	bool quiet;
};

static const struct option_row rows[] = {
	{.help = "Usage: latch-present [OPTION]... [--] COMMAND [ARGUMENT]...\n"
		 "Runs a Wayland client, and says when its frames were seen: from the commit to the flip,\n"
		 "vblanks missed, zero-copy, kind of synchronisation, buffers. Under any compositor.\n"
		 "\n"},
	{"trace", "FILE", "write each frame to FILE, for latch-report", OPTION_TEXT,
		OPTION_MEMBER(struct options, trace)},
	{"stats", "FILE", "write the sums to FILE as JSON", OPTION_TEXT,
		OPTION_MEMBER(struct options, stats)},
	{"quiet", NULL, "print no table at the end, on standard error", OPTION_SET,
		OPTION_MEMBER(struct options, quiet), .min = 1},
	{.help = "  --version, --help\n"
		 "\n"
		 "Exit status: the command's, or 128 and the number of the signal that ended it; 125 when\n"
		 "latch-present failed, 126 or 127 when the command can't be started or was not found.\n"},
};

static const struct option_table table = {
	.program = "latch-present",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 16,
	.rest = OPTION_REST_COMMAND,
	.usage_status = EXIT_FAILED,
	.hint = "Try 'latch-present --help'.",
};

struct session {
	struct relay relay;
	pid_t pid; /* of the command; 0: it has ended */
	int status;
	bool childless; /* neither the command nor a child that it has left is there any more */
	bool asked_to_end; /* by a signal */
};

static int handle_child(int signal_number, void *data) {
	struct session *session = data;
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == session->pid) {
			session->pid = 0;
			session->status = WIFEXITED(status) ? WEXITSTATUS(status)
							    : 128 + WTERMSIG(status);
		}
	}
	session->childless = pid < 0;
	return 0;
}

/* A client may be on its way to its first connection when the command that forked it has ended. */
static bool waits(const struct session *session) {
	return session->pid > 0 ||
	       (!session->asked_to_end &&
		       (relay_is_busy(&session->relay) ||
			       (!session->relay.used && !session->childless)));
}

/* The signal goes on to the command; children that it has left are not waited for any more. */
static int handle_end(int signal_number, void *data) {
	struct session *session = data;
	session->asked_to_end = true;
	if (session->pid > 0) {
		kill(session->pid, signal_number);
	}
	return 0;
}

/* Starts the command, with no signal blocked: the event loop has blocked those that it takes.
 * Returns 0 or an errno. */
static int start(struct session *session, char **command) {
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_t how;
	posix_spawnattr_init(&how);
	posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&how, &none);
	const int error = posix_spawnp(&session->pid, command[0], NULL, &how, command, environ);
	posix_spawnattr_destroy(&how);
	session->pid = error == 0 ? session->pid : 0;
	return error;
}

static int say(int status, const char *what, const char *why) {
	fprintf(stderr, "latch-present: %s: %s\n", what, why);
	return status;
}

/* Takes real-time priority where that is allowed, as compositors do: what is late here is late for
 * the client and the compositor. The command, which runs already, does not have it. */
static void go_first(void) {
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param);
}

/* Runs until the command and all of its children that show something have ended. Returns the
 * status. */
static int run(struct session *session, struct wl_event_loop *loop, char **command) {
	static const int ends[] = {SIGTERM, SIGINT, SIGHUP};
	bool watched = wl_event_loop_add_signal(loop, SIGCHLD, handle_child, session) != NULL;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		watched &= wl_event_loop_add_signal(loop, ends[i], handle_end, session) != NULL;
	}
	if (!watched) {
		return say(EXIT_FAILED, command[0], "no memory");
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	const int error = start(session, command);
	if (error != 0) {
		return say(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NO_EXEC, command[0], strerror(error));
	}
	go_first();
	while (waits(session)) {
		wl_event_loop_dispatch(loop, -1);
	}
	return session->status;
}

static int present(struct present_report *report, char **command) {
	struct session session = {0};
	const char *why = "no memory";
	struct wl_event_loop *loop = wl_event_loop_create();
	int status = loop != NULL && relay_init(&session.relay, loop, report, &why)
			     ? run(&session, loop, command)
			     : say(EXIT_FAILED, "can't stand between", why);
	if (loop != NULL) {
		relay_finish(&session.relay);
		wl_event_loop_destroy(loop);
	}
	return status;
}

/* Prints and writes the sums. Returns the status. */
static int tell(const struct options *options, const struct present_report *report, int status) {
	if (!options->quiet) {
		report_print(report, stderr);
	}
	FILE *file = options->stats != NULL ? fopen(options->stats, "we") : NULL;
	int error = options->stats != NULL && file == NULL ? -errno : 0;
	if (file != NULL) {
		error = latch_statistics_write_json(report->statistics, file);
		error = fclose(file) != 0 && error == 0 ? -errno : error;
	}
	return error != 0 ? say(EXIT_FAILED, options->stats, strerror(-error)) : status;
}

int main(int argc, char **argv) {
	struct options options = {0};
	int status = options_parse(&table, &options, argc, argv);
	if (status >= 0) {
		return status;
	}
	if (optind == argc) {
		return say(EXIT_FAILED, "which command?", table.hint);
	}
	struct present_report report;
	int error = report_init(&report, options.trace);
	if (error == 0) {
		status = present(&report, argv + optind);
		status = tell(&options, &report, status);
	}
	const int late = report_finish(&report);
	error = error != 0 ? error : late;
	return error != 0 ? say(EXIT_FAILED, options.trace != NULL ? options.trace : "memory",
				    strerror(-error))
			  : status;
}
