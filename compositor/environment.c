/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <wlr/util/log.h>

#include "backend/exit.h"
#include "child.h"

#define TELL_SECONDS 5

/* drm_syncobj eventfds that wait for points without a fence work since this one. */
#define MIN_KERNEL_MAJOR 6
#define MIN_KERNEL_MINOR 8

int latch_environment_check(void) {
	const char *dir = getenv("XDG_RUNTIME_DIR");
	if (dir == NULL || *dir == '\0') {
		return latch_exit_with(LATCH_EXIT_NO_RUNTIME_DIR,
			"XDG_RUNTIME_DIR is not set: log in on a seat, or set it to a directory of "
			"yours with mode 0700");
	}
	if (access(dir, R_OK | W_OK | X_OK) != 0) {
		return latch_exit_with(LATCH_EXIT_NO_RUNTIME_DIR,
			"XDG_RUNTIME_DIR, %s, can't be used: %s", dir, strerror(errno));
	}
	struct utsname name;
	int major, minor;
	if (uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
		(major < MIN_KERNEL_MAJOR ||
			(major == MIN_KERNEL_MAJOR && minor < MIN_KERNEL_MINOR))) {
		return latch_exit_with(LATCH_EXIT_OLD_KERNEL,
			"Linux %s is too old: it takes %d.%d or newer", name.release,
			MIN_KERNEL_MAJOR, MIN_KERNEL_MINOR);
	}
	return LATCH_EXIT_OK;
}

void latch_environment_set(const char *display, bool in_window) {
	setenv("WAYLAND_DISPLAY", display, true);
	unsetenv("DISPLAY");
	setenv("XDG_SESSION_TYPE", "wayland", true);
	/* The second name is what those look for that know compositors on wlroots. */
	setenv("XDG_CURRENT_DESKTOP", "latch:wlroots", in_window);
}

void latch_environment_tell(void) {
	char *command[] = {"dbus-update-activation-environment", "--systemd", "WAYLAND_DISPLAY",
		"XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "XCURSOR_THEME", "XCURSOR_SIZE", NULL};
	const int status = latch_child_run(command, TELL_SECONDS);
	if (status != 0) {
		wlr_log(WLR_ERROR,
			"--dbus: D-Bus is not told of the session: %s %s %d; it takes the "
			"program, and DBUS_SESSION_BUS_ADDRESS",
			command[0], status > 128 ? "was ended by signal" : "ended with",
			status > 128 ? status - 128 : status);
	}
}

void latch_realtime_enter(void) {
	const struct sched_param param = {.sched_priority = sched_get_priority_min(SCHED_RR)};
	if (sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &param) == 0) {
		wlr_log(WLR_INFO, "scheduled as SCHED_RR, priority %d", param.sched_priority);
	} else {
		wlr_log(WLR_INFO,
			"no real-time scheduling (%s): wake-ups may come late when the "
			"computer is busy",
			strerror(errno));
	}
}
