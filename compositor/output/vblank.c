#include "output/vblank.h"

#include <stdlib.h>

void latch_vblank_init(struct latch_vblank *vblank, int64_t refresh_ns) {
	int64_t mode_ns = refresh_ns > 0 ? refresh_ns : 0;
	*vblank = (struct latch_vblank){.mode_ns = mode_ns, .period_ns = mode_ns};
}

void latch_vblank_set_variable(struct latch_vblank *vblank, bool variable) {
	if (vblank->variable != variable) {
		vblank->variable = variable;
		vblank->period_ns = vblank->mode_ns;
		vblank->evidence = 0;
		vblank->none = false;
	}
}

static int64_t clamp(int64_t value, int64_t min, int64_t max) {
	return value < min ? min : value > max ? max : value;
}

/* How many intervals after the last vblank this time is, rounded to the nearest. */
static int64_t periods_since(const struct latch_vblank *vblank, int64_t time_ns) {
	int64_t since_ns = time_ns - vblank->phase_ns;
	if (since_ns < 0) {
		return -((-since_ns + vblank->period_ns / 2) / vblank->period_ns);
	}
	return (since_ns + vblank->period_ns / 2) / vblank->period_ns;
}

/* Whether it flipped without having waited for anything. By chance a vblank follows that soon once
 * in LATCH_VBLANK_SOON_DEN times; one that was aimed for does so each time, but is on the beat. */
static void weigh_evidence(
	struct latch_vblank *vblank, int64_t submit_end_ns, int64_t flip_ns, int64_t off_ns) {
	if (submit_end_ns <= 0) {
		return;
	}
	int64_t soon_ns = vblank->mode_ns / LATCH_VBLANK_SOON_DEN;
	bool soon = flip_ns - submit_end_ns < soon_ns;
	bool on_beat = llabs(off_ns) <= LATCH_VBLANK_JITTER_NS;
	bool against = vblank->none ? !soon : soon && !on_beat;
	if (against) {
		vblank->evidence++;
	} else if (vblank->none ? soon : on_beat || !soon) {
		vblank->evidence = 0;
	}
	if (vblank->evidence >= LATCH_VBLANK_EVIDENCE) {
		vblank->none = !vblank->none;
		vblank->evidence = 0;
		vblank->period_ns = vblank->mode_ns;
	}
}

static void follow(struct latch_vblank *vblank, int64_t flip_ns, int64_t periods, int64_t off_ns) {
	bool jump = llabs(off_ns) > vblank->period_ns / LATCH_VBLANK_JUMP_DEN;
	if (jump || periods <= 0 || periods > LATCH_VBLANK_APART_MAX) {
		vblank->phase_ns = flip_ns;
		return;
	}
	int64_t most_ns = vblank->mode_ns / LATCH_VBLANK_DRIFT_DEN;
	vblank->phase_ns +=
		periods * vblank->period_ns + off_ns / (periods > 1 ? 2 : LATCH_VBLANK_PHASE_DEN);
	vblank->period_ns = clamp(vblank->period_ns + off_ns / periods / LATCH_VBLANK_PERIOD_DEN,
		vblank->mode_ns - most_ns, vblank->mode_ns + most_ns);
}

void latch_vblank_flipped(struct latch_vblank *vblank, int64_t submit_end_ns, int64_t flip_ns) {
	bool first = vblank->last_flip_ns == 0;
	vblank->last_flip_ns = flip_ns;
	if (first || vblank->mode_ns == 0 || vblank->variable) {
		vblank->phase_ns = flip_ns;
		return;
	}
	int64_t periods = periods_since(vblank, flip_ns);
	int64_t off_ns = flip_ns - vblank->phase_ns - periods * vblank->period_ns;
	weigh_evidence(vblank, submit_end_ns, flip_ns, off_ns);
	if (vblank->none) {
		vblank->phase_ns = flip_ns;
	} else {
		follow(vblank, flip_ns, periods, off_ns);
	}
}

enum latch_vblank_kind latch_vblank_kind(const struct latch_vblank *vblank) {
	if (vblank->mode_ns == 0 || vblank->last_flip_ns == 0) {
		return LATCH_VBLANK_UNKNOWN;
	}
	if (vblank->none) {
		return LATCH_VBLANK_NONE;
	}
	return vblank->variable ? LATCH_VBLANK_VARIABLE : LATCH_VBLANK_FIXED;
}

const char *latch_vblank_kind_name(enum latch_vblank_kind kind) {
	switch (kind) {
	case LATCH_VBLANK_UNKNOWN:
		return "unknown";
	case LATCH_VBLANK_FIXED:
		return "fixed";
	case LATCH_VBLANK_VARIABLE:
		return "variable";
	case LATCH_VBLANK_NONE:
		return "none";
	}
	return "unknown";
}

int64_t latch_vblank_next(const struct latch_vblank *vblank, int64_t time_ns) {
	int64_t earliest_ns = vblank->last_flip_ns + vblank->mode_ns;
	switch (latch_vblank_kind(vblank)) {
	case LATCH_VBLANK_UNKNOWN:
		return 0;
	case LATCH_VBLANK_VARIABLE:
	case LATCH_VBLANK_NONE:
		return time_ns > earliest_ns ? time_ns : earliest_ns;
	case LATCH_VBLANK_FIXED:
		break;
	}
	int64_t since_ns = time_ns - vblank->phase_ns;
	if (since_ns < 0) {
		/* A driver may stamp a flip with the coming vblank, a little in the future. */
		return vblank->phase_ns;
	}
	return vblank->phase_ns + (since_ns / vblank->period_ns + 1) * vblank->period_ns;
}
