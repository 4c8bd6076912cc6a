/* SPDX-License-Identifier: MIT */
/* The definition of missed vblanks, case by case. */
#include "trace/missed.h"
#include "../test.h"

/* Vblank 0 of the table; times below are in ms from it, the refresh is 10 ms. */
#define START_NS INT64_C(5000000000)
#define REFRESH_NS INT64_C(10000000)

struct row {
	const char *name;
	/* In ms, 0 is unknown. */
	double replaced, commit, signalled, ready, submit_start, submit_end, flip;
	/* With a plan: when latch wanted to wake up and did (0: 50 us later), and heard EBUSY. */
	double plan, woke, refused;
	struct {
		double from, until;
		enum latch_missed_cause by;
	} blocked;
	union {
		struct {
			uint32_t fence, client, latch, compose, ioctl, kernel, busy;
		};
		uint32_t by_cause[LATCH_MISSED_CAUSES];
	};
	uint32_t unused; /* looked at where there is no plan */
};

static int64_t from_ms(double ms) {
	return ms > 0 ? START_NS + (int64_t)(ms * 1000 + 0.5) * 1000 : 0;
}

static struct latch_frame_record make_record(const struct row *row) {
	const double woke = row->woke == 0 && row->plan > 0 ? row->plan + 0.05 : row->woke;
	return (struct latch_frame_record){
		.commit_ns = from_ms(row->commit),
		.signalled_ns = from_ms(row->signalled),
		.ready_ns = from_ms(row->ready),
		.latch_ns = from_ms(woke),
		.submit_start_ns = from_ms(row->submit_start),
		.submit_end_ns = from_ms(row->submit_end),
		.flip_ns = from_ms(row->flip),
		.replaced_flip_ns = from_ms(row->replaced),
		.refresh_ns = REFRESH_NS,
		.wake =
			{
				.planned_ns = from_ms(row->plan),
				.margin_ns = woke > 0 ? 2000000 : 0,
				.kernel_ns = woke > 0 ? 1500000 : 0,
				.busy_ns = from_ms(row->refused),
			},
		.blocked =
			{
				.from_ns = from_ms(row->blocked.from),
				.until_ns = from_ms(row->blocked.until),
				.cause = row->blocked.by,
			},
		.presented = true,
		.placement = LATCH_ON_PLANE,
	};
}

