/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/minmax.h"
#include "timing/timing.h"

/* A measured interval is never further from the mode's than this part of it. */
#define DRIFT_DEN 100
/* A flip further from its vblank than this part of an interval is of another beat. */
#define JUMP_DEN 4
/* So much of a flip's distance is taken for the phase, ... */
#define PHASE_DEN 4
/* ... and this for the interval. */
#define PERIOD_DEN 32
/* Flips that are further apart say nothing about the interval that a jump could not. */
#define APART_MAX 32
/* A flip so soon after its submit, off the beat, did not wait for a vblank ... */
#define SOON_DEN 16
/* ... and on the beat is one that is no further from it than this. */
#define JITTER_NS INT64_C(300000)
/* After this many flips in a row that did not fit, there is no vblank to wait for; and back. */
#define EVIDENCE 6

/* Clients aim at vblanks as they know them, from a flip that was measured and the refresh interval;
 * both have errors. A vblank that lies before the target by no more than this part of a refresh is
 * the one that was meant. */
#define SLOP_DEN 4
/* A flip's time, and with it the vblanks computed from it, is off by less than this part of a
 * refresh: the update becomes ready that much after the vblank that it must not make. */
#define GUARD_DEN 16
/* So far ahead nothing is computed yet: vblanks drift, modes change. */
#define LOOK_AHEAD_NS INT64_C(500000000)
/* After this long without a flip the phase of the vblanks is not known well enough for a target. */
#define TRUST_NS INT64_C(5000000000)

void latch_clock_init(struct latch_clock *clock, int64_t refresh_ns) {
	const int64_t mode_ns = latch_max(refresh_ns, 0);
	*clock = (struct latch_clock){.mode_ns = mode_ns, .period_ns = mode_ns};
}

void latch_clock_set_variable(struct latch_clock *clock, bool variable) {
	if (clock->variable != variable) {
		clock->variable = variable;
		clock->period_ns = clock->mode_ns;
		clock->evidence = 0;
		clock->none = false;
	}
}

/* How many intervals after the last vblank this time is, rounded to the nearest. */
static int64_t periods_since(const struct latch_clock *clock, int64_t time_ns) {
	const int64_t since_ns = time_ns - clock->phase_ns, half_ns = clock->period_ns / 2;
	return (since_ns + (since_ns < 0 ? -half_ns : half_ns)) / clock->period_ns;
}

/* Whether it flipped without having waited for anything. By chance a vblank follows that soon once
 * in SOON_DEN times; one that was aimed for does so each time, but is on the beat. */
static void weigh_evidence(
	struct latch_clock *clock, int64_t submit_end_ns, int64_t flip_ns, int64_t off_ns) {
	if (submit_end_ns <= 0) {
		return;
	}
	const bool soon = flip_ns - submit_end_ns < clock->mode_ns / SOON_DEN;
	const bool on_beat = llabs(off_ns) <= JITTER_NS;
	const bool against = clock->none ? !soon : soon && !on_beat;
	clock->evidence = against ? clock->evidence + 1 : 0;
	if (clock->evidence >= EVIDENCE) {
		clock->none = !clock->none;
		clock->evidence = 0;
		clock->period_ns = clock->mode_ns;
	}
}

static void follow(struct latch_clock *clock, int64_t flip_ns, int64_t periods, int64_t off_ns) {
	const bool jump = llabs(off_ns) > clock->period_ns / JUMP_DEN;
	if (jump || periods <= 0 || periods > APART_MAX) {
		clock->phase_ns = flip_ns;
		return;
	}
	const int64_t most_ns = clock->mode_ns / DRIFT_DEN;
	clock->phase_ns += periods * clock->period_ns + off_ns / (periods > 1 ? 2 : PHASE_DEN);
	clock->period_ns = latch_clamp(clock->period_ns + off_ns / periods / PERIOD_DEN,
		clock->mode_ns - most_ns, clock->mode_ns + most_ns);
}

void latch_clock_flipped(struct latch_clock *clock, int64_t submit_end_ns, int64_t flip_ns) {
	const bool first = clock->last_flip_ns == 0;
	clock->last_flip_ns = flip_ns;
	if (first || clock->mode_ns == 0 || clock->variable) {
		clock->phase_ns = flip_ns;
		return;
	}
	const int64_t periods = periods_since(clock, flip_ns);
	const int64_t off_ns = flip_ns - clock->phase_ns - periods * clock->period_ns;
	weigh_evidence(clock, submit_end_ns, flip_ns, off_ns);
	if (clock->none) {
		clock->phase_ns = flip_ns;
	} else {
		follow(clock, flip_ns, periods, off_ns);
	}
}

enum latch_clock_kind latch_clock_kind(const struct latch_clock *clock) {
	if (clock->mode_ns == 0 || clock->last_flip_ns == 0) {
		return LATCH_CLOCK_UNKNOWN;
	}
	if (clock->none) {
		return LATCH_CLOCK_NONE;
	}
	return clock->variable ? LATCH_CLOCK_VARIABLE : LATCH_CLOCK_FIXED;
}

int64_t latch_clock_next(const struct latch_clock *clock, int64_t time_ns) {
	switch (latch_clock_kind(clock)) {
	case LATCH_CLOCK_UNKNOWN:
		return 0;
	case LATCH_CLOCK_VARIABLE:
	case LATCH_CLOCK_NONE:
		return latch_max(time_ns, clock->last_flip_ns + clock->mode_ns);
	case LATCH_CLOCK_FIXED:
		break;
	}
	const int64_t since_ns = time_ns - clock->phase_ns;
	if (since_ns < 0) {
		/* A driver may stamp a flip with the coming vblank, a little in the future. */
		return clock->phase_ns;
	}
	return clock->phase_ns + (since_ns / clock->period_ns + 1) * clock->period_ns;
}

int64_t latch_clock_ready(const struct latch_clock *clock, int64_t target_ns, int64_t now_ns) {
	if (target_ns <= now_ns) {
		return now_ns;
	}
	if (target_ns - now_ns > LOOK_AHEAD_NS) {
		return target_ns - LOOK_AHEAD_NS / 2;
	}
	if (latch_clock_kind(clock) != LATCH_CLOCK_FIXED || now_ns - clock->phase_ns > TRUST_NS) {
		return target_ns;
	}
	/* The last vblank before what counts as in time. */
	const int64_t period_ns = clock->period_ns;
	const int64_t first_good_ns = target_ns - period_ns / SLOP_DEN;
	if (first_good_ns <= clock->phase_ns) {
		return now_ns;
	}
	const int64_t periods = (first_good_ns - clock->phase_ns - 1) / period_ns;
	return clock->phase_ns + periods * period_ns + period_ns / GUARD_DEN;
}

uint32_t latch_present_flags(bool hardware, bool async) {
	return (async ? 0 : LATCH_PRESENT_VSYNC) | (hardware ? LATCH_PRESENT_HW_COMPLETION : 0) |
	       (hardware && !async ? LATCH_PRESENT_HW_CLOCK : 0);
}

uint32_t latch_present_refresh(int64_t refresh_ns, bool async) {
	return async || refresh_ns < 0 || refresh_ns > UINT32_MAX ? 0 : (uint32_t)refresh_ns;
}
