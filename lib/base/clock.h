/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <time.h>

#define LATCH_NS_PER_SEC INT64_C(1000000000)

static inline int64_t latch_timespec_ns(const struct timespec *ts) {
	return (int64_t)ts->tv_sec * LATCH_NS_PER_SEC + ts->tv_nsec;
}

static inline struct timespec latch_ns_timespec(int64_t ns) {
	return (struct timespec){
		.tv_sec = (time_t)(ns / LATCH_NS_PER_SEC),
		.tv_nsec = (long)(ns % LATCH_NS_PER_SEC),
	};
}

/** A clock's time now. */
static inline int64_t latch_clock_ns(clockid_t clock) {
	struct timespec ts;
	clock_gettime(clock, &ts);
	return latch_timespec_ns(&ts);
}

/** CLOCK_MONOTONIC now, the clock of KMS, of sync_files and of wp_presentation. */
static inline int64_t latch_now_ns(void) {
	return latch_clock_ns(CLOCK_MONOTONIC);
}

/** Milliseconds of CLOCK_MONOTONIC, as in input events: they wrap around every 49 days. */
static inline uint32_t latch_now_msec(void) {
	return (uint32_t)(latch_now_ns() / 1000000);
}

/** CPU time of this thread: what it has computed, without what it has waited for. */
static inline int64_t latch_cpu_ns(void) {
	return latch_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}
