/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "base/minmax.h"
#include "timing/timing.h"

/* A source counts as alone, and as quiet, after nobody else has changed anything for this long. */
#define ALONE_NS INT64_C(100000000)
#define QUIET_NS INT64_C(1000000000)
/* After this long without a flip the phase of the vblanks is not known well enough to wait for. */
#define IDLE_NS INT64_C(100000000)

void latch_activity_note(struct latch_activity *activity, uint32_t source, int64_t now_ns) {
	if (activity->source != source) {
		activity->source = source;
		activity->other_ns = activity->last_ns;
	}
	activity->last_ns = now_ns;
}

bool latch_activity_is_alone(const struct latch_activity *activity, int64_t now_ns) {
	return now_ns - activity->other_ns > ALONE_NS;
}

bool latch_activity_is_quiet(const struct latch_activity *activity, int64_t now_ns) {
	return now_ns - latch_max(activity->other_ns, activity->input_ns) > QUIET_NS;
}

void latch_deadline_init(struct latch_deadline *deadline, int64_t refresh_ns, int64_t blank_ns) {
	latch_clock_init(&deadline->vblank, refresh_ns);
	latch_margin_init(&deadline->margin, refresh_ns, blank_ns);
}

static bool is_idle(const struct latch_deadline *deadline, int64_t time_ns) {
	return time_ns - deadline->vblank.last_flip_ns > IDLE_NS;
}

int64_t latch_deadline_next_vblank(const struct latch_deadline *deadline, int64_t time_ns) {
	return is_idle(deadline, time_ns) ? 0 : latch_clock_next(&deadline->vblank, time_ns);
}

int64_t latch_deadline_next(const struct latch_deadline *deadline, int64_t time_ns, bool composed) {
	int64_t margin_ns = latch_margin_ns(&deadline->margin, composed);
	int64_t vblank_ns = latch_deadline_next_vblank(deadline, time_ns + margin_ns);
	return vblank_ns != 0 ? vblank_ns - margin_ns : 0;
}

int64_t latch_deadline_left(const struct latch_deadline *deadline, bool composed) {
	return deadline->vblank.mode_ns - latch_margin_ns(&deadline->margin, composed);
}

static struct latch_deadline_plan at_once(const struct latch_deadline *deadline,
	const struct latch_deadline_ask *ask, enum latch_wake why) {
	return (struct latch_deadline_plan){
		.wake_ns = ask->now_ns,
		/* Which a frame makes that begins now, so that one that was begun too late for the
		 * next is not called late when it comes with the one after. */
		.vblank_ns = latch_deadline_next_vblank(deadline,
			ask->now_ns + latch_margin_hopeless_ns(&deadline->margin, ask->composed)),
		.why = why,
	};
}

/* Without a beat: not before the mode's interval is over. */
static struct latch_deadline_plan decide_free(
	const struct latch_deadline *deadline, const struct latch_deadline_ask *ask) {
	const bool variable = deadline->vblank.variable;
	const int64_t margin_ns =
		variable ? latch_margin_ns(&deadline->margin, ask->composed) : 0;
	const int64_t vblank_ns = latch_clock_next(&deadline->vblank, ask->now_ns + margin_ns);
	const int64_t wake_ns = latch_max(vblank_ns - margin_ns, ask->now_ns);
	/* Only the first moment that a display may flip is one that can be missed. */
	const bool meant = variable && wake_ns > ask->now_ns;
	return (struct latch_deadline_plan){
		.wake_ns = wake_ns,
		.vblank_ns = meant ? vblank_ns : 0,
		.why = meant ? LATCH_WAKE_DEADLINE : LATCH_WAKE_FREE,
	};
}

