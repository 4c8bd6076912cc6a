/* SPDX-License-Identifier: MIT */
/* What a client makes of its presentation feedback: missed refreshes, the longest gap. */
#include "common/stats.h"
#include "../test.h"

#define REFRESH_NS (16 * MS)

static struct stats stats;
static const int one_output, another_output;

static void show(int64_t flip_ns, const int *output) {
	stats_presented(&stats, &(struct stats_frame){.commit_ns = flip_ns - MS,
					.flip_ns = flip_ns,
					.refresh_ns = REFRESH_NS,
					.output = output});
}

static int setup(void **state) {
	return stats_init(&stats, true) ? 0 : -1;
}

static int teardown(void **state) {
	stats_finish(&stats);
	return 0;
}

static void assert_stats(uint64_t missed, int64_t longest_ns) {
	assert_int_equal(stats.missed, missed);
	assert_int_equal(stats.longest_ns, longest_ns);
}

static void gaps(void **state) {
	for (int i = 0; i < 10; i++) {
		show((i + 1) * REFRESH_NS, &one_output);
	}
	assert_int_equal(stats.presented, 10);
	assert_stats(0, REFRESH_NS);
	show(14 * REFRESH_NS, &one_output);
	show(15 * REFRESH_NS, &one_output);
	assert_stats(3, 4 * REFRESH_NS);
	/* Two outputs have clocks of their own. */
	show(29 * REFRESH_NS, &another_output);
	assert_stats(3, 4 * REFRESH_NS);
}

/* A compositor that stands still for good shows no frame that could tell. */
static void the_end(void **state) {
	stats_stop(&stats, 100 * REFRESH_NS);
	assert_stats(0, 0);
	show(REFRESH_NS, &one_output);
	show(2 * REFRESH_NS, &one_output);
	stats_stop(&stats, 40 * REFRESH_NS);
	assert_stats(0, 38 * REFRESH_NS);
}

TEST_MAIN("clients: statistics", TEST(gaps), TEST(the_end))
