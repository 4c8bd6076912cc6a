/* The definition of missed vblanks, case by case. */
#include "trace/missed.h"
#include "../test.h"

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

/* Rows of updates whose latch was planned: times in us from vblank 0; a margin of 2 ms, of which 1.5
 * are the kernel's. */
struct planned_row {
	const char *name;
	int32_t replaced, commit, ready, planned, latch, submit_start, submit_end, flip;
	int32_t busy, blocked_from, blocked_until; // 0: unknown
	enum latch_missed_cause blocked_by;
	uint32_t by_cause[LATCH_MISSED_CAUSES];
};

static const struct planned_row planned_rows[] = {
	{"in time", 10000, 12000, 14000, 18000, 18100, 18400, 18600, 20000},
	{"woke 3 ms late", 10000, 12000, 14000, 18000, 21000, 21300, 21500, 30000,
		.by_cause = {[LATCH_MISSED_LATCH] = 1}},
	{"woke before the vblank, but too late for the kernel", 10000, 12000, 14000, 18000, 18900,
		19100, 19300, 30000, .by_cause = {[LATCH_MISSED_LATCH] = 1}},
	{"woke 0.4 ms late, which is what was missing", 10000, 12000, 14000, 18000, 18400, 18700,
		18900, 30000, .by_cause = {[LATCH_MISSED_LATCH] = 1}},
	{"composing took 4 ms", 10000, 12000, 14000, 18000, 18050, 22100, 22300, 30000,
		.by_cause = {[LATCH_MISSED_COMPOSE] = 1}},
	{"composing took too long for the kernel", 10000, 12000, 14000, 18000, 18050, 19000, 19200,
		30000, .by_cause = {[LATCH_MISSED_COMPOSE] = 1}},
	{"the ioctl took 4 ms", 10000, 12000, 14000, 18000, 18050, 18400, 22400, 30000,
		.by_cause = {[LATCH_MISSED_IOCTL] = 1}},
	{"the ioctl took three vblanks, the kernel one more", 10000, 12000, 14000, 18000, 18050,
		18400, 42400, 60000,
		.by_cause = {[LATCH_MISSED_IOCTL] = 3, [LATCH_MISSED_KERNEL] = 1}},
	{"the kernel flips late", 10000, 12000, 14000, 18000, 18050, 18400, 18600, 30000,
		.by_cause = {[LATCH_MISSED_KERNEL] = 1}},
	{"committed inside the margin", 10000, 18500, 18500, 28000, 28050, 28400, 28600, 30000,
		.by_cause = {[LATCH_MISSED_CLIENT] = 1}},
	{"committed just before the margin", 10000, 17900, 17900, 28000, 28050, 28400, 28600, 30000,
		.by_cause = {[LATCH_MISSED_LATCH] = 1}},
	{"signalled inside the margin", 10000, 12000, 18500, 28000, 28050, 28400, 28600, 30000,
		.by_cause = {[LATCH_MISSED_FENCE] = 1}},
	{"committed 4 ms before, signalled inside the margin", 10000, 16000, 18500, 28000, 28050,
		28400, 28600, 30000, .by_cause = {[LATCH_MISSED_FENCE] = 1}},
	{"EBUSY at the first try", 10000, 12000, 14000, 0, 21000, 21100, 21300, 30000,
		.busy = 18300, .by_cause = {[LATCH_MISSED_BUSY] = 1}},
	{"EBUSY for three vblanks", 10000, 12000, 14000, 0, 41000, 41100, 41300, 50000,
		.busy = 18300, .by_cause = {[LATCH_MISSED_BUSY] = 3}},
	{"slept through one, then EBUSY", 10000, 12000, 14000, 0, 31000, 31100, 31300, 40000,
		.busy = 21000, .by_cause = {[LATCH_MISSED_BUSY] = 1, [LATCH_MISSED_LATCH] = 1}},
	/* The frame before was meant for 20 ms and came at 30: nobody could submit for 30 then. */
	{"behind a frame that the kernel flipped late", 10000, 22000, 22100, 30100, 30150, 30400,
		30600, 40000, .blocked_from = 20000, .blocked_until = 30000,
		.blocked_by = LATCH_MISSED_KERNEL, .by_cause = {[LATCH_MISSED_KERNEL] = 1}},
	{"behind one that went at once", 10000, 22000, 22100, 38100, 38150, 38400, 38600, 40000,
		.blocked_from = 20000, .blocked_until = 30000, .blocked_by = LATCH_MISSED_BUSY,
		.by_cause = {[LATCH_MISSED_BUSY] = 1}},
	{"behind one that came two late", 10000, 12000, 12100, 40100, 40150, 40400, 40600, 50000,
		.blocked_from = 20000, .blocked_until = 40000, .blocked_by = LATCH_MISSED_KERNEL,
		.by_cause = {[LATCH_MISSED_KERNEL] = 2, [LATCH_MISSED_LATCH] = 1}},
	{"behind one whose composing took long", 10000, 12000, 12100, 30100, 30150, 30400, 30600,
		40000, .blocked_from = 20000, .blocked_until = 30000,
		.blocked_by = LATCH_MISSED_COMPOSE,
		.by_cause = {[LATCH_MISSED_COMPOSE] = 1, [LATCH_MISSED_LATCH] = 1}},
	{"what was late before the commit is nobody's", 30000, 31000, 31100, 38000, 38050, 38400,
		38600, 40000, .blocked_from = 10000, .blocked_until = 30000,
		.blocked_by = LATCH_MISSED_KERNEL},
};

