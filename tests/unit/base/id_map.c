/* SPDX-License-Identifier: MIT */
/* Numbers and what they stand for, compared with a plain array. */
#include "base/id_map.h"
#include "../test.h"

static void test_few(void **state) {
	struct latch_id_map map = {0};
	assert_null(latch_id_map_get(&map, 1));
	latch_id_map_remove(&map, 1);
	latch_id_map_clear(&map);
	/* The second value replaces the first. */
	int first, second;
	assert_true(latch_id_map_put(&map, 7, &first));
	assert_true(latch_id_map_put(&map, 7, &second));
	assert_ptr_equal(latch_id_map_get(&map, 7), &second);
	assert_int_equal(map.len, 1);
	latch_id_map_clear(&map);
	assert_null(latch_id_map_get(&map, 7));
	assert_true(latch_id_map_put(&map, 7, &first));
	assert_ptr_equal(latch_id_map_get(&map, 7), &first);
	latch_id_map_finish(&map);
}

/* Of few numbers, so that they meet, and of numbers that follow each other. */
static void check_random(uint32_t numbers, uint32_t step) {
	struct latch_id_map map = {0};
	static char values[1 << 12];
	void *is[1 << 12] = {0};
	uint32_t random = 1, len = 0;
	for (int i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		const uint32_t n = random >> 16 & (numbers - 1), id = 1 + n * step;
		if (random >> 12 & 1) {
			len += is[n] == NULL;
			is[n] = &values[random >> 20];
			assert_true(latch_id_map_put(&map, id, is[n]));
		} else {
			len -= is[n] != NULL;
			is[n] = NULL;
			latch_id_map_remove(&map, id);
		}
		assert_int_equal(map.len, len);
		const uint32_t other = random >> 8 & (numbers - 1);
		assert_ptr_equal(latch_id_map_get(&map, 1 + other * step), is[other]);
	}
	for (uint32_t n = 0; n < numbers; n++) {
		assert_ptr_equal(latch_id_map_get(&map, 1 + n * step), is[n]);
	}
	latch_id_map_finish(&map);
}

static void test_random(void **state) {
	check_random(16, 1);
	check_random(1 << 12, 1);
	check_random(1 << 12, 1 << 10);
}

TEST_MAIN("base-id_map", UNIT(test_few), UNIT(test_random))
