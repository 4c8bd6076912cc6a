/* SPDX-License-Identifier: MIT */
/* A timer for an absolute time, on an event loop of libwayland. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

/**
 * A timerfd of CLOCK_MONOTONIC. libwayland's own timers count milliseconds from now and round up;
 * this one fires at the nanosecond that is asked for, as exactly as the kernel's timers do. Zeroed
 * before latch_timer_init(). Must not move while it is initialized.
 */
struct latch_timer {
	int fd;
	struct wl_event_source *source;
	/** When it fires, as CLOCK_MONOTONIC in ns; 0: it is not set. */
	int64_t due_ns;
	void (*handle)(void *data);
	void *data;
};

/**
 * `handle` is called from the loop once after each time that was set; the timer is not set while it
 * runs. Returns false with nothing to free when there are no fds or no memory.
 */
bool latch_timer_init(struct latch_timer *timer, struct wl_event_loop *loop,
	void (*handle)(void *data), void *data);

/** A time that has passed fires at the loop's next turn, 0 stops the timer. The same again is
 * free. */
void latch_timer_set(struct latch_timer *timer, int64_t due_ns);

/** Sets it for this time unless it fires before that. A timer that serves many is set so by each of
 * them. */
void latch_timer_set_earlier(struct latch_timer *timer, int64_t due_ns);

/** A zeroed one, and one that latch_timer_init() refused, is fine. */
void latch_timer_finish(struct latch_timer *timer);