static struct latch_wake_record planned_wake(const struct planned_row *row) {
	return (struct latch_wake_record){
		.planned_ns = row->planned > 0 ? from_us(row->planned) : 0,
		.margin_ns = 2000000,
		.kernel_ns = 1500000,
		.busy_ns = row->busy > 0 ? from_us(row->busy) : 0,
	};
}

static void test_planned(void **state) {
	for (size_t i = 0; i < sizeof(planned_rows) / sizeof(planned_rows[0]); i++) {
		const struct planned_row *row = &planned_rows[i];
		struct latch_frame_record record = make_record(&(struct row){
			.replaced = row->replaced,
			.commit = row->commit,
			.signalled = row->ready,
			.ready = row->ready,
			.submit_start = row->submit_start,
			.submit_end = row->submit_end,
			.flip = row->flip,
		});
		record.latch_ns = from_us(row->latch);
		record.wake = planned_wake(row);
		record.blocked = (struct latch_blocked){
			.from_ns = from_us(row->blocked_from),
			.until_ns = row->blocked_until > 0 ? from_us(row->blocked_until) : 0,
			.cause = row->blocked_by,
		};
		const struct latch_missed missed = latch_missed_count(&record);
		print_message("# %s:", row->name);
		for (size_t j = 0; j < LATCH_MISSED_CAUSES; j++) {
			print_message(" %s %u", latch_name(&latch_missed_cause_names, (unsigned)j),
				missed.by_cause[j]);
		}
		print_message("\n");
		uint32_t sum = 0;
		for (size_t j = 0; j < LATCH_MISSED_CAUSES; j++) {
			assert_int_equal(missed.by_cause[j], row->by_cause[j]);
			sum += row->by_cause[j];
		}
		assert_int_equal(missed.total, sum);
	}
}

/* The same of a frame, against the vblank that it was meant for. */
static void test_frame(void **state) {
	for (size_t i = 0; i < sizeof(planned_rows) / sizeof(planned_rows[0]); i++) {
		const struct planned_row *row = &planned_rows[i];
		if (row->planned != 18000) {
			continue;
		}
		struct latch_flip_record record = {
			.latch_ns = from_us(row->latch),
			.submit_start_ns = from_us(row->submit_start),
			.submit_end_ns = from_us(row->submit_end),
			.flip_ns = from_us(row->flip),
			.refresh_ns = REFRESH_NS,
			.wake = planned_wake(row),
		};
		record.wake.vblank_ns = from_us(20000);
		enum latch_missed_cause cause = LATCH_MISSED_FENCE;
		const uint32_t late = latch_missed_by_frame(&record, &cause);
		const struct latch_blocked blocked = latch_missed_blocked(&record);
		assert_int_equal(late, (row->flip - 20000) / 10000);
		assert_int_equal(blocked.late, late > 0);
		if (late == 0) {
			assert_int_equal(blocked.until_ns, 0);
			/* Before its deadline: whoever comes until the vblank has to wait for it. */
			record.submit_start_ns = record.submit_end_ns = from_us(row->flip - 5000);
			const struct latch_blocked early = latch_missed_blocked(&record);
			assert_false(early.late);
			assert_int_equal(early.cause, LATCH_MISSED_BUSY);
			assert_int_equal(early.until_ns, record.flip_ns);
			continue;
		}
		print_message(
			"# %s: %s\n", row->name, latch_name(&latch_missed_cause_names, cause));
		assert_true(row->by_cause[cause] > 0);
		assert_int_equal(blocked.from_ns, from_us(20000));
		assert_int_equal(blocked.until_ns, record.flip_ns);
		assert_int_equal(blocked.cause, cause);
		/* Nobody knows which vblank it was meant for: it is not late. */
		record.wake.vblank_ns = 0;
		assert_int_equal(latch_missed_by_frame(&record, &cause), 0);
		record.wake.vblank_ns = from_us(20000);
		record.wake.busy_ns = from_us(19000);
		assert_int_equal(latch_missed_by_frame(&record, &cause), late);
		assert_int_equal(cause, LATCH_MISSED_BUSY);
	}
}

/* Our own job goes on over three vblanks that latch was awake for. */
static void test_composing_long(void **state) {
	struct latch_frame_record record = make_record(&(struct row){
		"", 10000, 12000, 12000, 12100, 48000, 48200, 50000, 0, 0, 0, 0, 0});
	record.latch_ns = from_us(12200);
	record.compose_start_ns = from_us(12300);
	record.compose_end_ns = from_us(47900);
	record.wake = (struct latch_wake_record){
		.why = "close", .margin_ns = 2000000, .kernel_ns = 1000000};
	struct latch_missed missed = latch_missed_count(&record);
	assert_int_equal(missed.total, 3);
	assert_int_equal(missed.by_cause[LATCH_MISSED_COMPOSE], 3);
	/* Before it began latch slept. */
	record.latch_ns = record.compose_start_ns = from_us(25000);
	missed = latch_missed_count(&record);
	assert_int_equal(missed.by_cause[LATCH_MISSED_COMPOSE], 2);
	assert_int_equal(missed.by_cause[LATCH_MISSED_LATCH], 1);
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
			.wake = {.planned_ns = random_time(&state),
				.margin_ns = random_time(&state),
				.kernel_ns = random_time(&state),
				.busy_ns = random_time(&state)},
			.blocked = {.from_ns = random_time(&state),
				.until_ns = random_time(&state),
				.cause = LATCH_MISSED_IOCTL},
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

TEST_MAIN("missed", UNIT(test_table), UNIT(test_planned), UNIT(test_frame),
	UNIT(test_composing_long), UNIT(test_nothing_to_say), UNIT(test_hidden_window),
	UNIT(test_any_times), UNIT(test_against_walking))
