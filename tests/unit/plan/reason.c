/* The names of reasons are an interface: each bit has one, and they stay. */
#include <string.h>

#include "../test.h"
#include "plan/reason.h"

static void every_bit_has_a_name_of_its_own(void **state) {
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		const char *name = latch_reason_name(UINT64_C(1) << i);
		assert_non_null(name);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(name, latch_reason_name(UINT64_C(1) << j));
		}
	}
	assert_null(latch_reason_name(UINT64_C(1) << LATCH_REASON_COUNT));
	assert_null(latch_reason_name(0));
	assert_null(latch_reason_name(LATCH_REASON_FORMAT | LATCH_REASON_MODIFIER));
	assert_string_equal(latch_reason_name(LATCH_REASON_NO_KMS), "no-kms");
	assert_string_equal(latch_reason_name(LATCH_REASON_TEST_REFUSED), "test-refused");
}

static void sets_are_lists(void **state) {
	char buf[256];
	assert_string_equal(latch_reasons_to_str(0, buf, sizeof(buf)), "none");
	assert_string_equal(
		latch_reasons_to_str(LATCH_REASON_FORMAT | LATCH_REASON_SCALING, buf, sizeof(buf)),
		"format,scaling");
	char small[10];
	memset(small, 'x', sizeof(small));
	latch_reasons_to_str(UINT64_MAX, small, sizeof(small));
	assert_non_null(memchr(small, '\0', sizeof(small)));
}

TEST_MAIN("reason", UNIT(every_bit_has_a_name_of_its_own), UNIT(sets_are_lists))
