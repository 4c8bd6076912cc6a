/* SPDX-License-Identifier: MIT */
/* How a client's share of the time is spent and comes back. */

#include "../test.h"
#include "limits/share.h"

#define SECOND (1000 * MS)
#define START (5 * SECOND)

/* It begins with a burst, grows by its percentage, to a burst and no further. */
static void test_credit(void **state) {
	static const struct {
		struct {
			int64_t after_ns, spent_ns;
		} spent[3];
		int64_t credit_ns;
	} rows[] = {
		{{{0, LATCH_SHARE_BURST_NS}}, 0},
		{{{0, LATCH_SHARE_BURST_NS + 5 * MS}}, -5 * MS},
		{{{0, LATCH_SHARE_BURST_NS + 5 * MS}, {20 * MS, 0}}, -3 * MS},
		{{{0, 20 * MS}, {1000 * SECOND, 0}}, LATCH_SHARE_BURST_NS},
		/* A year of idling is no overflow. */
		{{{0, 20 * MS}, {INT64_C(31536000) * SECOND, MS}}, LATCH_SHARE_BURST_NS - MS},
		/* Clocks are read in places that need not be in order. */
		{{{-5 * MS, MS}}, LATCH_SHARE_BURST_NS - MS},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		struct latch_share share;
		latch_share_init(&share, 10, START);
		assert_int_equal(share.credit_ns, LATCH_SHARE_BURST_NS);
		assert_true(latch_share_resume_ns(&share) <= START);
		for (int j = 0; j < 3; j++) {
			latch_share_spend(&share, START + rows[i].spent[j].after_ns,
				rows[i].spent[j].spent_ns);
		}
		assert_int_equal(share.credit_ns, rows[i].credit_ns);
	}
}

/* At the time that it tells it has what is needed, and a moment before it has not. */
static void test_resumes_when_it_says(void **state) {
	for (unsigned percent = 1; percent < 100; percent++) {
		struct latch_share share;
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
	struct latch_share share;
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

TEST_MAIN("limits-share", UNIT(test_credit), UNIT(test_resumes_when_it_says), UNIT(test_long_run))
