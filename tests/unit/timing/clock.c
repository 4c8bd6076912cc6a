/* The vblank's clock on recorded flips and on made-up ones: even, drifting, jittering, missing,
 * variable, and none at all; and when an update with a target time may become ready by it. */
#include <stdlib.h>

#include "../test.h"
#include "recorded.h"
#include "timing/timing.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define REFRESH (INT64_C(50) * MS / 3)
#define START (INT64_C(1000) * MS)
/* Flips in a row that convince it. */
#define EVIDENCE 6

static void test_unknown(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	assert_int_equal(latch_clock_next(&clock, START), 0);
	assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_UNKNOWN);
	latch_clock_init(&clock, 0);
	latch_clock_flipped(&clock, 0, START);
	latch_clock_flipped(&clock, 0, START + REFRESH);
	assert_int_equal(latch_clock_next(&clock, START), 0);
}

static void test_even(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	latch_clock_flipped(&clock, 0, START);
	assert_int_equal(latch_clock_next(&clock, START), START + REFRESH);
	assert_int_equal(latch_clock_next(&clock, START + REFRESH - 1), START + REFRESH);
	assert_int_equal(latch_clock_next(&clock, START + REFRESH), START + 2 * REFRESH);
	/* A flip that is stamped with the coming vblank is no trap. */
	assert_int_equal(latch_clock_next(&clock, START - MS), START);
}

/* How far the worst prediction was off, of flips that are `periods` apart and so many frames. */
static int64_t worst_prediction(struct latch_clock *clock, double period_ns, int frames,
	int settle, int64_t jitter_ns, int miss_every) {
	int64_t worst = 0;
	double at_ns = (double)START;
	for (int i = 0; i < frames; i++) {
		const int periods = miss_every > 0 && i % miss_every == 0 ? 2 : 1;
		at_ns += period_ns * periods;
		/* Asked for just before it, as a latch does. */
		const int64_t guess = latch_clock_next(clock, (int64_t)at_ns - 2 * MS);
		const int64_t off = llabs(guess - (int64_t)at_ns);
		if (i >= settle && off > worst) {
			worst = off;
		}
		const int64_t jitter =
			jitter_ns > 0 ? rand() % (2 * jitter_ns) - jitter_ns : 0;
		latch_clock_flipped(clock, (int64_t)at_ns - MS, (int64_t)at_ns + jitter);
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
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct latch_clock clock;
		srand(3);
		latch_clock_init(&clock, REFRESH);
		latch_clock_flipped(&clock, 0, START);
		const int64_t worst = worst_prediction(&clock, (double)REFRESH * rows[i].drift,
			3000, 500, rows[i].jitter_ns, rows[i].miss_every);
		print_message("# %s: at most %.3f us off\n", rows[i].name, (double)worst / 1e3);
		assert_true(worst <= rows[i].worst_ns);
		assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_FIXED);
	}
}

/* A clock that nobody's mode has: the measured interval stays near the mode's. */
static void test_interval_is_clamped(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	latch_clock_flipped(&clock, 0, START);
	worst_prediction(&clock, (double)REFRESH * 1.1, 500, 500, 0, 0);
	assert_true(llabs(clock.period_ns - REFRESH) <= REFRESH / 100);
}

static void test_jump(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	for (int i = 0; i < 10; i++) {
		latch_clock_flipped(&clock, 0, START + i * REFRESH);
	}
	/* The kernel's timer was stopped and started again: another phase, from now on. */
	const int64_t again = START + 50 * REFRESH + REFRESH / 2;
	latch_clock_flipped(&clock, 0, again);
	assert_int_equal(latch_clock_next(&clock, again + 1), again + clock.period_ns);
	assert_true(llabs(clock.period_ns - REFRESH) < US);
	/* And soon after. */
	const int64_t soon = again + 3 * REFRESH + REFRESH / 2;
	latch_clock_flipped(&clock, 0, soon);
	assert_int_equal(latch_clock_next(&clock, soon + 1), soon + clock.period_ns);
	assert_true(llabs(clock.period_ns - REFRESH) < US);
}

