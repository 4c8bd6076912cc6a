#include "case.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* A case says why it ends through this pipe; everything else goes straight to stdout. */
static int reason_fd = -1;

bool time_is_exact(void) {
	const char *clock = getenv("LATCH_LAB_CLOCK");
	return !SANITIZED && clock != NULL && strcmp(clock, "virtual") == 0;
}

int64_t now_ns(void) {
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void sleep_ms(int ms) {
	struct timespec ts = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS};
	while (nanosleep(&ts, &ts) != 0 && errno == EINTR) {
	}
}

static _Noreturn void end(int status, const char *format, va_list args) {
	char text[512];
	int len = vsnprintf(text, sizeof(text), format, args);
	if (len >= (int)sizeof(text)) {
		len = sizeof(text) - 1;
	}
	if (reason_fd < 0) {
		fprintf(stderr, "%s\n", text);
	} else if (write(reason_fd, text, (size_t)len) != len) {
		perror("write");
	}
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

/* Whether it ends in time. What is left of it then is ended, with everything that it has started:
 * it leads a group. */
static bool wait_for(pid_t pid, int limit_s, int *status) {
	struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	bool ended = poll(&end, 1, limit_s * 1000) == 1;
	close(end.fd);
	kill(-pid, SIGKILL);
	waitpid(pid, status, 0);
	return ended;
}

/* Returns whether the case did not fail. */
static bool run_case(const struct test_case *test) {
	int fds[2];
	if (pipe(fds) != 0) {
		printf("not ok - %s: pipe: %s\n", test->name, strerror(errno));
		return false;
	}
	fflush(stdout);
	int64_t start = now_ns();
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		reason_fd = fds[1];
		test->run(test->value);
		fflush(stdout);
		_exit(0);
	}
	setpgid(pid, pid);
	close(fds[1]);
	int status = 0;
	int limit_s = test->limit_s > 0 ? test->limit_s : DEFAULT_LIMIT_S;
	bool ended = wait_for(pid, limit_s, &status);
	double seconds = (double)(now_ns() - start) / 1e9;

	char reason[512] = "";
	struct pollfd readable = {.fd = fds[0], .events = POLLIN};
	ssize_t len = poll(&readable, 1, 0) > 0 ? read(fds[0], reason, sizeof(reason) - 1) : 0;
	reason[len > 0 ? len : 0] = '\0';
	close(fds[0]);

	bool ok = false;
	if (!ended) {
		printf("not ok - %s\n# not done after %d s\n", test->name, limit_s);
	} else if (WIFSIGNALED(status)) {
		printf("not ok - %s\n# killed by signal %d\n", test->name, WTERMSIG(status));
	} else if (WEXITSTATUS(status) == STATUS_SKIP) {
		printf("ok - %s # SKIP %s\n", test->name, reason);
		ok = true;
	} else if (WEXITSTATUS(status) != 0) {
		printf("not ok - %s\n# %s\n", test->name, reason);
	} else {
		printf("ok - %s\n# %.1f s\n", test->name, seconds);
		ok = true;
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