static const struct row rows[] = {
	{"in time", 10, 12, 14, 14.1, 18, 18.2, 20},
	{"in time, first update", 0, 12, 14, 14.1, 18, 18.2, 20},
	{"flips jitter by 300 us", 10.3, 10.4, 14, 14.1, 18, 18.2, 19.7},
	{"flips jitter the other way", 9.7, 9.8, 9.9, 9.95, 18, 18.2, 20.3},
	/* The replaced update took the vblank at 20 ms, so this one had to wait for the next. */
	{"ready early, no vblank free", 20, 12, 13, 13.1, 28, 28.2, 30},
	{"fence one vblank late", 10, 12, 22, 22.1, 28, 28.2, 30, .fence = 1},
	{"fence three vblanks late", 10, 12, 42, 42.1, 48, 48.2, 50, .fence = 3},
	{"fence signals 1 ms before the vblank", 10, 12, 19, 19.05, 28, 28.1, 30, .fence = 1},
	{"commit 1 ms before the vblank", 10, 19, 19, 19.05, 28, 28.1, 30, .client = 1},
	{"latch does not take it in time", 10, 12, 14, 14.1, 21, 21.1, 30, .latch = 1},
	{"ready just half a refresh before", 10, 12, 14.9, 15, 21, 21.1, 30, .latch = 1},
	{"ready less than half before", 10, 12, 14.9, 15.001, 21, 21.1, 30, .fence = 1},
	{"close, but latch waits a whole refresh", 10, 12, 18, 18, 28, 28.1, 30, .latch = 1},
	{"latch sleeps for three vblanks", 10, 12, 14, 14.1, 48, 48.1, 50, .latch = 3},
	{"kernel flips one later", 10, 12, 14, 14.1, 18, 18.2, 30, .kernel = 1},
	{"kernel flips three later", 10, 12, 14, 14.1, 18, 18.2, 50, .kernel = 3},
	{"one of each", 10, 12, 24, 24, 31, 31.1, 50, .fence = 1, .latch = 1, .kernel = 1},
	{"client commits two vblanks later", 10, 32, 34, 34.1, 38, 38.2, 40, .unused = 2},
	{"client idle, then fence late", 10, 32, 44, 44.1, 48, 48.2, 50, .fence = 1, .unused = 2},
	{"fence done before the commit", 10, 14, 11, 14.01, 18, 18.2, 20},
	{"ready unknown: signalled counts", 10, 12, 22, 0, 28, 28.2, 30, .fence = 1},
	{"only commit and flip known", 10, 12, 0, 0, 0, 0, 30, .fence = 1},
	{"commit unknown", 10, 0, 0, 12, 21, 21.2, 30, .latch = 1},
	{"only the flip known", 0, 0, 0, 0, 0, 0, 30},
	{"commit exactly at a vblank", 10, 20, 20, 20, 22, 22.2, 30, .unused = 1},
	{"flip before everything", 10, 42, 43, 44, 45, 46, 20},
	{"flip before the replaced one", 30, 12, 13, 14, 15, 16, 20},
	{"ready before the commit", 10, 19, 11, 11, 28, 28.1, 30, .client = 1},
	{"submit before ready", 10, 12, 13, 24, 18, 18.2, 30, .fence = 1},
	/* The flip comes when it is submitted; refresh is the shortest distance of flips. */
	{"vrr: 14 ms after the last", 10, 12, 22, 22.1, 22.5, 22.7, 24},
	{"vrr: 25 ms after the last, fence late", 10, 12, 33, 33.1, 33.5, 33.7, 35, .fence = 1},
	/* With a margin of 2 ms, of which 1.5 are the kernel's. */
	{"in time", 10, 12, 14, 14, 18.4, 18.6, 20, .plan = 18, .woke = 18.1},
	{"woke 3 ms late", 10, 12, 14, 14, 21.3, 21.5, 30, .plan = 18, .woke = 21, .latch = 1},
	{"woke too late for the kernel", 10, 12, 14, 14, 19.1, 19.3, 30, .plan = 18, .woke = 18.9,
		.latch = 1},
	{"woke 0.4 ms late, just too much", 10, 12, 14, 14, 18.7, 18.9, 30, .plan = 18,
		.woke = 18.4, .latch = 1},
	{"composing took 4 ms", 10, 12, 14, 14, 22.1, 22.3, 30, .plan = 18, .compose = 1},
	{"composing left too little", 10, 12, 14, 14, 19, 19.2, 30, .plan = 18, .compose = 1},
	{"the ioctl took 4 ms", 10, 12, 14, 14, 18.4, 22.4, 30, .plan = 18, .ioctl = 1},
	{"the ioctl took three vblanks, the kernel one more", 10, 12, 14, 14, 18.4, 42.4, 60,
		.plan = 18, .ioctl = 3, .kernel = 1},
	{"the kernel flips late", 10, 12, 14, 14, 18.4, 18.6, 30, .plan = 18, .kernel = 1},
	{"committed in the margin", 10, 18.5, 18.5, 18.5, 28.4, 28.6, 30, .plan = 28, .client = 1},
	{"committed just before it", 10, 17.9, 17.9, 17.9, 28.4, 28.6, 30, .plan = 28, .latch = 1},
	{"signalled in the margin", 10, 12, 18.5, 18.5, 28.4, 28.6, 30, .plan = 28, .fence = 1},
	{"committed before, signalled in it", 10, 16, 18.5, 18.5, 28.4, 28.6, 30, .plan = 28,
		.fence = 1},
	{"EBUSY at first", 10, 12, 14, 14, 21.1, 21.3, 30, .woke = 21, .refused = 18.3, .busy = 1},
	{"EBUSY three times", 10, 12, 14, 14, 41.1, 41.3, 50, .woke = 41, .refused = 18.3,
		.busy = 3},
	{"slept through one, then EBUSY", 10, 12, 14, 14, 31.1, 31.3, 40, .woke = 31, .refused = 21,
		.busy = 1, .latch = 1},
	/* The frame before was meant for 20 ms and came at 30: nobody could submit for 30 then. */
	{"behind a frame that the kernel flipped late", 10, 22, 22.1, 22.1, 30.4, 30.6, 40,
		.plan = 30.1, .blocked = {20, 30, LATCH_MISSED_KERNEL}, .kernel = 1},
	{"behind one that went at once", 10, 22, 22.1, 22.1, 38.4, 38.6, 40, .plan = 38.1,
		.blocked = {20, 30, LATCH_MISSED_BUSY}, .busy = 1},
	{"behind one that came two late", 10, 12, 12.1, 12.1, 40.4, 40.6, 50, .plan = 40.1,
		.blocked = {20, 40, LATCH_MISSED_KERNEL}, .kernel = 2, .latch = 1},
	{"behind one whose composing took long", 10, 12, 12.1, 12.1, 30.4, 30.6, 40, .plan = 30.1,
		.blocked = {20, 30, LATCH_MISSED_COMPOSE}, .compose = 1, .latch = 1},
	{"what was late before the commit is nobody's", 30, 31, 31.1, 31.1, 38.4, 38.6, 40,
		.plan = 38, .blocked = {10, 30, LATCH_MISSED_KERNEL}},
};