static void test_mode_change(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	worst_prediction(&clock, (double)REFRESH, 100, 100, 0, 0);
	latch_clock_init(&clock, 8 * MS);
	assert_int_equal(latch_clock_next(&clock, START), 0);
	latch_clock_flipped(&clock, 0, START);
	assert_int_equal(latch_clock_next(&clock, START), START + 8 * MS);
}

static void test_variable(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, 7 * MS);
	latch_clock_set_variable(&clock, true);
	int64_t at = START;
	srand(5);
	for (int i = 0; i < 500; i++) {
		latch_clock_flipped(&clock, at - 100 * US, at);
		assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_VARIABLE);
		/* The shortest interval, then whenever somebody likes. */
		assert_int_equal(latch_clock_next(&clock, at + MS), at + 7 * MS);
		assert_int_equal(latch_clock_next(&clock, at + 9 * MS), at + 9 * MS);
		at += 7 * MS + rand() % (13 * MS);
	}
	assert_int_equal(clock.period_ns, 7 * MS);
	/* Off again: an even beat from the next flip on. */
	latch_clock_set_variable(&clock, false);
	latch_clock_flipped(&clock, at - 100 * US, at);
	assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_FIXED);
}

/* A driver that completes each commit at once, when latched by what is predicted. */
static void test_no_vblank(void **state) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	int64_t now = START;
	int frames = 0;
	while (latch_clock_kind(&clock) != LATCH_CLOCK_NONE && frames < 100) {
		const int64_t next = latch_clock_next(&clock, now + 2 * MS);
		const int64_t submit = next != 0 ? next - 1500 * US : now;
		latch_clock_flipped(&clock, submit + 100 * US, submit + 150 * US);
		now = submit + 200 * US;
		frames++;
	}
	print_message("# recognised after %d frames\n", frames);
	assert_true(frames <= 2 * EVIDENCE);
	/* Paced by the mode from then on, and still known to be none. */
	for (int i = 0; i < 100; i++) {
		const int64_t next = latch_clock_next(&clock, now);
		assert_int_equal(next, clock.last_flip_ns + REFRESH);
		latch_clock_flipped(&clock, next + 100 * US, next + 150 * US);
		now = next + 200 * US;
		assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_NONE);
	}
	/* The driver has learned it (a module was replaced): flips wait again. */
	for (int i = 0; i < EVIDENCE; i++) {
		now += REFRESH;
		latch_clock_flipped(&clock, now - 8 * MS, now);
	}
	assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_FIXED);
}

/* Commits at random phases: a vblank often follows soon, and is no proof. */
static void test_random_phases_have_vblanks(void **state) {
	struct latch_clock clock;
	srand(11);
	latch_clock_init(&clock, REFRESH);
	int64_t at = START;
	for (int i = 0; i < 100000; i++) {
		const int64_t jitter = rand() % (400 * US) - 200 * US;
		const int64_t flip = at + REFRESH * (1 + rand() % 3) + jitter;
		latch_clock_flipped(&clock, flip - rand() % REFRESH, flip);
		assert_int_equal(clock.none, false);
		at = START + (flip - START + REFRESH / 2) / REFRESH * REFRESH;
	}
}

static void test_recorded(void **state) {
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *recording = &recordings[i];
		struct latch_clock clock;
		latch_clock_init(&clock, recording->refresh_ns);
		int64_t worst = 0;
		for (size_t j = 0; j < recording->len; j++) {
			const struct recorded_flip *flip = &recording->flips[j];
			/* Asked for when the last flip was reported: however late it was. */
			const int64_t guess = latch_clock_next(&clock, flip->flip_ns - MS);
			if (j >= 10) {
				const int64_t off = llabs(guess - flip->flip_ns);
				worst = off > worst ? off : worst;
			}
			latch_clock_flipped(&clock, flip->submit_end_ns, flip->flip_ns);
		}
		print_message("# %s: at most %.3f us off\n", recording->name, (double)worst / 1e3);
		assert_true(worst < 100 * US);
		assert_int_equal(latch_clock_kind(&clock), LATCH_CLOCK_FIXED);
	}
}

static struct latch_clock even_clock(void) {
	struct latch_clock clock;
	latch_clock_init(&clock, REFRESH);
	latch_clock_flipped(&clock, 0, START);
	return clock;
}

