/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define NS_PER_SEC INT64_C(1000000000)
/* A machine that has been up for some while: times are neither 0 nor huge. */
#define BEGIN_NS (1000 * NS_PER_SEC)
#define MAX_TIMERS 64

/* The sanitizers and the fuzzer itself may come by here before they are ready. */
#define PLAIN __attribute__((no_sanitize("address", "undefined", "coverage")))

static struct {
	bool frozen;
	int64_t now_ns;
	struct {
		int fd;
		int64_t expires_ns; /* 0: not set */
	} timers[MAX_TIMERS];
	size_t len;
} clock_state;

void clock_freeze(void) {
	clock_state.now_ns = BEGIN_NS;
	clock_state.frozen = true;
}

int64_t clock_now_ns(void) {
	return clock_state.now_ns;
}

PLAIN int clock_gettime(clockid_t id, struct timespec *ts) {
	if (!clock_state.frozen || id != CLOCK_MONOTONIC) {
		return (int)syscall(SYS_clock_gettime, id, ts);
	}
	ts->tv_sec = clock_state.now_ns / NS_PER_SEC;
	ts->tv_nsec = clock_state.now_ns % NS_PER_SEC;
	return 0;
}

/* An eventfd has what a timerfd has: it is readable once it has expired, and read() gives a
 * number of 8 bytes. Timers are the server's, made once: who closes one confuses us. */
int timerfd_create(int id, int flags) {
	if (!clock_state.frozen) {
		return (int)syscall(SYS_timerfd_create, id, flags);
	}
	if (clock_state.len == MAX_TIMERS) {
		fputs("fuzz: more timerfds than the clock knows\n", stderr);
		abort();
	}
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	clock_state.timers[clock_state.len].fd = fd;
	clock_state.timers[clock_state.len++].expires_ns = 0;
	return fd;
}

static void expire(size_t i) {
	clock_state.timers[i].expires_ns = 0;
	if (eventfd_write(clock_state.timers[i].fd, 1) != 0) {
		perror("fuzz: a timerfd was closed");
		abort();
	}
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old) {
	size_t i = 0;
	while (i < clock_state.len && clock_state.timers[i].fd != fd) {
		i++;
	}
	if (i == clock_state.len) {
		return (int)syscall(SYS_timerfd_settime, fd, flags, new, old);
	}
	eventfd_t count;
	eventfd_read(fd, &count);
	int64_t value_ns = (int64_t)new->it_value.tv_sec * NS_PER_SEC + new->it_value.tv_nsec;
	if (value_ns != 0 && !(flags & TFD_TIMER_ABSTIME)) {
		value_ns += clock_state.now_ns;
	}
	clock_state.timers[i].expires_ns = value_ns;
	if (value_ns != 0 && value_ns <= clock_state.now_ns) {
		expire(i);
	}
	return 0;
}

void clock_advance(int64_t ns, void (*turn)(void *data), void *data) {
	const int64_t end_ns = clock_state.now_ns + ns;
	for (;;) {
		size_t first = clock_state.len;
		for (size_t i = 0; i < clock_state.len; i++) {
			int64_t expires_ns = clock_state.timers[i].expires_ns;
			if (expires_ns != 0 && expires_ns <= end_ns &&
				(first == clock_state.len ||
					expires_ns < clock_state.timers[first].expires_ns)) {
				first = i;
			}
		}
		if (first == clock_state.len) {
			break;
		}
		if (clock_state.timers[first].expires_ns > clock_state.now_ns) {
			clock_state.now_ns = clock_state.timers[first].expires_ns;
		}
		expire(first);
		turn(data);
	}
	clock_state.now_ns = end_ns;
	turn(data);
}
