#pragma once

/**
 * Whether latch can run here at all: XDG_RUNTIME_DIR, and the kernel's version. Returns
 * LATCH_EXIT_OK, or the exit status after one sentence on stderr that says what to do.
 */
int latch_environment_check(void);

/**
 * Asks the kernel to run this thread before those that nobody waits for at a vblank: SCHED_RR with
 * the lowest priority there is, not inherited by the command, nor by threads that drivers start. It
 * takes CAP_SYS_NICE or an RLIMIT_RTPRIO of 1; without, everything goes on as it was. Logs which.
 */
void latch_realtime_enter(void);
