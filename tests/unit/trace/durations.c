/* SPDX-License-Identifier: MIT */
/* Percentiles against a sorted array. */
#include "trace/durations.h"
#include "../test.h"

#include <math.h>

#define LENGTH 20000

static int compare(const void *a, const void *b) {
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

/* The smallest value that at least so many percent of all don't exceed. */
static int64_t sorted_percentile(const int64_t *sorted, size_t length, double percentile) {
	const double rank = ceil(percentile / 100.0 * (double)length);
	const size_t index = rank < 1.0 ? 0 : (size_t)rank - 1;
	return sorted[index];
}

/* From 1 us to 24 s, each order of magnitude as often. */
static void test_against_sorted(void **state) {
	struct latch_durations durations = {0};
	int64_t *values = calloc(LENGTH, sizeof(*values));
	assert_non_null(values);
	double sum = 0.0;
	for (size_t i = 0; i < LENGTH; i++) {
		values[i] = (int64_t)exp(6.9 + 17.0 * (double)random() / (double)RAND_MAX);
		sum += (double)values[i];
		assert_int_equal(latch_durations_add(&durations, values[i]), 0);
	}
	qsort(values, LENGTH, sizeof(*values), compare);
	static const double percentiles[] = {0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9};
	for (size_t i = 0; i < LEN(percentiles); i++) {
		const int64_t expected = sorted_percentile(values, LENGTH, percentiles[i]);
		const int64_t told = latch_durations_percentile(&durations, percentiles[i]);
		const double error = fabs((double)(told - expected));
		assert_true(error <= 1000.0 || error <= (double)expected / 1000.0);
	}
	assert_int_equal(latch_durations_percentile(&durations, 100.0), values[LENGTH - 1]);
	assert_int_equal(latch_durations_count(&durations), LENGTH);
	const double mean = sum / LENGTH;
	assert_true(
		fabs((double)latch_durations_mean(&durations) - mean) <= mean / 1000.0 + 1000.0);
	latch_durations_finish(&durations);
	free(values);
}

static void test_bounds(void **state) {
	struct latch_durations durations = {0};
	assert_int_equal(latch_durations_add(&durations, 0), 0);
	assert_int_equal(latch_durations_percentile(&durations, 50.0), 0);
	assert_int_equal(latch_durations_add(&durations, LATCH_DURATIONS_MAX_NS), 0);
	assert_int_equal(latch_durations_add(&durations, LATCH_DURATIONS_MAX_NS + 1), 1);
	assert_int_equal(latch_durations_add(&durations, INT64_MAX), 1);
	assert_int_equal(latch_durations_count(&durations), 4);
	assert_int_equal(latch_durations_percentile(&durations, 100.0), LATCH_DURATIONS_MAX_NS);
	latch_durations_finish(&durations);
}

static void test_merge(void **state) {
	struct latch_durations a = {0}, b = {0};
	assert_int_equal(latch_durations_merge(&a, &b), 0);
	assert_int_equal(latch_durations_count(&a), 0);
	for (int i = 1; i <= 100; i++) {
		latch_durations_add(&b, i * 1000000);
	}
	latch_durations_add(&a, 500000000);
	assert_int_equal(latch_durations_merge(&a, &b), 0);
	assert_int_equal(latch_durations_count(&a), 101);
	assert_int_equal(latch_durations_percentile(&a, 100.0), 500000000);
	assert_true(llabs(latch_durations_percentile(&a, 50.0) - 51000000) <= 51000);
	/* The other way round, the largest comes from the other one. */
	assert_int_equal(latch_durations_merge(&b, &a), 0);
	assert_int_equal(latch_durations_percentile(&b, 100.0), 500000000);
	latch_durations_finish(&a);
	latch_durations_finish(&b);
}

TEST_MAIN("durations", UNIT(test_against_sorted), UNIT(test_bounds), UNIT(test_merge))
