/* The definition of missed vblanks, case by case. */
#include "trace/missed.h"

#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* Vblank 0 of the tables; times below are in us from it, the refresh is 10 ms. */
#define START_NS INT64_C(5000000000)
#define REFRESH_NS INT64_C(10000000)

struct row {
	const char *name;
	/* in us, -1 is unknown */
	int32_t replaced, commit, signalled, ready, submit_start, submit_end, flip;
	uint32_t fence, client, latch, kernel, unused;
};

static int64_t from_us(int32_t us) {
	return us < 0 ? 0 : START_NS + (int64_t)us * 1000;
}

static struct latch_frame_record make_record(const struct row *row) {
	return (struct latch_frame_record){
		.commit_ns = from_us(row->commit),
		.signalled_ns = from_us(row->signalled),
		.ready_ns = from_us(row->ready),
		.submit_start_ns = from_us(row->submit_start),
		.submit_end_ns = from_us(row->submit_end),
		.flip_ns = from_us(row->flip),
		.replaced_flip_ns = from_us(row->replaced),
		.refresh_ns = REFRESH_NS,
		.presented = true,
		.placement = LATCH_ON_PLANE,
	};
}

static const struct row rows[] = {
	{"in time", 10000, 12000, 14000, 14100, 18000, 18200, 20000, 0, 0, 0, 0, 0},
	{"in time, first update", -1, 12000, 14000, 14100, 18000, 18200, 20000, 0, 0, 0, 0, 0},
	{"flips jitter by 300 us", 10300, 10400, 14000, 14100, 18000, 18200, 19700, 0, 0, 0, 0, 0},
	{"flips jitter the other way", 9700, 9800, 9900, 9950, 18000, 18200, 20300, 0, 0, 0, 0, 0},
	/* The replaced update took the vblank at 20 ms, so this one had to wait for the next. */
	{"ready early, no vblank free", 20000, 12000, 13000, 13100, 28000, 28200, 30000, 0, 0, 0, 0,
		0},
	{"fence one vblank late", 10000, 12000, 22000, 22100, 28000, 28200, 30000, 1, 0, 0, 0, 0},
	{"fence three vblanks late", 10000, 12000, 42000, 42100, 48000, 48200, 50000, 3, 0, 0, 0,
		0},
	{"fence signals 1 ms before the vblank", 10000, 12000, 19000, 19050, 28000, 28100, 30000, 1,
		0, 0, 0, 0},
	{"commit 1 ms before the vblank", 10000, 19000, 19000, 19050, 28000, 28100, 30000, 0, 1, 0,
		0, 0},
	{"latch does not take it in time", 10000, 12000, 14000, 14100, 21000, 21100, 30000, 0, 0, 1,
		0, 0},
	{"ready just half a refresh before", 10000, 12000, 14900, 15000, 21000, 21100, 30000, 0, 0,
		1, 0, 0},
	{"ready less than half before", 10000, 12000, 14900, 15001, 21000, 21100, 30000, 1, 0, 0, 0,
		0},
	{"close, but latch waits a whole refresh", 10000, 12000, 18000, 18000, 28000, 28100, 30000,
		0, 0, 1, 0, 0},
	{"latch sleeps for three vblanks", 10000, 12000, 14000, 14100, 48000, 48100, 50000, 0, 0, 3,
		0, 0},
	{"kernel flips one later", 10000, 12000, 14000, 14100, 18000, 18200, 30000, 0, 0, 0, 1, 0},
	{"kernel flips three later", 10000, 12000, 14000, 14100, 18000, 18200, 50000, 0, 0, 0, 3,
		0},
	{"one of each", 10000, 12000, 24000, 24000, 31000, 31100, 50000, 1, 0, 1, 1, 0},
	{"client commits two vblanks later", 10000, 32000, 34000, 34100, 38000, 38200, 40000, 0, 0,
		0, 0, 2},
	{"client idle, then fence late", 10000, 32000, 44000, 44100, 48000, 48200, 50000, 1, 0, 0,
		0, 2},
	{"fence done before the commit", 10000, 14000, 11000, 14010, 18000, 18200, 20000, 0, 0, 0,
		0, 0},
	{"ready unknown: signalled counts", 10000, 12000, 22000, -1, 28000, 28200, 30000, 1, 0, 0,
		0, 0},
	{"only commit and flip known", 10000, 12000, -1, -1, -1, -1, 30000, 1, 0, 0, 0, 0},
	{"commit unknown", 10000, -1, -1, 12000, 21000, 21200, 30000, 0, 0, 1, 0, 0},
	{"only the flip known", -1, -1, -1, -1, -1, -1, 30000, 0, 0, 0, 0, 0},
	{"commit exactly at a vblank", 10000, 20000, 20000, 20000, 22000, 22200, 30000, 0, 0, 0, 0,
		1},
	{"flip before everything", 10000, 42000, 43000, 44000, 45000, 46000, 20000, 0, 0, 0, 0, 0},
	{"flip before the replaced one", 30000, 12000, 13000, 14000, 15000, 16000, 20000, 0, 0, 0,
		0, 0},
	{"ready before the commit", 10000, 19000, 11000, 11000, 28000, 28100, 30000, 0, 1, 0, 0, 0},
	{"submit before ready", 10000, 12000, 13000, 24000, 18000, 18200, 30000, 1, 0, 0, 0, 0},
	/* The flip comes when it is submitted; refresh is the shortest distance of flips. */
	{"vrr: 14 ms after the last", 10000, 12000, 22000, 22100, 22500, 22700, 24000, 0, 0, 0, 0,
		0},
	{"vrr: 25 ms after the last, fence late", 10000, 12000, 33000, 33100, 33500, 33700, 35000,
		1, 0, 0, 0, 0},
};

