/* SPDX-License-Identifier: MIT */
/* When a flip that does not come is given up. */
#include "output/output.h"
#include "../test.h"

static const struct latch_watchdog_look usual = {
	.submit_ns = 5000 * MS,
	.refresh_ns = 16 * MS,
};

static void test_looks(void **state) {
	static const struct {
		const char *name;
		int64_t refresh_ms;
		bool modeset;
		int64_t now_ms, next_ms; // 0: it is given up
	} rows[] = {
		{"as nearly always", 16, false, 5008, 6000},
		{"as late as it may be", 16, false, 5999, 6000},
		{"lost", 16, false, 6000, 0},
		{"lost, and no mode's rate is known", 0, false, 6000, 0},
		/* e-paper, and the slow modes of some panels. */
		{"a slow panel", 1000, false, 6000, 5000 + 30000},
		{"a slow panel, in time", 1000, false, 34999, 35000},
		{"a slow panel, lost", 1000, false, 35000, 0},
		{"a modeset", 16, true, 6000, 35000},
		{"a modeset, lost", 16, true, 35000, 0},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		struct latch_watchdog_look look = usual;
		print_message("# %s\n", rows[i].name);
		look.refresh_ns = rows[i].refresh_ms * MS;
		look.modeset = rows[i].modeset;
		look.now_ns = look.planned_ns = rows[i].now_ms * MS;
		assert_int_equal(latch_watchdog_next(&look), rows[i].next_ms * MS);
	}
}

/* SIGSTOP, a virtual machine that was paused, a debugger. */
static void test_stood_still(void **state) {
	struct latch_watchdog_look look = usual;
	look.planned_ns = 6000 * MS;
	look.now_ns = 90000 * MS;
	int64_t next_ns = latch_watchdog_next(&look);
	assert_int_equal(next_ns, 90250 * MS);
	/* Once more meanwhile. */
	look.planned_ns = next_ns;
	look.now_ns = next_ns + 101 * MS;
	next_ns = latch_watchdog_next(&look);
	assert_int_equal(next_ns, look.now_ns + 250 * MS);
	look.planned_ns = look.now_ns = next_ns;
	assert_int_equal(latch_watchdog_next(&look), 0);
}

TEST_MAIN("output-watchdog", UNIT(test_looks), UNIT(test_stood_still))