static void test_table(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct latch_frame_record record = make_record(&rows[i]);
		const struct latch_missed missed = latch_missed_count(&record);
		uint32_t sum = 0;
		for (unsigned cause = 0; cause < LATCH_MISSED_CAUSES; cause++) {
			sum += missed.by_cause[cause];
			if (missed.by_cause[cause] != rows[i].by_cause[cause]) {
				fail_msg("%s: %u by %s", rows[i].name, missed.by_cause[cause],
					latch_name(&latch_missed_cause_names, cause));
			}
		}
		assert_int_equal(missed.total, sum);
		assert_true(record.latch_ns != 0 || missed.unused == rows[i].unused);
	}
}

/* The same of a frame, against the vblank that it was meant for. */
static void test_frame(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		const struct row *row = &rows[i];
		if (row->plan != 18) {
			continue;
		}
		print_message("# %s\n", row->name);
		const struct latch_frame_record of_update = make_record(row);
		struct latch_flip_record record = {
			.latch_ns = of_update.latch_ns,
			.submit_start_ns = of_update.submit_start_ns,
			.submit_end_ns = of_update.submit_end_ns,
			.flip_ns = of_update.flip_ns,
			.refresh_ns = REFRESH_NS,
			.wake = of_update.wake,
		};
		record.wake.vblank_ns = from_ms(20);
		enum latch_missed_cause cause = LATCH_MISSED_FENCE;
		const uint32_t late = latch_missed_by_frame(&record, &cause);
		const struct latch_blocked blocked = latch_missed_blocked(&record);
		assert_int_equal(late, (record.flip_ns - from_ms(20)) / REFRESH_NS);
		assert_int_equal(blocked.late, late > 0);
		if (late == 0) {
			assert_int_equal(blocked.until_ns, 0);
			/* Before its deadline: who comes until the vblank has to wait for it. */
			record.submit_start_ns = record.submit_end_ns = from_ms(row->flip - 5);
			const struct latch_blocked early = latch_missed_blocked(&record);
			assert_false(early.late);
			assert_int_equal(early.cause, LATCH_MISSED_BUSY);
			assert_int_equal(early.until_ns, record.flip_ns);
			continue;
		}
		assert_true(row->by_cause[cause] > 0);
		assert_int_equal(blocked.from_ns, from_ms(20));
		assert_int_equal(blocked.until_ns, record.flip_ns);
		assert_int_equal(blocked.cause, cause);
		/* Nobody knows which vblank it was meant for: it is not late. */
		record.wake.vblank_ns = 0;
		assert_int_equal(latch_missed_by_frame(&record, &cause), 0);
		record.wake.vblank_ns = from_ms(20);
		record.wake.busy_ns = from_ms(19);
		assert_int_equal(latch_missed_by_frame(&record, &cause), late);
		assert_int_equal(cause, LATCH_MISSED_BUSY);
	}
}

