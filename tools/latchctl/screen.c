/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 100

static volatile sig_atomic_t interrupted;
static sigset_t while_waiting;

static void handle_signal(int number) {
	/* For a new size it is enough that the wait ends. */
	interrupted = interrupted || number != SIGWINCH;
}

void screen_catch_signals(void) {
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
	struct sigaction action = {.sa_handler = handle_signal};
	sigset_t blocked;
	sigemptyset(&action.sa_mask);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&blocked, numbers[i]);
	}
	/* They come while we wait, and so never between a look and the wait. */
	sigprocmask(SIG_BLOCK, &blocked, &while_waiting);
}

bool screen_interrupted(void) {
	return interrupted;
}

void screen_wait(double seconds, int fd) {
	struct timespec time = {.tv_sec = (time_t)seconds};
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	struct pollfd poll = {.fd = fd, .events = POLLIN};
	ppoll(&poll, 1, &time, &while_waiting);
}

void screen_enter(void) {
	fputs("\033[?1049h\033[?25l", stdout);
}

void screen_leave(void) {
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
}

void screen_size(int *columns, int *lines) {
	struct winsize size;
	*lines = 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		*columns = size.ws_col;
		*lines = size.ws_row;
		return;
	}
	const char *text = getenv("COLUMNS");
	int width = text ? atoi(text) : 0;
	*columns = width > 0 ? width : DEFAULT_COLUMNS;
}
