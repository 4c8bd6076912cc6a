#include "die.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"
#include "common/util.h"

/* A client that has not come to its step by then hangs. */
#define PATIENCE_S 20

static _Noreturn void die(void) {
	kill(getpid(), SIGKILL);
	for (;;) {
		pause();
	}
}

/* Shows a good frame, and waits until the compositor says that it is time for another. */
static bool show(struct stress_client *client, struct source *source) {
	static const struct fence_spec ready = {.kind = FENCE_READY};
	struct stress_surface *surface = &client->surfaces[0];
	window_request_frame(&surface->window);
	if (!stress_surface_commit(client, surface, &ready, source)) {
		return false;
	}
	while (surface->window.frame) {
		if (wl_display_dispatch(client->conn.display) < 0) {
			return false;
		}
	}
	return true;
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
static enum stress_exit live(
	const struct stress_options *options, enum die_step step, struct source *source) {
	struct stress_client client;
	enum stress_exit status = stress_client_init(&client, options);
	if (status != STRESS_EXIT_OK) {
		return status;
	}
	if (step == DIE_BIND) {
		die();
	}
	status = stress_client_make_surfaces(&client);
	if (status != STRESS_EXIT_OK) {
		return status;
	}
	if (step == DIE_BUFFERS) {
		die();
	}
	if (step == DIE_SHOWN && show(&client, source)) {
		die();
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
	die();
broken:
	connection_say_error(&client.conn);
	return STRESS_EXIT_CONNECTION;
}

/* The child's life. The fences are its parent's, so they outlive it. */
static _Noreturn void child(
	const struct stress_options *options, enum die_step step, struct source *source) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent has them blocked. */
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PATIENCE_S);
	_exit((int)live(options, step, source));
}

/* Takes one child's end. */
static enum stress_exit reap(struct die_report *report) {
	int status;
	if (waitpid(-1, &status, 0) < 0) {
		return STRESS_EXIT_FAILURE;
	}
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
		report->killed++;
		return STRESS_EXIT_OK;
	}
	report->escaped++;
	if (WIFSIGNALED(status)) {
		say("a client that was to die hung for %d s: %s", PATIENCE_S,
			strsignal(WTERMSIG(status)));
		return STRESS_EXIT_FAILURE;
	}
	return (enum stress_exit)WEXITSTATUS(status);
}

static bool interrupted(int signal_fd) {
	struct pollfd fd = {.fd = signal_fd, .events = POLLIN};
	return poll(&fd, 1, 0) > 0;
}

enum stress_exit die_run(
	const struct stress_options *options, int signal_fd, struct die_report *report) {
	*report = (struct die_report){0};
	struct source source;
	const char *why;
	if (!source_init(&source, options->fence.kind, &why)) {
		say("--fence %s is not possible: %s", fence_kind_name(options->fence.kind), why);
		return STRESS_EXIT_NO_SOURCE;
	}
	bool all = options->die_step == DIE_ALL;
	enum die_step step = all ? DIE_BIND : options->die_step;
	uint64_t total = options->repeat * (all ? DIE_ALL : 1);
	int64_t end_ns = options->run_ns > 0 ? now_ns() + options->run_ns : INT64_MAX;
	enum stress_exit status = STRESS_EXIT_OK;
	int alive = 0;
	for (uint64_t n = 0; n < total && status == STRESS_EXIT_OK && now_ns() < end_ns &&
			     !interrupted(signal_fd);
		n++) {
		pid_t pid = fork();
		if (pid == 0) {
			child(options, step, &source);
		}
		if (pid < 0) {
			say("fork: %s", strerror(errno));
			status = STRESS_EXIT_FAILURE;
			break;
		}
		alive++;
		report->by_step[step]++;
		step = all ? (enum die_step)((step + 1) % DIE_ALL) : step;
		if (alive == options->at_once) {
			status = reap(report);
			alive--;
		}
	}
	for (; alive > 0; alive--) {
		enum stress_exit last = reap(report);
		status = status == STRESS_EXIT_OK ? last : status;
	}
	source_finish(&source);
	return status;
}