/* The vblank that an update makes which becomes ready then: the next one. */
static int64_t vblank_of(int64_t ready_ns) {
	return START + ((ready_ns - START) / REFRESH + 1) * REFRESH;
}

static void test_target_aims_at_the_first_vblank_not_before_it(void **state) {
	struct latch_clock clock = even_clock();
	for (int64_t target = START + 1; target < START + 5 * REFRESH; target += 123457) {
		int64_t ready = latch_clock_ready(&clock, target, START);
		int64_t vblank = vblank_of(ready);
		/* Early enough for any deadline before it. */
		assert_true(vblank - ready >= REFRESH * 3 / 4);
		assert_true(vblank >= target - REFRESH / 4);
		assert_true(vblank < target + REFRESH);
	}
}

/* The client's idea of a vblank is off by a bit, to both sides. */
static void test_target_a_vblank_is_met_though_it_is_off(void **state) {
	struct latch_clock clock = even_clock();
	for (int64_t n = 1; n < 20; n++) {
		int64_t vblank = START + n * REFRESH;
		for (int64_t off = -3 * MS; off <= 3 * MS; off += MS / 2) {
			int64_t ready = latch_clock_ready(&clock, vblank + off, START);
			assert_int_equal(vblank_of(ready), vblank);
		}
	}
}

/* At the time it was told it says so itself: the timer fires once. */
static void test_target_is_ready_when_it_said(void **state) {
	struct latch_clock clock = even_clock();
	for (int64_t target = START + 1; target < START + 5 * REFRESH; target += 98765) {
		int64_t ready = latch_clock_ready(&clock, target, START);
		if (ready > START) {
			assert_true(latch_clock_ready(&clock, target, ready) <= ready);
		}
	}
}

static void test_target_the_past_is_now(void **state) {
	struct latch_clock clock = even_clock();
	assert_int_equal(latch_clock_ready(&clock, 0, START), START);
	assert_int_equal(latch_clock_ready(&clock, START, START), START);
	assert_int_equal(latch_clock_ready(&clock, START + 5, START + 5), START + 5);
}

/* Never early where vblanks are not known: no refresh, no flip yet, or long ago. */
static void test_target_unknown_vblanks_wait_for_the_time(void **state) {
	struct latch_clock clock = even_clock();
	int64_t now = START + 5000 * MS + 1;
	assert_int_equal(latch_clock_ready(&clock, now + 7 * MS, now), now + 7 * MS);
	clock.last_flip_ns = 0;
	assert_int_equal(latch_clock_ready(&clock, START + MS, START), START + MS);
	latch_clock_init(&clock, 0);
	latch_clock_flipped(&clock, 0, START);
	assert_int_equal(latch_clock_ready(&clock, START + MS, START), START + MS);
	clock = even_clock();
	clock.variable = true;
	assert_int_equal(latch_clock_ready(&clock, START + 30 * MS, START), START + 30 * MS);
}

/* Far away nothing is computed, least of all an overflow. */
static void test_target_the_far_future_is_looked_at_later(void **state) {
	struct latch_clock clock = even_clock();
	const int64_t targets[] = {START + 2000 * MS, START + INT64_C(86400000) * MS, INT64_MAX};
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		int64_t ready = latch_clock_ready(&clock, targets[i], START);
		assert_true(ready > START && ready < targets[i]);
		assert_true(targets[i] - ready <= 500 * MS);
	}
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

TEST_MAIN("clock", UNIT(test_unknown), UNIT(test_even), UNIT(test_clocks),
	UNIT(test_interval_is_clamped), UNIT(test_jump), UNIT(test_mode_change),
	UNIT(test_variable), UNIT(test_no_vblank), UNIT(test_random_phases_have_vblanks),
	UNIT(test_recorded), UNIT(test_target_aims_at_the_first_vblank_not_before_it),
	UNIT(test_target_a_vblank_is_met_though_it_is_off), UNIT(test_target_is_ready_when_it_said),
	UNIT(test_target_the_past_is_now), UNIT(test_target_unknown_vblanks_wait_for_the_time),
	UNIT(test_target_the_far_future_is_looked_at_later), UNIT(test_what_is_said_of_a_flip))