static void test_table(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		const struct latch_frame_record record = make_record(row);
		const struct latch_missed missed = latch_missed_count(&record);
		print_message("# %s: fence %u client %u latch %u kernel %u, unused %u\n", row->name,
			missed.by_cause[LATCH_MISSED_FENCE], missed.by_cause[LATCH_MISSED_CLIENT],
			missed.by_cause[LATCH_MISSED_LATCH], missed.by_cause[LATCH_MISSED_KERNEL],
			missed.unused);
		assert_int_equal(missed.by_cause[LATCH_MISSED_FENCE], row->fence);
		assert_int_equal(missed.by_cause[LATCH_MISSED_CLIENT], row->client);
		assert_int_equal(missed.by_cause[LATCH_MISSED_LATCH], row->latch);
		assert_int_equal(missed.by_cause[LATCH_MISSED_KERNEL], row->kernel);
		assert_int_equal(missed.total, row->fence + row->client + row->latch + row->kernel);
		assert_int_equal(missed.unused, row->unused);
	}
}

static void test_nothing_to_say(void **state) {
	struct latch_frame_record record = make_record(&rows[5]);
	assert_int_equal(latch_missed_count(&record).total, 1);
	record.refresh_ns = 0;
	assert_int_equal(latch_missed_count(&record).total, 0);
	record = make_record(&rows[5]);
	record.presented = false;
	assert_int_equal(latch_missed_count(&record).total, 0);
	record = make_record(&rows[5]);
	record.flip_ns = 0;
	assert_int_equal(latch_missed_count(&record).total, 0);
}

static void test_hidden_window(void **state) {
	struct latch_frame_record record = {
		.commit_ns = START_NS,
		.signalled_ns = START_NS + 1000000,
		.ready_ns = START_NS + 1100000,
		.visible_ns = START_NS + 42 * REFRESH_NS + 1000000,
		.submit_start_ns = START_NS + 43 * REFRESH_NS - 2000000,
		.submit_end_ns = START_NS + 43 * REFRESH_NS - 1000000,
		.flip_ns = START_NS + 43 * REFRESH_NS,
		.refresh_ns = REFRESH_NS,
		.presented = true,
	};
	assert_int_equal(latch_missed_count(&record).total, 0);
	record.visible_ns -= REFRESH_NS;
	assert_int_equal(latch_missed_count(&record).total, 1);
	assert_int_equal(latch_missed_count(&record).by_cause[LATCH_MISSED_LATCH], 1);
	record.visible_ns = 0;
	assert_int_equal(latch_missed_count(&record).total, 42);
}

