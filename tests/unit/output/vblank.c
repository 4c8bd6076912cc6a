/* The vblank's clock on recorded flips and on made-up ones: even, drifting, jittering, missing,
 * variable, and none at all. */
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "output/vblank.h"
#include "recorded.h"

#define MS INT64_C(1000000)
#define US INT64_C(1000)
#define REFRESH (INT64_C(50) * MS / 3)
#define START (INT64_C(1000) * MS)

static void test_unknown(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, REFRESH);
	assert_int_equal(latch_vblank_next(&vblank, START), 0);
	assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_UNKNOWN);
	latch_vblank_init(&vblank, 0);
	latch_vblank_flipped(&vblank, 0, START);
	latch_vblank_flipped(&vblank, 0, START + REFRESH);
	assert_int_equal(latch_vblank_next(&vblank, START), 0);
	assert_string_equal(latch_vblank_kind_name(latch_vblank_kind(&vblank)), "unknown");
}

static void test_even(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, REFRESH);
	latch_vblank_flipped(&vblank, 0, START);
	assert_int_equal(latch_vblank_next(&vblank, START), START + REFRESH);
	assert_int_equal(latch_vblank_next(&vblank, START + REFRESH - 1), START + REFRESH);
	assert_int_equal(latch_vblank_next(&vblank, START + REFRESH), START + 2 * REFRESH);
	/* A flip that is stamped with the coming vblank is no trap. */
	assert_int_equal(latch_vblank_next(&vblank, START - MS), START);
}

/* How far the worst prediction was off, of flips that are `periods` apart and so many frames. */
static int64_t worst_prediction(struct latch_vblank *vblank, double period_ns, int frames,
	int settle, int64_t jitter_ns, int miss_every) {
	int64_t worst = 0;
	double at_ns = (double)START;
	for (int i = 0; i < frames; i++) {
		const int periods = miss_every > 0 && i % miss_every == 0 ? 2 : 1;
		at_ns += period_ns * periods;
		/* Asked for just before it, as a latch does. */
		const int64_t guess = latch_vblank_next(vblank, (int64_t)at_ns - 2 * MS);
		const int64_t off = llabs(guess - (int64_t)at_ns);
		if (i >= settle && off > worst) {
			worst = off;
		}
		const int64_t jitter =
			jitter_ns > 0 ? rand() % (2 * jitter_ns) - jitter_ns : 0;
		latch_vblank_flipped(vblank, (int64_t)at_ns - MS, (int64_t)at_ns + jitter);
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
		struct latch_vblank vblank;
		srand(3);
		latch_vblank_init(&vblank, REFRESH);
		latch_vblank_flipped(&vblank, 0, START);
		const int64_t worst = worst_prediction(&vblank, (double)REFRESH * rows[i].drift,
			3000, 500, rows[i].jitter_ns, rows[i].miss_every);
		print_message("# %s: at most %.3f us off\n", rows[i].name, (double)worst / 1e3);
		assert_true(worst <= rows[i].worst_ns);
		assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_FIXED);
	}
}

/* A clock that nobody's mode has: the measured interval stays near the mode's. */
static void test_interval_is_clamped(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, REFRESH);
	latch_vblank_flipped(&vblank, 0, START);
	worst_prediction(&vblank, (double)REFRESH * 1.1, 500, 500, 0, 0);
	assert_true(llabs(vblank.period_ns - REFRESH) <= REFRESH / LATCH_VBLANK_DRIFT_DEN);
}

static void test_jump(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, REFRESH);
	for (int i = 0; i < 10; i++) {
		latch_vblank_flipped(&vblank, 0, START + i * REFRESH);
	}
	/* The kernel's timer was stopped and started again: another phase, from now on. */
	const int64_t again = START + 50 * REFRESH + REFRESH / 2;
	latch_vblank_flipped(&vblank, 0, again);
	assert_int_equal(latch_vblank_next(&vblank, again + 1), again + vblank.period_ns);
	assert_true(llabs(vblank.period_ns - REFRESH) < US);
	/* And soon after. */
	const int64_t soon = again + 3 * REFRESH + REFRESH / 2;
	latch_vblank_flipped(&vblank, 0, soon);
	assert_int_equal(latch_vblank_next(&vblank, soon + 1), soon + vblank.period_ns);
	assert_true(llabs(vblank.period_ns - REFRESH) < US);
}

static void test_mode_change(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, REFRESH);
	worst_prediction(&vblank, (double)REFRESH, 100, 100, 0, 0);
	latch_vblank_init(&vblank, 8 * MS);
	assert_int_equal(latch_vblank_next(&vblank, START), 0);
	latch_vblank_flipped(&vblank, 0, START);
	assert_int_equal(latch_vblank_next(&vblank, START), START + 8 * MS);
}

