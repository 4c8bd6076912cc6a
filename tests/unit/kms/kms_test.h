/* What all tests of kms/ have in common. */
#ifndef LATCH_KMS_TEST_H
#define LATCH_KMS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_drm.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/** The last commit set this property, and to that. */
static inline void assert_sent(uint32_t object_id, const char *property, uint64_t expected) {
	uint64_t value = ~expected;
	assert_true(fake_commit_has(object_id, property, &value));
	assert_int_equal(value, expected);
}

/** A test with the file's setup() and teardown(). */
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/** main() of a file with these tests. */
#define TEST_MAIN(name, ...)                                                                       \
	int main(void) {                                                                           \
		const struct CMUnitTest tests[] = {__VA_ARGS__};                                   \
		cmocka_set_message_output(CM_OUTPUT_TAP);                                          \
		return cmocka_run_group_tests_name(name, tests, NULL, NULL);                       \
	}

#endif
