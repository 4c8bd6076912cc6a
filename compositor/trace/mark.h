/* SPDX-License-Identifier: MIT */
/* Marks in the kernel's own trace, beside what that tells of vblanks, fences and scheduling. */
#pragma once

#include <stdint.h>

/* -1 without --ftrace: then a mark costs one comparison. */
extern int latch_mark_fd;

/** Opens the kernel's trace_marker, for the rest of the process. Returns 0 or a negative errno. */
int latch_mark_open(void);

void latch_mark_write(
	char phase, const char *stage, const char *kind, uint32_t id, uint64_t number);

/*
 * Each is one line, in the words that atrace has made (Perfetto's ftrace importer, print events):
 * "I|PID|latch commit surface 3 #17". phase: 'I' an instant, 'B' begins and 'E' ends a slice of
 * this thread. kind: "surface", with its number and that of the update; "output", with its number
 * and that of the flip, 0 as long as the kernel has not told it.
 */
static inline void latch_mark(
	char phase, const char *stage, const char *kind, uint32_t id, uint64_t number) {
	if (latch_mark_fd >= 0) {
		latch_mark_write(phase, stage, kind, id, number);
	}
}
