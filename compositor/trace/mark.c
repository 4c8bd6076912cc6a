/* SPDX-License-Identifier: MIT */
#include "trace/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

int latch_mark_fd = -1;

int latch_mark_open(void) {
	latch_mark_fd = open("/sys/kernel/tracing/trace_marker", O_WRONLY | O_CLOEXEC);
	return latch_mark_fd >= 0 ? 0 : -errno;
}

void latch_mark_write(
	char phase, const char *stage, const char *kind, uint32_t id, uint64_t number) {
	char line[128];
	int length = snprintf(line, sizeof(line), "%c|%d", phase, (int)getpid());
	if (phase != 'E') {
		length += snprintf(line + length, sizeof(line) - (size_t)length,
			"|latch %s %s %" PRIu32 " #%" PRIu64, stage, kind, id, number);
	}
	/* While tracing is switched off (tracing_on) the kernel answers EBADF. That is no error:
	 * nobody records then. */
	if (write(latch_mark_fd, line, (size_t)length) < 0) {
		return;
	}
}
