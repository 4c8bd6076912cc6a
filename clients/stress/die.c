/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "common/json.h"
#include "common/util.h"

/* A client that has not come to its step by then hangs. Of many that start at once, each has to
 * wait for the others. */
#define PATIENCE_S 20
#define AT_ONCE_A_SECOND 5

/* Where the clients of a group meet before they die. */
struct group {
	int arrived[2]; /* each closes the end for writing when it has come to its step, or can't */
	int go[2];	/* and waits until nobody has this one open for writing */
};

/* What became of the clients that were to die. */
struct die_report {
	uint64_t killed;  /* where they should be */
	uint64_t escaped; /* ended otherwise: an error that was said, or they hung */
	uint64_t by_step[DIE_ALL];
};

/* Waits for the others, and dies with them. */
static _Noreturn void die(struct group *group) {
	char byte;
	alarm(0);
	latch_fd_clear(&group->arrived[1]);
	while (read(group->go[0], &byte, 1) > 0) {
	}
	kill(getpid(), SIGKILL);
	for (;;) {
		pause();
	}
}

/* How long a frame callback is waited for. A window that is covered before its first frame was on
 * the screen gets none, and the windows of a group may cover each other. */
#define COVERED_S 2

static bool has_callback(const void *data) {
	const struct window *window = data;
	return window->frame == NULL;
}

/* Shows a good frame, and waits until the compositor says that it is time for another. */
static bool show(struct stress_client *client, struct source *source) {
	static const struct fence_spec ready = {.kind = FENCE_READY};
	struct stress_surface *surface = &client->surfaces[0];
	window_request_frame(&surface->window);
	if (!stress_surface_commit(client, surface, &ready, source)) {
		return false;
	}
	return connection_wait(&client->conn, has_callback, &surface->window, COVERED_S);
}

static bool reach_fence(struct stress_client *client, struct source *source, bool and_commit) {
	for (int i = 0; i < client->num_surfaces; i++) {
		struct stress_surface *surface = &client->surfaces[i];
		const struct fence_spec *spec = &client->options->fence;
		if (!stress_surface_prepare(client, surface, spec, source)) {
			return false;
		}
		if (and_commit) {
			wl_surface_commit(surface->window.surface);
		}
	}
	return wl_display_flush(client->conn.display) >= 0;
}

/* Comes to the step, and dies. Returns when it can't. */
static enum client_exit live(const struct stress_options *options, enum die_step step,
	struct source *source, struct group *group) {
	struct stress_client client;
	enum client_exit status = stress_client_init(&client, options);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	if (step == DIE_BIND) {
		die(group);
	}
	status = stress_client_make_surfaces(&client);
	if (status != CLIENT_EXIT_OK) {
		return status;
	}
	if (step == DIE_BUFFERS) {
		die(group);
	}
	if (step == DIE_SHOWN && show(&client, source)) {
		die(group);
	}
	/* What was shown before stays on the screen while the next one is waited for. */
	if (step == DIE_PENDING && !show(&client, source)) {
		goto broken;
	}
	if (step == DIE_SHOWN || !reach_fence(&client, source, step != DIE_FENCE)) {
		goto broken;
	}
	if (step == DIE_PENDING && wl_display_roundtrip(client.conn.display) < 0) {
		goto broken;
	}
	die(group);
broken:
	return connection_say_error(&client.conn);
}

/* The child's life. The fences are its parent's, so they outlive it. */
static _Noreturn void child(const struct stress_options *options, enum die_step step,
	struct source *source, struct group *group) {
	latch_fd_clear(&group->arrived[0]);
	latch_fd_clear(&group->go[1]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent has them blocked. */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PATIENCE_S + (unsigned)options->at_once / AT_ONCE_A_SECOND);
	_exit((int)live(options, step, source, group));
}

