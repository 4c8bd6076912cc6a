/* What all files of tests have: the usual headers, cmocka with those it wants before it, and a
 * main(). */
#ifndef LATCH_TEST_H
#define LATCH_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/** How many elements an array has. */
#define LEN(array) (sizeof(array) / sizeof((array)[0]))

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

#endif
