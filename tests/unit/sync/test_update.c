/* SPDX-License-Identifier: MIT */
/* When the fences of an update have signalled. */

#include "../test.h"
#include "sync/update.h"

static void test_times(void **state) {
	struct latch_update update = {.record = {.commit_ns = 100, .signalled_ns = 100}};
	latch_update_note_signal(&update, 0, false);
	assert_int_equal(update.fence_ns, 0);
	assert_int_equal(update.record.signalled_ns, 100);

	/* Done before the commit: both raw values stay. */
	latch_update_note_signal(&update, 90, false);
	assert_int_equal(update.fence_ns, 90);
	assert_int_equal(update.record.signalled_ns, 100);

	/* The latest of several counts, in whatever order they are told. */
	latch_update_note_signal(&update, 130, false);
	latch_update_note_signal(&update, 120, false);
	assert_int_equal(update.fence_ns, 130);
	assert_int_equal(update.record.signalled_ns, 130);
	assert_false(update.record.fence_error);

	latch_update_note_signal(&update, 140, true);
	latch_update_note_signal(&update, 150, false);
	assert_true(update.record.fence_error);
}

TEST_MAIN("update", UNIT(test_times))
