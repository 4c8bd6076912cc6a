/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/*
 * CLOCK_MONOTONIC and timerfds that stand still until they are moved: clock_gettime(),
 * timerfd_create() and timerfd_settime() of this executable, for latch, libwayland and wlroots
 * alike. So an input does the same whenever it runs, and 16 ms cost nothing.
 */

/** From now on; before, both are the kernel's. */
void clock_freeze(void);

/** Now, in nanoseconds. */
int64_t clock_now_ns(void);

/** Lets time pass. At each timer that expires meanwhile, then is called: the event loop's turn. */
void clock_advance(int64_t ns, void (*turn)(void *data), void *data);
