/* SPDX-License-Identifier: MIT */
/* The process's own limit: raised for latch, given back to its children; and what is left of it. */

#include <sys/wait.h>

#include "../test.h"
#include "limits/fds.h"

static void test_look(void **state) {
	test_limit_fds(100);
	struct latch_fds before = latch_fds_look();
	assert_int_equal(before.limit, 100);
	assert_int_equal(before.reserve, 25);
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(latch_fds_look().in_use, before.in_use + 1);
	close(fd);
	assert_int_equal(latch_fds_look().in_use, before.in_use);

	test_limit_fds(4096);
	assert_int_equal(latch_fds_look().reserve, LATCH_FDS_RESERVE);
}

static void test_raise_and_restore(void **state) {
	test_limit_fds(77);
	latch_fds_raise_limit();
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_cur == limit.rlim_max && limit.rlim_cur > 77);
	pid_t pid = fork();
	if (pid == 0) {
		latch_fds_restore_limit();
		_exit(getrlimit(RLIMIT_NOFILE, &limit) == 0 ? (int)limit.rlim_cur : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 77);
}

TEST_MAIN("limits-fds", UNIT(test_look), UNIT(test_raise_and_restore))