/* Our own job goes on over three vblanks that latch was awake for. */
static void test_composing_long(void **state) {
	struct latch_frame_record record =
		make_record(&(struct row){"", 10, 12, 12, 12.1, 48, 48.2, 50, .woke = 12.2});
	record.compose_start_ns = from_ms(12.3);
	record.compose_end_ns = from_ms(47.9);
	record.wake = (struct latch_wake_record){
		.why = "close", .margin_ns = 2000000, .kernel_ns = 1000000};
	struct latch_missed missed = latch_missed_count(&record);
	assert_int_equal(missed.total, 3);
	assert_int_equal(missed.by_cause[LATCH_MISSED_COMPOSE], 3);
	/* Before it began latch slept. */
	record.latch_ns = record.compose_start_ns = from_ms(25);
	missed = latch_missed_count(&record);
	assert_int_equal(missed.by_cause[LATCH_MISSED_COMPOSE], 2);
	assert_int_equal(missed.by_cause[LATCH_MISSED_LATCH], 1);
}

static void test_nothing_to_say(void **state) {
	struct latch_frame_record records[3];
	for (size_t i = 0; i < LEN(records); i++) {
		records[i] = make_record(&rows[5]);
		assert_int_equal(latch_missed_count(&records[i]).total, 1);
	}
	records[0].refresh_ns = 0;
	records[1].presented = false;
	records[2].flip_ns = 0;
	for (size_t i = 0; i < LEN(records); i++) {
		assert_int_equal(latch_missed_count(&records[i]).total, 0);
	}
}

static void test_hidden_window(void **state) {
	struct latch_frame_record record =
		make_record(&(struct row){"", 0, 0.001, 1, 1.1, 428, 429, 430});
	record.visible_ns = from_ms(421);
	assert_int_equal(latch_missed_count(&record).total, 0);
	record.visible_ns -= REFRESH_NS;
	assert_int_equal(latch_missed_count(&record).total, 1);
	assert_int_equal(latch_missed_count(&record).by_cause[LATCH_MISSED_LATCH], 1);
	/* It comes into view right before a vblank: its client has nothing to do with that, unless it
	 * has asked to wait until then. */
	record.visible_ns = from_ms(419.8);
	assert_int_equal(latch_missed_count(&record).by_cause[LATCH_MISSED_LATCH], 1);
	record.paced_ns = record.visible_ns;
	assert_int_equal(latch_missed_count(&record).by_cause[LATCH_MISSED_CLIENT], 1);
	record.paced_ns = 0;
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
	static const int64_t ends[] = {0, INT64_MAX, INT64_MIN};
	const uint64_t kind = random_next(state) % 8;
	if (kind < LEN(ends)) {
		return ends[kind];
	}
	return kind == 3 ? (int64_t)random_next(state)
			 : START_NS + (int64_t)(random_next(state) % 100000000);
}

static void test_any_times(void **unused) {
	uint64_t state = 88172645463325252ull;
	for (int i = 0; i < 200000; i++) {
		struct latch_frame_record r = {
			.blocked.cause = LATCH_MISSED_IOCTL, .presented = true};
		int64_t *const times[] = {&r.commit_ns, &r.signalled_ns, &r.ready_ns, &r.latch_ns,
			&r.submit_start_ns, &r.submit_end_ns, &r.flip_ns, &r.replaced_flip_ns,
			&r.visible_ns, &r.wake.planned_ns, &r.wake.margin_ns, &r.wake.kernel_ns,
			&r.wake.busy_ns, &r.blocked.from_ns, &r.blocked.until_ns, &r.refresh_ns};
		for (size_t j = 0; j < LEN(times); j++) {
			*times[j] = random_time(&state);
		}
		if (i % 3 != 0) {
			r.refresh_ns = REFRESH_NS;
		}
		const struct latch_missed missed = latch_missed_count(&r);
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

TEST_MAIN("missed", UNIT(test_table), UNIT(test_frame), UNIT(test_composing_long),
	UNIT(test_nothing_to_say), UNIT(test_hidden_window), UNIT(test_any_times),
	UNIT(test_against_walking))
