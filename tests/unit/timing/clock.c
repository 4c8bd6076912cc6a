/* SPDX-License-Identifier: MIT */
/* The vblank's clock on made-up flips: even, drifting, jittering, missing,
 * variable, and none at all; and when an update with a target time may become ready by it. */

#include "../test.h"
#include "timing/timing.h"

#define REFRESH (INT64_C(50) * MS / 3)
#define START (INT64_C(1000) * MS)
/* Flips in a row that convince it. */
#define EVIDENCE 6

static struct latch_clock beat;

/* An even beat, of which one flip is known. */
static int setup(void **state) {
	srand(3);
	latch_clock_init(&beat, REFRESH);
	latch_clock_flipped(&beat, 0, START);
	return 0;
}

static void test_unknown(void **state) {
	latch_clock_init(&beat, REFRESH);
	assert_int_equal(latch_clock_next(&beat, START), 0);
	assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_UNKNOWN);
	latch_clock_init(&beat, 0);
	latch_clock_flipped(&beat, 0, START);
	latch_clock_flipped(&beat, 0, START + REFRESH);
	assert_int_equal(latch_clock_next(&beat, START), 0);
}

static void test_even(void **state) {
	assert_int_equal(latch_clock_next(&beat, START), START + REFRESH);
	assert_int_equal(latch_clock_next(&beat, START + REFRESH - 1), START + REFRESH);
	assert_int_equal(latch_clock_next(&beat, START + REFRESH), START + 2 * REFRESH);
	/* A flip that is stamped with the coming vblank is no trap. */
	assert_int_equal(latch_clock_next(&beat, START - MS), START);
}

/* How far the worst prediction was off, of flips that are `periods` apart and so many frames. */
static int64_t worst_prediction(
	double period_ns, int frames, int settle, int64_t jitter_ns, int miss_every) {
	int64_t worst = 0;
	double at_ns = (double)START;
	for (int i = 0; i < frames; i++) {
		const int periods = miss_every > 0 && i % miss_every == 0 ? 2 : 1;
		at_ns += period_ns * periods;
		/* Asked for just before it, as a latch does. */
		const int64_t guess = latch_clock_next(&beat, (int64_t)at_ns - 2 * MS);
		const int64_t off = llabs(guess - (int64_t)at_ns);
		if (i >= settle && off > worst) {
			worst = off;
		}
		const int64_t jitter = jitter_ns > 0 ? rand() % (2 * jitter_ns) - jitter_ns : 0;
		latch_clock_flipped(&beat, (int64_t)at_ns - MS, (int64_t)at_ns + jitter);
	}
	return worst;
}

static void test_clocks(void **state) {
	static const struct {
		const char *name;
		double drift;
		int64_t jitter_ns;
		int miss_every;
		int64_t worst_ns;
	} rows[] = {
		{"even", 1, 0, 0, US},
		{"59.94 instead of 60", 1.001, 0, 0, 3 * US},
		{"fast by 0.5 %", 0.995, 0, 0, 3 * US},
		{"jitter of 50 us", 1, 50 * US, 0, 60 * US},
		{"drift and jitter", 1.0005, 100 * US, 0, 120 * US},
		{"every seventh missed", 1.001, 0, 7, 5 * US},
		{"every second missed, with jitter", 0.999, 50 * US, 2, 90 * US},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		setup(state);
		const int64_t worst = worst_prediction((double)REFRESH * rows[i].drift, 3000, 500,
			rows[i].jitter_ns, rows[i].miss_every);
		print_message("# %s: at most %.3f us off\n", rows[i].name, (double)worst / 1e3);
		assert_true(worst <= rows[i].worst_ns);
		assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_FIXED);
	}

	/* A clock that nobody's mode has: the measured interval stays near the mode's. */
	setup(state);
	worst_prediction((double)REFRESH * 1.1, 500, 500, 0, 0);
	assert_true(llabs(beat.period_ns - REFRESH) <= REFRESH / 100);

	/* Another mode has another interval, and no vblank yet. */
	latch_clock_init(&beat, 8 * MS);
	assert_int_equal(latch_clock_next(&beat, START), 0);
	latch_clock_flipped(&beat, 0, START);
	assert_int_equal(latch_clock_next(&beat, START), START + 8 * MS);
}