static void test_variable(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, 7 * MS);
	latch_vblank_set_variable(&vblank, true);
	int64_t at = START;
	srand(5);
	for (int i = 0; i < 500; i++) {
		latch_vblank_flipped(&vblank, at - 100 * US, at);
		assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_VARIABLE);
		/* The shortest interval, then whenever somebody likes. */
		assert_int_equal(latch_vblank_next(&vblank, at + MS), at + 7 * MS);
		assert_int_equal(latch_vblank_next(&vblank, at + 9 * MS), at + 9 * MS);
		at += 7 * MS + rand() % (13 * MS);
	}
	assert_int_equal(vblank.period_ns, 7 * MS);
	/* Off again: an even beat from the next flip on. */
	latch_vblank_set_variable(&vblank, false);
	latch_vblank_flipped(&vblank, at - 100 * US, at);
	assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_FIXED);
}

/* A driver that completes each commit at once, when latched by what is predicted. */
static void test_no_vblank(void **state) {
	struct latch_vblank vblank;
	latch_vblank_init(&vblank, REFRESH);
	int64_t now = START;
	int frames = 0;
	while (latch_vblank_kind(&vblank) != LATCH_VBLANK_NONE && frames < 100) {
		const int64_t next = latch_vblank_next(&vblank, now + 2 * MS);
		const int64_t submit = next != 0 ? next - 1500 * US : now;
		latch_vblank_flipped(&vblank, submit + 100 * US, submit + 150 * US);
		now = submit + 200 * US;
		frames++;
	}
	print_message("# recognised after %d frames\n", frames);
	assert_true(frames <= 2 * LATCH_VBLANK_EVIDENCE);
	/* Paced by the mode from then on, and still known to be none. */
	for (int i = 0; i < 100; i++) {
		const int64_t next = latch_vblank_next(&vblank, now);
		assert_int_equal(next, vblank.last_flip_ns + REFRESH);
		latch_vblank_flipped(&vblank, next + 100 * US, next + 150 * US);
		now = next + 200 * US;
		assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_NONE);
	}
	/* The driver has learned it (a module was replaced): flips wait again. */
	for (int i = 0; i < LATCH_VBLANK_EVIDENCE; i++) {
		now += REFRESH;
		latch_vblank_flipped(&vblank, now - 8 * MS, now);
	}
	assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_FIXED);
}

/* Commits at random phases: a vblank often follows soon, and is no proof. */
static void test_random_phases_have_vblanks(void **state) {
	struct latch_vblank vblank;
	srand(11);
	latch_vblank_init(&vblank, REFRESH);
	int64_t at = START;
	for (int i = 0; i < 100000; i++) {
		const int64_t jitter = rand() % (400 * US) - 200 * US;
		const int64_t flip = at + REFRESH * (1 + rand() % 3) + jitter;
		latch_vblank_flipped(&vblank, flip - rand() % REFRESH, flip);
		assert_int_equal(vblank.none, false);
		at = START + (flip - START + REFRESH / 2) / REFRESH * REFRESH;
	}
}

static void test_recorded(void **state) {
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		const struct recording *recording = &recordings[i];
		struct latch_vblank vblank;
		latch_vblank_init(&vblank, recording->refresh_ns);
		int64_t worst = 0;
		for (size_t j = 0; j < recording->len; j++) {
			const struct recorded_flip *flip = &recording->flips[j];
			/* Asked for when the last flip was reported: however late it was. */
			const int64_t guess = latch_vblank_next(&vblank, flip->flip_ns - MS);
			if (j >= 10) {
				const int64_t off = llabs(guess - flip->flip_ns);
				worst = off > worst ? off : worst;
			}
			latch_vblank_flipped(&vblank, flip->submit_end_ns, flip->flip_ns);
		}
		print_message("# %s: at most %.3f us off\n", recording->name, (double)worst / 1e3);
		assert_true(worst < 100 * US);
		assert_int_equal(latch_vblank_kind(&vblank), LATCH_VBLANK_FIXED);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_interval_is_clamped),
		cmocka_unit_test(test_jump),
		cmocka_unit_test(test_mode_change),
		cmocka_unit_test(test_variable),
		cmocka_unit_test(test_no_vblank),
		cmocka_unit_test(test_random_phases_have_vblanks),
		cmocka_unit_test(test_recorded),
	};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("vblank", tests, NULL, NULL);
}
