#ifndef LATCH_REALTIME_H
#define LATCH_REALTIME_H

/**
 * Asks the kernel to run this thread before those that nobody waits for at a vblank: SCHED_RR with
 * the lowest priority there is, not inherited by the command, nor by threads that drivers start. It
 * takes CAP_SYS_NICE or an RLIMIT_RTPRIO of 1; without, everything goes on as it was. Logs which.
 */
void latch_realtime_enter(void);

#endif
