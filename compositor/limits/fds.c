/* SPDX-License-Identifier: MIT */
#include "limits/fds.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <wlr/util/log.h>

/* The limit belongs to the process, so does what it was. */
static struct rlimit before;
static bool raised;

void latch_fds_raise_limit(void) {
	struct rlimit limit;
	if (raised || getrlimit(RLIMIT_NOFILE, &limit) != 0) {
		return;
	}
	before = limit;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
		wlr_log(WLR_ERROR, "can't raise the limit of open files: %s", strerror(errno));
		return;
	}
	raised = true;
}

void latch_fds_restore_limit(void) {
	if (raised) {
		setrlimit(RLIMIT_NOFILE, &before);
	}
}

struct latch_fds latch_fds_look(void) {
	struct latch_fds fds = {0};
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		fds.limit = limit.rlim_cur < SIZE_MAX ? (size_t)limit.rlim_cur : SIZE_MAX;
	}
	const size_t part = fds.limit / LATCH_FDS_RESERVE_DEN;
	fds.reserve = part < LATCH_FDS_RESERVE ? part : LATCH_FDS_RESERVE;
	struct stat st;
	bool known = stat("/proc/self/fd", &st) == 0 && st.st_size > 0;
	fds.in_use = known ? (size_t)st.st_size : fds.limit;
	return fds;
}

size_t latch_fds_spare(const struct latch_fds *fds) {
	size_t taken = fds->in_use + fds->reserve;
	return taken < fds->limit ? fds->limit - taken : 0;
}
