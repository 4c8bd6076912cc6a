/* SPDX-License-Identifier: MIT */
/* Arrays that grow, and the lesser and the greater of two numbers. */
#include "base/array.h"

#include "../test.h"
#include "base/minmax.h"

static void test_grows(void **state) {
	int *numbers = NULL;
	size_t capacity = 0, moves = 0;
	for (size_t len = 0; len < 1000; len++) {
		const size_t before = capacity;
		assert_true(latch_array_reserve(&numbers, &capacity, len + 1, sizeof(numbers[0])));
		assert_true(capacity > len);
		moves += capacity != before;
		numbers[len] = (int)len;
	}
	assert_true(moves >= 2 && moves <= 10);
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(numbers[i], i);
	}
	free(numbers);
}

static void test_too_large(void **state) {
	void *none = NULL;
	size_t capacity = 0;
	assert_false(latch_array_reserve(&none, &capacity, SIZE_MAX, 1));
	assert_false(latch_array_reserve(&none, &capacity, SIZE_MAX / 4, 16));
	assert_null(none);
	assert_int_equal(capacity, 0);
}

static void test_minmax(void **state) {
	assert_int_equal(latch_min(-1, 2), -1);
	assert_int_equal(latch_max(-1, 2), 2);
	assert_int_equal(latch_clamp(5, 0, 3), 3);
	assert_int_equal(latch_clamp(-5, 0, 3), 0);
	assert_int_equal(latch_clamp(2, 0, 3), 2);
	assert_int_equal(latch_clamp(2, 4, 3), 4);
}

TEST_MAIN("array", UNIT(test_grows), UNIT(test_too_large), UNIT(test_minmax))
