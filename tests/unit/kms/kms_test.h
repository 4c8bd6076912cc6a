/* What all tests of kms/ have in common. */
#ifndef LATCH_KMS_TEST_H
#define LATCH_KMS_TEST_H

#include <stdbool.h>

#include "../test.h"
#include "fake_drm.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/** The last commit set this property, and to that. */
static inline void assert_sent(uint32_t object_id, const char *property, uint64_t expected) {
	uint64_t value = ~expected;
	assert_true(fake_commit_has(object_id, property, &value));
	assert_int_equal(value, expected);
}

#endif