static uint64_t random_next(uint64_t *state) {
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Any value whatever, the ends of the range and 0 more often than others. */
static int64_t random_time(uint64_t *state) {
	switch (random_next(state) % 8) {
	case 0:
		return 0;
	case 1:
		return INT64_MAX;
	case 2:
		return INT64_MIN;
	case 3:
		return (int64_t)random_next(state);
	default:
		return START_NS + (int64_t)(random_next(state) % 100000000);
	}
}

static void test_any_times(void **unused) {
	uint64_t state = 88172645463325252ull;
	for (int i = 0; i < 200000; i++) {
		const struct latch_frame_record record = {
			.commit_ns = random_time(&state),
			.signalled_ns = random_time(&state),
			.ready_ns = random_time(&state),
			.latch_ns = random_time(&state),
			.submit_start_ns = random_time(&state),
			.submit_end_ns = random_time(&state),
			.flip_ns = random_time(&state),
			.replaced_flip_ns = random_time(&state),
			.visible_ns = random_time(&state),
			.refresh_ns = i % 3 == 0 ? random_time(&state) : REFRESH_NS,
			.presented = true,
		};
		const struct latch_missed missed = latch_missed_count(&record);
		uint64_t sum = 0;
		for (size_t j = 0; j < LATCH_MISSED_CAUSES; j++) {
			sum += missed.by_cause[j];
		}
		assert_true(sum == missed.total);
	}
}

/*
 * A second way to count, straight from the definition: walk over all vblanks and look at
 * each. It shares nothing with the arithmetic.
 */
static uint32_t count_by_walking(const struct latch_frame_record *record, int64_t from_ns) {
	uint32_t count = 0;
	for (int64_t v = record->flip_ns - REFRESH_NS; v > from_ns; v -= REFRESH_NS) {
		if (v - record->replaced_flip_ns <= REFRESH_NS / 2) {
			break;
		}
		count++;
	}
	return count;
}

static void test_against_walking(void **unused) {
	uint64_t state = 4101842887655102017ull;
	for (int i = 0; i < 20000; i++) {
		struct latch_frame_record record = {.refresh_ns = REFRESH_NS, .presented = true};
		record.flip_ns = START_NS + 100 * REFRESH_NS;
		record.replaced_flip_ns = record.flip_ns -
					  (int64_t)(random_next(&state) % 20 + 1) * REFRESH_NS +
					  (int64_t)(random_next(&state) % 200000) - 100000;
		record.commit_ns = record.flip_ns - (int64_t)(random_next(&state) % 150000000);
		record.ready_ns = record.commit_ns + (int64_t)(random_next(&state) % 50000000);
		record.submit_start_ns =
			record.ready_ns + (int64_t)(random_next(&state) % 20000000);
		record.submit_end_ns = record.submit_start_ns + 200000;
		const struct latch_missed missed = latch_missed_count(&record);
		const uint32_t after_commit = count_by_walking(&record, record.commit_ns);
		const uint32_t after_ready = count_by_walking(&record, record.ready_ns);
		const uint32_t after_end = count_by_walking(&record, record.submit_end_ns);
		assert_int_equal(missed.total, after_commit);
		assert_int_equal(missed.by_cause[LATCH_MISSED_KERNEL], after_end);
		assert_true(missed.by_cause[LATCH_MISSED_FENCE] >= after_commit - after_ready);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_nothing_to_say),
		cmocka_unit_test(test_hidden_window),
		cmocka_unit_test(test_any_times),
		cmocka_unit_test(test_against_walking),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("missed", tests, NULL, NULL);
}
