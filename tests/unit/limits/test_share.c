/* How a client's share of the time is spent and comes back. */

#include "../test.h"
#include "limits/share.h"

#define MS INT64_C(1000000)
#define SECOND (1000 * MS)
#define START (5 * SECOND)

static struct latch_share share;

/* Of ten percent. */
static int setup(void **state) {
	latch_share_init(&share, 10, START);
	return 0;
}

static void test_begins_with_a_burst(void **state) {
	assert_int_equal(share.credit_ns, LATCH_SHARE_BURST_NS);
	assert_true(latch_share_resume_ns(&share) <= START);
	latch_share_spend(&share, START, LATCH_SHARE_BURST_NS);
	assert_int_equal(share.credit_ns, 0);
}

static void test_grows_by_its_percentage(void **state) {
	latch_share_spend(&share, START, LATCH_SHARE_BURST_NS + 5 * MS);
	assert_int_equal(share.credit_ns, -5 * MS);
	latch_share_spend(&share, START + 20 * MS, 0);
	assert_int_equal(share.credit_ns, -3 * MS);
}

static void test_grows_to_a_burst_and_no_further(void **state) {
	latch_share_spend(&share, START, 20 * MS);
	latch_share_spend(&share, START + 1000 * SECOND, 0);
	assert_int_equal(share.credit_ns, LATCH_SHARE_BURST_NS);
	/* A year of idling is no overflow. */
	latch_share_spend(&share, START + INT64_C(31536000) * SECOND, 1 * MS);
	assert_int_equal(share.credit_ns, LATCH_SHARE_BURST_NS - 1 * MS);
}

/* At the time that it tells it has what is needed, and a moment before it has not. */
static void test_resumes_when_it_says(void **state) {
	for (unsigned percent = 1; percent < 100; percent++) {
		latch_share_init(&share, percent, START);
		latch_share_spend(&share, START, LATCH_SHARE_BURST_NS + 7 * MS + percent);
		int64_t resume_ns = latch_share_resume_ns(&share);
		struct latch_share then = share;
		latch_share_spend(&then, resume_ns, 0);
		assert_int_in_range(
			then.credit_ns, LATCH_SHARE_RESUME_NS, LATCH_SHARE_RESUME_NS + 2);
		then = share;
		latch_share_spend(&then, resume_ns - 200, 0);
		assert_true(then.credit_ns < LATCH_SHARE_RESUME_NS);
	}
}

/* Whoever always takes what there is gets its percentage of a long time, and the burst. */
static void test_long_run(void **state) {
	latch_share_init(&share, 8, START);
	int64_t now_ns = START, spent_ns = 0;
	while (now_ns < START + 100 * SECOND) {
		now_ns += 3 * MS;
		latch_share_spend(&share, now_ns, 3 * MS);
		spent_ns += 3 * MS;
		if (share.credit_ns < 0) {
			now_ns = latch_share_resume_ns(&share);
		}
	}
	assert_int_in_range(spent_ns, 8 * SECOND - 100 * MS, 8 * SECOND + 100 * MS);
}

/* Clocks are read in places that need not be in order. */
static void test_time_that_goes_back(void **state) {
	latch_share_spend(&share, START - 5 * MS, 1 * MS);
	assert_int_equal(share.credit_ns, LATCH_SHARE_BURST_NS - 1 * MS);
}

TEST_MAIN("limits-share", TEST_BEGIN(test_begins_with_a_burst),
	TEST_BEGIN(test_grows_by_its_percentage), TEST_BEGIN(test_grows_to_a_burst_and_no_further),
	TEST_BEGIN(test_resumes_when_it_says), TEST_BEGIN(test_long_run),
	TEST_BEGIN(test_time_that_goes_back))