static void test_jump(void **state) {
	for (int i = 1; i < 10; i++) {
		latch_clock_flipped(&beat, 0, START + i * REFRESH);
	}
	/* The kernel's timer was stopped and started again: another phase, from now on; and again
	 * soon after. */
	static const int periods[] = {50, 53};
	for (size_t i = 0; i < LEN(periods); i++) {
		const int64_t flip_ns =
			START + periods[i] * REFRESH + (int64_t)(i + 1) * REFRESH / 2;
		latch_clock_flipped(&beat, 0, flip_ns);
		assert_int_equal(latch_clock_next(&beat, flip_ns + 1), flip_ns + beat.period_ns);
		assert_true(llabs(beat.period_ns - REFRESH) < US);
	}
}

static void test_variable(void **state) {
	latch_clock_init(&beat, 7 * MS);
	latch_clock_set_variable(&beat, true);
	int64_t at = START;
	for (int i = 0; i < 500; i++) {
		latch_clock_flipped(&beat, at - 100 * US, at);
		assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_VARIABLE);
		/* The shortest interval, then whenever somebody likes. */
		assert_int_equal(latch_clock_next(&beat, at + MS), at + 7 * MS);
		assert_int_equal(latch_clock_next(&beat, at + 9 * MS), at + 9 * MS);
		at += 7 * MS + rand() % (13 * MS);
	}
	assert_int_equal(beat.period_ns, 7 * MS);
	/* Off again: an even beat from the next flip on. */
	latch_clock_set_variable(&beat, false);
	latch_clock_flipped(&beat, at - 100 * US, at);
	assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_FIXED);
}

/* A driver that completes each commit at once, when latched by what is predicted. */
static void test_no_vblank(void **state) {
	latch_clock_init(&beat, REFRESH);
	int64_t now = START;
	int frames = 0;
	while (latch_clock_kind(&beat) != LATCH_CLOCK_NONE && frames < 100) {
		const int64_t next = latch_clock_next(&beat, now + 2 * MS);
		const int64_t submit = next != 0 ? next - 1500 * US : now;
		latch_clock_flipped(&beat, submit + 100 * US, submit + 150 * US);
		now = submit + 200 * US;
		frames++;
	}
	print_message("# recognised after %d frames\n", frames);
	assert_true(frames <= 2 * EVIDENCE);
	/* Paced by the mode from then on, and still known to be none. */
	for (int i = 0; i < 100; i++) {
		const int64_t next = latch_clock_next(&beat, now);
		assert_int_equal(next, beat.last_flip_ns + REFRESH);
		latch_clock_flipped(&beat, next + 100 * US, next + 150 * US);
		now = next + 200 * US;
		assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_NONE);
	}
	/* The driver has learned it (a module was replaced): flips wait again. */
	for (int i = 0; i < EVIDENCE; i++) {
		now += REFRESH;
		latch_clock_flipped(&beat, now - 8 * MS, now);
	}
	assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_FIXED);
}

/* Commits at random phases, one in each to three refreshes: a vblank often follows soon, and is no
 * proof. */
static void test_random_phases_have_vblanks(void **state) {
	latch_clock_init(&beat, REFRESH);
	int64_t at = START;
	for (int i = 0; i < 100000; i++) {
		at += REFRESH * (1 + rand() % 3);
		const int64_t guess = latch_clock_next(&beat, at - MS);
		assert_true(i < 10 || llabs(guess - at) < 300 * US);
		const int64_t flip = at + rand() % (400 * US) - 200 * US;
		latch_clock_flipped(&beat, flip - rand() % REFRESH, flip);
		assert_int_equal(latch_clock_kind(&beat), LATCH_CLOCK_FIXED);
	}
}

/* The vblank that an update makes which becomes ready then: the next one. */
static int64_t vblank_of(int64_t ready_ns) {
	return START + ((ready_ns - START) / REFRESH + 1) * REFRESH;
}

