#include "output/deadline.h"

static int64_t clamp_margin(const struct latch_deadline *deadline, int64_t margin_ns) {
	int64_t max_ns = deadline->refresh_ns * LATCH_MARGIN_MAX_NUM / LATCH_MARGIN_MAX_DEN;
	if (margin_ns > max_ns) {
		margin_ns = max_ns;
	}
	/* At very high refresh rates the smallest margin may be more than the largest part of a
	 * refresh: the part wins, or the wake-up would lie before the flip. */
	if (margin_ns < LATCH_MARGIN_MIN_NS) {
		margin_ns = LATCH_MARGIN_MIN_NS < max_ns ? LATCH_MARGIN_MIN_NS : max_ns;
	}
	return margin_ns;
}

void latch_deadline_init(struct latch_deadline *deadline, int64_t refresh_ns) {
	*deadline = (struct latch_deadline){.refresh_ns = refresh_ns > 0 ? refresh_ns : 0};
	deadline->margin_ns = clamp_margin(deadline, LATCH_MARGIN_START_NS);
	deadline->spare_ns = LATCH_MARGIN_SPARE_NS;
}

/* The first vblank after time_ns if they have gone on as they were; 0 if none is known. */
static int64_t extrapolate(const struct latch_deadline *deadline, int64_t time_ns) {
	if (deadline->refresh_ns == 0 || deadline->last_flip_ns == 0) {
		return 0;
	}
	int64_t since_ns = time_ns - deadline->last_flip_ns;
	if (since_ns < 0) {
		/* A driver may stamp a flip with the coming vblank, a little in the future. */
		return deadline->last_flip_ns;
	}
	return deadline->last_flip_ns +
	       (since_ns / deadline->refresh_ns + 1) * deadline->refresh_ns;
}

int64_t latch_deadline_next_vblank(const struct latch_deadline *deadline, int64_t time_ns) {
	return time_ns - deadline->last_flip_ns > LATCH_IDLE_NS ? 0
								: extrapolate(deadline, time_ns);
}

static int64_t before_vblank(
	const struct latch_deadline *deadline, int64_t vblank_ns, int64_t now_ns) {
	int64_t wake_ns = vblank_ns - deadline->margin_ns;
	return vblank_ns != 0 && wake_ns > now_ns ? wake_ns : now_ns;
}

int64_t latch_deadline_wake(const struct latch_deadline *deadline, int64_t now_ns) {
	return before_vblank(deadline, latch_deadline_next_vblank(deadline, now_ns), now_ns);
}

int64_t latch_deadline_wake_in_step(const struct latch_deadline *deadline, int64_t now_ns) {
	return before_vblank(deadline, extrapolate(deadline, now_ns), now_ns);
}

/* Some drivers do the commit's work after the ioctl, in a thread of the kernel that may be late. */
static void learn_spare(struct latch_deadline *deadline, int64_t target_ns, int64_t submit_end_ns,
	int64_t flip_ns) {
	bool kernel_late =
		submit_end_ns < target_ns && flip_ns > target_ns + deadline->refresh_ns / 2;
	if (kernel_late) {
		deadline->spare_ns += deadline->refresh_ns / LATCH_SPARE_STEP_DEN;
	} else {
		deadline->spare_ns -=
			(deadline->spare_ns - LATCH_MARGIN_SPARE_NS) / LATCH_SPARE_DECAY;
	}
	int64_t max_ns = deadline->refresh_ns / LATCH_SPARE_MAX_DEN;
	if (max_ns > LATCH_MARGIN_SPARE_NS && deadline->spare_ns > max_ns) {
		deadline->spare_ns = max_ns;
	}
}

void latch_deadline_flipped(
	struct latch_deadline *deadline, int64_t wake_ns, int64_t submit_end_ns, int64_t flip_ns) {
	int64_t target_ns = wake_ns > 0 ? latch_deadline_next_vblank(deadline, wake_ns) : 0;
	deadline->last_flip_ns = flip_ns;
	if (target_ns == 0) {
		return;
	}

	learn_spare(deadline, target_ns, submit_end_ns, flip_ns);
	/* What was left between the ioctl's return and the vblank, beyond what we want to keep. */
	int64_t left_ns = target_ns - submit_end_ns - deadline->spare_ns;
	if (left_ns < 0) {
		deadline->margin_ns -= left_ns;
	} else {
		deadline->margin_ns -= left_ns / LATCH_MARGIN_DECAY;
	}
	deadline->margin_ns = clamp_margin(deadline, deadline->margin_ns);
}
