/* SPDX-License-Identifier: MIT */
/* How long the simulated GPU's jobs are. */
#include "clients/common/draw_time.h"
#include "../test.h"

static struct draw_time parsed(const char *text, uint64_t seed) {
	struct draw_time time;
	assert_true(draw_time_parse(&time, text, seed));
	return time;
}

static void fixed(void **state) {
	struct draw_time time = parsed("2.5", 1);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(draw_time_next(&time), 2500000);
	}
}

static void spread(void **state) {
	struct draw_time time = parsed("10,4", 7), again = parsed("10,4", 7);
	struct draw_time other = parsed("10,4", 8);
	int64_t sum = 0, least = INT64_MAX, most = 0;
	int differ = 0;
	for (int i = 0; i < 4000; i++) {
		int64_t length = draw_time_next(&time);
		assert_int_equal(length, draw_time_next(&again));
		differ += length != draw_time_next(&other);
		sum += length;
		least = length < least ? length : least;
		most = length > most ? length : most;
	}
	assert_true(differ > 3900);
	assert_true(least >= 6 * MS && least <= 6 * MS + MS / 100);
	assert_true(most <= 14 * MS && most >= 14 * MS - MS / 100);
	assert_true(sum / 4000 > 9900000 && sum / 4000 < 10100000);
}

static void growth(void **state) {
	struct draw_time grows = parsed("5,0,2", 0), shrinks = parsed("1,0,-2", 0);
	for (int i = 0; i <= 100; i++) {
		int64_t length = draw_time_next(&grows);
		assert_int_equal(length, 5 * MS + i * 2 * MS / 100);
		int64_t shrunk = MS - i * 2 * MS / 100;
		assert_int_equal(draw_time_next(&shrinks), shrunk > 0 ? shrunk : 0);
	}
	struct draw_time huge = parsed("10000,0,10000", 0);
	draw_time_next(&huge);
	assert_int_equal(draw_time_next(&huge), DRAW_TIME_MAX_NS);
}

static void spread_is_cut_off_at_nothing(void **state) {
	struct draw_time time = parsed("0,1", 3);
	int zeros = 0;
	for (int i = 0; i < 1000; i++) {
		int64_t length = draw_time_next(&time);
		assert_true(length >= 0);
		zeros += length == 0;
	}
	assert_true(zeros > 400 && zeros < 600);
}

static void texts(void **state) {
	static const char *const bad[] = {"", "x", "1,", "1,2,", "1,2,3,4,5", "-1", "1,-1", "10001",
		"1 ", "nan", "inf", "1;2", "1,2,-10001"};
	struct draw_time time;
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_false(draw_time_parse(&time, bad[i], 0));
	}
	time = parsed("0", 0);
	assert_int_equal(draw_time_next(&time), 0);
	time = parsed("10000,0.5,-3", 0);
	assert_int_equal(time.base_ns, DRAW_TIME_MAX_NS);
	assert_int_equal(time.spread_ns, 500000);
	assert_int_equal(time.growth_ns, -3 * MS);
}

TEST_MAIN("lab-gpu-length", UNIT(fixed), UNIT(spread), UNIT(growth),
	UNIT(spread_is_cut_off_at_nothing), UNIT(texts))
