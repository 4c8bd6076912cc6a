/* SPDX-License-Identifier: MIT */
#include "base/timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

static int handle_readable(int fd, uint32_t mask, void *data) {
	struct latch_timer *timer = data;
	uint64_t expirations;
	if (read(fd, &expirations, sizeof(expirations)) < 0) {
		return 0; // it was set to another time after it had fired
	}
	timer->due_ns = 0;
	timer->handle(timer->data);
	return 0;
}

bool latch_timer_init(struct latch_timer *timer, struct wl_event_loop *loop,
	void (*handle)(void *data), void *data) {
	*timer = (struct latch_timer){.handle = handle, .data = data};
	timer->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer->fd < 0) {
		return false;
	}
	timer->source =
		wl_event_loop_add_fd(loop, timer->fd, WL_EVENT_READABLE, handle_readable, timer);
	if (timer->source == NULL) {
		close(timer->fd);
		return false;
	}
	return true;
}

void latch_timer_set(struct latch_timer *timer, int64_t due_ns) {
	if (timer->due_ns == due_ns) {
		return;
	}
	timer->due_ns = due_ns;
	/* All zeros disarm it. An absolute timer has no slack. */
	const struct itimerspec spec = {.it_value = latch_ns_timespec(due_ns)};
	timerfd_settime(timer->fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

void latch_timer_set_earlier(struct latch_timer *timer, int64_t due_ns) {
	if (timer->due_ns == 0 || due_ns < timer->due_ns) {
		latch_timer_set(timer, due_ns);
	}
}

void latch_timer_finish(struct latch_timer *timer) {
	if (timer->source != NULL) {
		wl_event_source_remove(timer->source);
		close(timer->fd);
	}
	*timer = (struct latch_timer){0};
}
