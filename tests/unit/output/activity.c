/* Whether somebody is alone on an output. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "output/activity.h"

#define MS INT64_C(1000000)
#define START (INT64_C(1000000) * MS)

static void test_alone(void **state) {
	struct latch_activity activity = {0};
	latch_activity_note(&activity, 7, START);
	assert_true(latch_activity_is_quiet(&activity, START));
	/* Another one: nobody is alone, until it has been silent for a while. */
	latch_activity_note(&activity, 8, START + 10 * MS);
	latch_activity_note(&activity, 7, START + 20 * MS);
	assert_false(latch_activity_is_alone(&activity, START + 20 * MS));
	assert_false(latch_activity_is_alone(&activity, START + 110 * MS));
	assert_true(latch_activity_is_alone(&activity, START + 111 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 1010 * MS));
	assert_true(latch_activity_is_quiet(&activity, START + 1011 * MS));
	/* The cursor and what has no number count as well. */
	latch_activity_note(&activity, LATCH_SOURCE_CURSOR, START + 2000 * MS);
	latch_activity_note(&activity, 7, START + 2001 * MS);
	assert_false(latch_activity_is_alone(&activity, START + 2001 * MS));
}

static void test_input(void **state) {
	struct latch_activity activity = {0};
	latch_activity_note(&activity, 7, START);
	latch_activity_note_input(&activity, START + 10 * MS);
	/* Who answers is as alone as before, but not for sure the only one to come. */
	assert_true(latch_activity_is_alone(&activity, START + 11 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 11 * MS));
	/* An answer by somebody who had been silent does not make that forgotten. */
	latch_activity_note(&activity, 8, START + 500 * MS);
	assert_true(latch_activity_is_alone(&activity, START + 500 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 500 * MS));
	assert_false(latch_activity_is_quiet(&activity, START + 1010 * MS));
	assert_true(latch_activity_is_quiet(&activity, START + 1011 * MS));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_input),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("activity", tests, NULL, NULL);
}
