/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wlr/util/log.h>

#include "base/fd.h"
#include "base/minmax.h"
#include "base/source.h"

/* Does not block: a manager that reads slowly must not delay frames. */
static bool tell(const struct latch_notify *notify, const char *state) {
	return sendto(notify->fd, state, strlen(state), MSG_DONTWAIT | MSG_NOSIGNAL,
		       (const struct sockaddr *)&notify->address, notify->address_size) >= 0;
}

static int feed(void *data) {
	struct latch_notify *notify = data;
	tell(notify, "WATCHDOG=1");
	wl_event_source_timer_update(notify->timer, notify->period_ms);
	return 0;
}

/* A path, or with '@' in front a name that is in no file system. */
static bool set_address(struct latch_notify *notify, const char *name) {
	const size_t length = strlen(name);
	if ((name[0] != '/' && name[0] != '@') || length >= sizeof(notify->address.sun_path)) {
		return false;
	}
	notify->address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(notify->address.sun_path, name, length);
	if (name[0] == '@') {
		notify->address.sun_path[0] = '\0';
	}
	notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	return true;
}

/* Half of what the manager waits, see sd_watchdog_enabled(3); 0: it does not wait for us. */
static int watchdog_period_ms(void) {
	const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (us == NULL || (pid != NULL && strtol(pid, NULL, 10) != getpid())) {
		return 0;
	}
	return (int)latch_min(strtoll(us, NULL, 10) / 2000, (long long)INT_MAX);
}

static void start_watchdog(struct latch_notify *notify, struct wl_event_loop *loop) {
	notify->period_ms = watchdog_period_ms();
	if (notify->period_ms <= 0) {
		return;
	}
	notify->timer = wl_event_loop_add_timer(loop, feed, notify);
	if (notify->timer != NULL) {
		wl_event_source_timer_update(notify->timer, notify->period_ms);
		wlr_log(WLR_INFO, "the watchdog is fed every %d ms", notify->period_ms);
	}
}

void latch_notify_init(struct latch_notify *notify, struct wl_event_loop *loop) {
	*notify = (struct latch_notify){.fd = -1};
	const char *name = getenv("NOTIFY_SOCKET");
	if (name != NULL && set_address(notify, name)) {
		notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	if (notify->fd >= 0) {
		start_watchdog(notify, loop);
	} else if (name != NULL) {
		wlr_log(WLR_ERROR,
			"the service manager is told nothing: NOTIFY_SOCKET, %s, can't be used",
			name);
	}
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void latch_notify_ready(struct latch_notify *notify) {
	if (notify->fd >= 0 && !notify->ready) {
		notify->ready = tell(notify, "READY=1");
	}
}

void latch_notify_stopping(struct latch_notify *notify) {
	if (notify->fd >= 0) {
		tell(notify, "STOPPING=1");
	}
}

void latch_notify_finish(struct latch_notify *notify) {
	latch_source_clear(&notify->timer);
	latch_fd_clear(&notify->fd);
}
