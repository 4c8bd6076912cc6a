/* SPDX-License-Identifier: MIT */
/* What all files of tests have: cmocka with the headers it wants before it, those that most of them
 * want, and a main(). */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/** How many elements an array has. */
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/** Times, in nanoseconds. */
#define US INT64_C(1000)
#define MS INT64_C(1000000)

/** A test by itself. */
#define UNIT(function) cmocka_unit_test(function)

/** A test with the file's setup() and teardown(). */
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/** A test with the file's setup(). */
#define TEST_BEGIN(function) cmocka_unit_test_setup(function, setup)

/** A test with the file's teardown(), of what the test itself has set up. */
#define TEST_END(function) cmocka_unit_test_teardown(function, teardown)

/** main() of a file with these tests, between a setup and a teardown for all of them together. */
#define TEST_MAIN_GROUP(name, begin, end, ...)                                                     \
	int main(void) {                                                                           \
		const struct CMUnitTest tests[] = {__VA_ARGS__};                                   \
		cmocka_set_message_output(CM_OUTPUT_TAP);                                          \
		return cmocka_run_group_tests_name(name, tests, begin, end);                       \
	}

/** main() of a file with these tests. */
#define TEST_MAIN(name, ...) TEST_MAIN_GROUP(name, NULL, NULL, __VA_ARGS__)

/** Sets the process's soft limit of fds. Returns what it was. */
static inline rlim_t test_limit_fds(rlim_t soft) {
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	const rlim_t before = limit.rlim_cur;
	limit.rlim_cur = soft;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	return before;
}

/** Makes a file of this name, whose last six letters are X and become others. */
static inline void test_make_file(char *path) {
	const int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
}

/** Calls take() with each word of a script, which has blanks between them. */
static inline void test_play(const char *script, void (*take)(const char *word)) {
	char word[64];
	print_message("# %s\n", script);
	for (int len; sscanf(script, "%63s%n", word, &len) == 1; script += len) {
		take(word);
	}
}

/** Where in the list the name is, which has to be there. The list may have gaps. */
static inline size_t test_find_name(const char *const *names, size_t len, const char *name) {
	size_t i = 0;
	while (i < len && (names[i] == NULL || strcmp(names[i], name) != 0)) {
		i++;
	}
	if (i == len) {
		fail_msg("'%s' is no name or word", name);
	}
	return i;
}

/** Calls run() with every order of the things from the from-th on. Returns how many there are. */
static inline int test_each_order(
	int *things, int len, int from, void (*run)(const int *things, int len)) {
	int orders = 0;
	if (from == len) {
		run(things, len);
		return 1;
	}
	for (int i = from; i < len; i++) {
		int first = things[from];
		things[from] = things[i];
		things[i] = first;
		orders += test_each_order(things, len, from + 1, run);
		things[i] = things[from];
		things[from] = first;
	}
	return orders;
}
