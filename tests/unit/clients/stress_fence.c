/* SPDX-License-Identifier: MIT */
/* Which fence a hostile commit gets. */
#include "fence.h"
#include "../test.h"

static struct fence_spec parsed(const char *text) {
	struct fence_spec spec = {.kind = FENCE_RANDOM, .late_ns = -1};
	assert_true(fence_spec_parse(text, &spec));
	return spec;
}

static void words(void **state) {
	static const struct {
		const char *text;
		enum fence_kind kind;
		int64_t late_ns;
	} good[] = {
		{"ready", FENCE_READY, 0},
		{"never", FENCE_NEVER, 0},
		{"late", FENCE_LATE, 100 * MS},
		{"late:0", FENCE_LATE, 0},
		{"late:7", FENCE_LATE, 7 * MS},
		{"error", FENCE_ERROR, 0},
		{"future", FENCE_FUTURE, 0},
		{"proxy", FENCE_PROXY, 0},
		{"user", FENCE_USER, 0},
		{"unmaterialised", FENCE_UNMATERIALISED, 0},
		{"random", FENCE_RANDOM, 0},
	};
	for (size_t i = 0; i < LEN(good); i++) {
		struct fence_spec spec = parsed(good[i].text);
		assert_int_equal(spec.kind, good[i].kind);
		assert_int_equal(spec.late_ns, good[i].late_ns);
	}
}

static void no_words(void **state) {
	static const char *const bad[] = {"", "Never", "late:", "late:-1", "late:1s", "late:x",
		"late:99999999999999999999", "never:5", "latest"};
	for (size_t i = 0; i < LEN(bad); i++) {
		struct fence_spec spec;
		assert_false(fence_spec_parse(bad[i], &spec));
	}
}

static void as_asked(void **state) {
	uint64_t seed = 1;
	const struct fence_spec late = {FENCE_LATE, 30 * MS};
	for (int i = 0; i < 100; i++) {
		struct fence_spec spec = fence_next(&late, true, &seed);
		assert_int_equal(spec.kind, FENCE_LATE);
		assert_int_equal(spec.late_ns, 30 * MS);
	}
	assert_int_equal(seed, 1);
}

/* Every random fence ends: a soak with them never stands still. */
static void random_ones_end(void **state) {
	const struct fence_spec any = {FENCE_RANDOM, 0};
	for (int points = 0; points < 2; points++) {
		uint64_t seed = 1;
		int count[FENCE_RANDOM + 1] = {0};
		int64_t latest_ns = 0;
		for (int i = 0; i < 10000; i++) {
			struct fence_spec spec = fence_next(&any, points, &seed);
			count[spec.kind]++;
			assert_true(spec.late_ns >= 0);
			latest_ns = spec.late_ns > latest_ns ? spec.late_ns : latest_ns;
		}
		assert_int_equal(count[FENCE_LATE] + count[FENCE_READY] + count[FENCE_FUTURE],
			10000);
		assert_int_in_range(count[FENCE_LATE], 6000, 6500);
		assert_int_in_range(count[FENCE_READY], points ? 2300 : 3500, points ? 2700 : 4000);
		assert_int_in_range(count[FENCE_FUTURE], points ? 1100 : 0, points ? 1400 : 0);
		assert_int_in_range(latest_ns, 190 * MS, 200 * MS);
	}
}

static void same_seed_same_row(void **state) {
	const struct fence_spec any = {FENCE_RANDOM, 0};
	uint64_t a = 42, b = 42, c = 43;
	int differ = 0;
	for (int i = 0; i < 100; i++) {
		struct fence_spec from_a = fence_next(&any, true, &a);
		struct fence_spec from_b = fence_next(&any, true, &b);
		struct fence_spec from_c = fence_next(&any, true, &c);
		assert_int_equal(from_a.kind, from_b.kind);
		assert_int_equal(from_a.late_ns, from_b.late_ns);
		differ += from_a.late_ns != from_c.late_ns;
	}
	assert_true(differ > 50);
}

TEST_MAIN("clients: hostile fences", UNIT(words), UNIT(no_words), UNIT(as_asked),
	UNIT(random_ones_end), UNIT(same_seed_same_row))
