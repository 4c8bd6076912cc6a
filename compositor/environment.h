/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/**
 * Whether latch can run here at all: XDG_RUNTIME_DIR, and the kernel's version. Returns
 * LATCH_EXIT_OK, or the exit status after one sentence on stderr that says what to do.
 */
int latch_environment_check(void);

/**
 * Sets the variables by which clients find the session: WAYLAND_DISPLAY, XDG_SESSION_TYPE, and
 * XDG_CURRENT_DESKTOP, which stays as it is where it is set; in_window: not there, as it is the
 * desktop's around it. There is no DISPLAY.
 */
void latch_environment_set(const char *display, bool in_window);

/**
 * Tells D-Bus and systemd of these variables, so that what they start finds the session: portals,
 * and services. It takes the program dbus-update-activation-environment, which is waited for. Logs
 * where it fails, or takes longer than some seconds.
 */
void latch_environment_tell(void);

/**
 * Asks the kernel to run this thread before those that nobody waits for at a vblank: SCHED_RR with
 * the lowest priority there is, not inherited by the command, nor by threads that drivers start. It
 * takes CAP_SYS_NICE or an RLIMIT_RTPRIO of 1; without, everything goes on as it was. Logs which.
 */
void latch_realtime_enter(void);