static void test_target_aims_at_the_first_vblank_not_before_it(void **state) {
	for (int64_t target = START + 1; target < START + 5 * REFRESH; target += 123457) {
		int64_t ready = latch_clock_ready(&beat, target, START);
		int64_t vblank = vblank_of(ready);
		/* Early enough for any deadline before it. */
		assert_true(vblank - ready >= REFRESH * 3 / 4);
		assert_true(vblank >= target - REFRESH / 4);
		assert_true(vblank < target + REFRESH);
		/* At the time it was told it says so itself: the timer fires once. */
		assert_true(ready <= START || latch_clock_ready(&beat, target, ready) <= ready);
	}
	/* The client's idea of a vblank is off by a bit, to both sides. */
	for (int64_t vblank = START + REFRESH; vblank < START + 20 * REFRESH; vblank += REFRESH) {
		for (int64_t off = -3 * MS; off <= 3 * MS; off += MS / 2) {
			int64_t ready = latch_clock_ready(&beat, vblank + off, START);
			assert_int_equal(vblank_of(ready), vblank);
		}
	}
}

static void test_target_far_away_or_unknown(void **state) {
	/* Far away nothing is computed, least of all an overflow. */
	const int64_t targets[] = {START + 2000 * MS, START + INT64_C(86400000) * MS, INT64_MAX};
	for (size_t i = 0; i < LEN(targets); i++) {
		int64_t ready = latch_clock_ready(&beat, targets[i], START);
		assert_true(ready > START && ready < targets[i]);
		assert_true(targets[i] - ready <= 500 * MS);
	}
	/* The past is now. */
	assert_int_equal(latch_clock_ready(&beat, 0, START), START);
	assert_int_equal(latch_clock_ready(&beat, START, START), START);
	assert_int_equal(latch_clock_ready(&beat, START + 5, START + 5), START + 5);
	/* Never early where vblanks are not known: long ago, not each refresh, none yet, no
	 * refresh. */
	int64_t now = START + 5000 * MS + 1;
	assert_int_equal(latch_clock_ready(&beat, now + 7 * MS, now), now + 7 * MS);
	beat.variable = true;
	assert_int_equal(latch_clock_ready(&beat, START + 30 * MS, START), START + 30 * MS);
	beat.variable = false;
	beat.last_flip_ns = 0;
	assert_int_equal(latch_clock_ready(&beat, START + MS, START), START + MS);
	latch_clock_init(&beat, 0);
	latch_clock_flipped(&beat, 0, START);
	assert_int_equal(latch_clock_ready(&beat, START + MS, START), START + MS);
}

static void test_what_is_said_of_a_flip(void **state) {
	const uint32_t vsync = LATCH_PRESENT_VSYNC, clock = LATCH_PRESENT_HW_CLOCK,
		       completion = LATCH_PRESENT_HW_COMPLETION;
	assert_int_equal(latch_present_flags(true, false), vsync | clock | completion);
	assert_int_equal(latch_present_flags(true, true), completion);
	assert_int_equal(latch_present_flags(false, false), vsync);
	assert_int_equal(latch_present_flags(false, true), 0);

	assert_int_equal(latch_present_refresh(16666667, false), 16666667);
	assert_int_equal(latch_present_refresh(16666667, true), 0);
	assert_int_equal(latch_present_refresh(0, false), 0);
	assert_int_equal(latch_present_refresh(-1, false), 0);
	assert_int_equal(latch_present_refresh((int64_t)UINT32_MAX + 1, false), 0);
}

TEST_MAIN("clock", UNIT(test_unknown), TEST_BEGIN(test_even), UNIT(test_clocks),
	TEST_BEGIN(test_jump), TEST_BEGIN(test_variable), TEST_BEGIN(test_no_vblank),
	TEST_BEGIN(test_random_phases_have_vblanks),
	TEST_BEGIN(test_target_aims_at_the_first_vblank_not_before_it),
	TEST_BEGIN(test_target_far_away_or_unknown), UNIT(test_what_is_said_of_a_flip))
