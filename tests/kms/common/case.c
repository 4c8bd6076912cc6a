/* SPDX-License-Identifier: MIT */
#include "case.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* gcc defines the first, clang has the second. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

#define DEFAULT_LIMIT_S 20
#define STATUS_SKIP 77

/* A case says why it ends through a pipe; everything else goes straight to stdout. */
static int reason_fd = STDERR_FILENO;

bool time_is_exact(void) {
	const char *clock = getenv("LATCH_LAB_CLOCK");
	return !SANITIZED && clock != NULL && strcmp(clock, "virtual") == 0;
}

void sleep_ms(int ms) {
	usleep((unsigned)ms * 1000);
}

static _Noreturn void end(int status, const char *format, va_list args) {
	vdprintf(reason_fd, format, args);
	dprintf(reason_fd, "\n");
	fflush(stdout);
	_exit(status);
}

void fail(const char *format, ...) {
	va_list args;
	va_start(args, format);
	end(1, format, args);
}

void skip(const char *format, ...) {
	va_list args;
	va_start(args, format);
	end(STATUS_SKIP, format, args);
}

void note(const char *format, ...) {
	va_list args;
	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
}

/* Returns whether the case did not fail. */
static bool run_case(const struct test_case *test) {
	/* What the case has started may hold the other end when it is gone. */
	int fds[2];
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0) {
		printf("not ok - %s\n# pipe: %s\n", test->name, strerror(errno));
		return false;
	}
	fflush(stdout);
	int limit_s = test->limit_s > 0 ? test->limit_s : DEFAULT_LIMIT_S;
	int64_t start = latch_now_ns();
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm((unsigned)limit_s);
		close(fds[0]);
		reason_fd = fds[1];
		test->run(test->value);
		fflush(stdout);
		_exit(0);
	}
	CHECK(pid > 0, "no memory for a process");
	setpgid(pid, pid);
	close(fds[1]);
	int status = 0;
	waitpid(pid, &status, 0);
	kill(-pid, SIGKILL); // with everything that it has started: it leads a group
	double seconds = (double)(latch_now_ns() - start) / 1e9;

	char reason[512] = "";
	ssize_t len = read(fds[0], reason, sizeof(reason) - 1);
	reason[len > 0 ? len - 1 : 0] = '\0';
	close(fds[0]);

	bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIP;
	bool ok = status == 0 || skipped;
	printf("%s - %s", ok ? "ok" : "not ok", test->name);
	if (skipped) {
		printf(" # SKIP %s\n", reason);
	} else if (ok) {
		printf("\n# %.1f s\n", seconds);
	} else if (WIFEXITED(status)) {
		printf("\n# %s\n", reason);
	} else if (WTERMSIG(status) == SIGALRM) {
		printf("\n# not done after %d s\n", limit_s);
	} else {
		printf("\n# killed by signal %d\n", WTERMSIG(status));
	}
	fflush(stdout);
	return ok;
}

static bool is_wanted(const char *name, int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		if (strstr(name, argv[i]) != NULL) {
			return true;
		}
	}
	return argc <= 1;
}

int test_main(int argc, char **argv, const struct test_case *cases) {
	bool ok = true;
	for (const struct test_case *test = cases; test->name != NULL; test++) {
		if (is_wanted(test->name, argc, argv)) {
			ok = run_case(test) && ok;
		}
	}
	return ok ? 0 : 1;
}