static struct latch_deadline_plan decide_fixed(
	const struct latch_deadline *deadline, const struct latch_deadline_ask *ask) {
	const struct latch_clock *vblank = &deadline->vblank;
	int64_t margin_ns = latch_margin_ns(&deadline->margin, ask->composed);
	int64_t hopeless_ns = latch_margin_hopeless_ns(&deadline->margin, ask->composed);
	int64_t vblank_ns = latch_clock_next(vblank, ask->now_ns);
	/* It would flip with the one after, and nothing else could join it until then. */
	while (vblank_ns - ask->now_ns <= latch_min(margin_ns, hopeless_ns)) {
		vblank_ns += vblank->period_ns;
	}
	if (vblank_ns - ask->now_ns <= margin_ns) {
		return at_once(deadline, ask, LATCH_WAKE_CLOSE);
	}
	return (struct latch_deadline_plan){
		.wake_ns = vblank_ns - margin_ns,
		/* After idle it is good enough to keep in step, not to learn from. */
		.vblank_ns = is_idle(deadline, ask->now_ns) ? 0 : vblank_ns,
		.why = LATCH_WAKE_DEADLINE,
	};
}

struct latch_deadline_plan latch_deadline_decide(
	const struct latch_deadline *deadline, const struct latch_deadline_ask *ask) {
	const struct latch_clock *vblank = &deadline->vblank;
	enum latch_clock_kind kind = latch_clock_kind(vblank);
	if (kind == LATCH_CLOCK_UNKNOWN) {
		return at_once(deadline, ask, LATCH_WAKE_UNKNOWN);
	}
	if (kind != LATCH_CLOCK_FIXED) {
		return decide_free(deadline, ask);
	}
	if (is_idle(deadline, ask->now_ns) && !ask->in_step) {
		return at_once(deadline, ask, LATCH_WAKE_IDLE);
	}
	if (ask->behind) {
		return at_once(deadline, ask, LATCH_WAKE_BEHIND);
	}
	/* What goes at once teaches nothing about deadlines, and they will be needed. */
	const bool waits = ask->waits && deadline->margin.learned >= LATCH_MARGIN_KNOWN;
	if (ask->alone && (waits || ask->now_ns - vblank->last_flip_ns > vblank->period_ns)) {
		return at_once(deadline, ask, LATCH_WAKE_ALONE);
	}
	return decide_fixed(deadline, ask);
}

void latch_deadline_flipped(
	struct latch_deadline *deadline, const struct latch_deadline_frame *frame) {
	struct latch_clock *vblank = &deadline->vblank;
	struct latch_deadline_frame learned = *frame;
	if (frame->planned_ns > 0 && frame->vblank_ns > 0 && frame->submit_start_ns > 0) {
		latch_margin_learn(&deadline->margin, frame);
	} else if (latch_clock_kind(vblank) == LATCH_CLOCK_FIXED && frame->submit_start_ns > 0 &&
		   !is_idle(deadline, frame->submit_start_ns)) {
		/* Any vblank will do to see what the kernel can. */
		learned.vblank_ns = latch_clock_next(vblank, frame->submit_start_ns);
		latch_margin_learn_kernel(&deadline->margin, &learned);
	}
	if (frame->planned_ns <= 0 && frame->begun_ns > 0) {
		/* A job that takes the most of a refresh leaves no time for deadlines: then this is
		 * all there is to learn from, also that it has become shorter. */
		latch_margin_learn_composed(&deadline->margin, frame);
	}
	latch_clock_flipped(vblank, frame->submit_end_ns, frame->flip_ns);
}

const char *latch_wake_name(enum latch_wake why) {
	static const char *const names[] = {
		[LATCH_WAKE_DEADLINE] = "deadline",
		[LATCH_WAKE_UNKNOWN] = "unknown",
		[LATCH_WAKE_IDLE] = "idle",
		[LATCH_WAKE_ALONE] = "alone",
		[LATCH_WAKE_CLOSE] = "close",
		[LATCH_WAKE_BEHIND] = "behind",
		[LATCH_WAKE_FREE] = "free",
	};
	return (size_t)why < sizeof(names) / sizeof(names[0]) ? names[why] : "unknown";
}