/* Takes one child's end. */
static enum client_exit reap(struct die_report *report) {
	int status;
	if (waitpid(-1, &status, 0) < 0) {
		return CLIENT_EXIT_FAILURE;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		report->killed++;
		return CLIENT_EXIT_OK;
	}
	report->escaped++;
	if (WIFSIGNALED(status)) {
		return failed(CLIENT_EXIT_FAILURE, "a client that was to die hung: %s",
			strsignal(WTERMSIG(status)));
	}
	return (enum client_exit)WEXITSTATUS(status);
}

static void group_finish(struct group *group) {
	for (int i = 0; i < 2; i++) {
		latch_fd_clear(&group->arrived[i]);
		latch_fd_clear(&group->go[i]);
	}
}

/* So many clients, which all come to their steps, and then die at the same moment. */
static enum client_exit run_group(const struct stress_options *options, uint64_t number,
	enum die_step *step, struct source *source, struct die_report *report) {
	struct group group = {.arrived = {-1, -1}, .go = {-1, -1}};
	enum client_exit status = CLIENT_EXIT_OK;
	if (pipe2(group.arrived, O_CLOEXEC) != 0 || pipe2(group.go, O_CLOEXEC) != 0) {
		group_finish(&group);
		return failed(CLIENT_EXIT_FAILURE, "pipe: %s", strerror(errno));
	}
	uint64_t alive = 0;
	for (; alive < number && status == CLIENT_EXIT_OK; alive++) {
		pid_t pid = fork();
		if (pid == 0) {
			child(options, *step, source, &group);
		}
		if (pid < 0) {
			status = failed(CLIENT_EXIT_FAILURE, "fork: %s", strerror(errno));
			break;
		}
		report->by_step[*step]++;
		if (options->die_step == DIE_ALL) {
			*step = (enum die_step)((*step + 1) % DIE_ALL);
		}
	}
	char byte;
	latch_fd_clear(&group.arrived[1]);
	while (read(group.arrived[0], &byte, 1) > 0) {
	}
	group_finish(&group);
	for (; alive > 0; alive--) {
		enum client_exit last = reap(report);
		status = status == CLIENT_EXIT_OK ? last : status;
	}
	return status;
}

static bool write_report(const struct stress_options *options, const struct die_report *report,
	enum client_exit status) {
	yyjson_mut_doc *doc;
	yyjson_mut_val *root;
	bool ok = stress_report_begin(options, status, &doc, &root) &&
		  yyjson_mut_obj_add_uint(doc, root, "killed", report->killed) &&
		  yyjson_mut_obj_add_uint(doc, root, "escaped", report->escaped);
	yyjson_mut_val *steps = ok ? yyjson_mut_obj_add_obj(doc, root, "steps") : NULL;
	ok = steps != NULL;
	for (int step = 0; ok && step < DIE_ALL; step++) {
		ok = yyjson_mut_obj_add_uint(
			doc, steps, die_step_names[step], report->by_step[step]);
	}
	return json_write(doc, ok, options->json);
}

enum client_exit die_run(const struct stress_options *options, int signal_fd) {
	struct die_report report = {0};
	struct source source;
	enum client_exit status = source_init(&source, options->fence.kind);
	bool all = options->die_step == DIE_ALL;
	enum die_step step = all ? DIE_BIND : options->die_step;
	uint64_t left = options->repeat * (all ? DIE_ALL : 1);
	int64_t end_ns = options->run_ns > 0 ? latch_now_ns() + options->run_ns : INT64_MAX;
	while (left > 0 && status == CLIENT_EXIT_OK && latch_now_ns() < end_ns &&
		!fd_readable(signal_fd)) {
		uint64_t number = (uint64_t)options->at_once;
		number = number < left ? number : left;
		status = run_group(options, number, &step, &source, &report);
		left -= number;
	}
	source_finish(&source);
	say("%llu clients killed, %llu ended otherwise", (unsigned long long)report.killed,
		(unsigned long long)report.escaped);
	return options->json && !write_report(options, &report, status) ? CLIENT_EXIT_FAILURE
									: status;
}
