#include <stdlib.h>

#include "base/minmax.h"
#include "timing/timing.h"

/*
 * What each constant is worth is by ./run bench deadline, where as they are one vblank in 2,100 is
 * missed, with a margin of 1.35 ms on average, of which 0.84 ms are needed.
 */

/* Frames that mean and deviation are of, and in which the kernel's time falls by two thirds. With
 * 16, a third more vblanks are missed; with 256 a tenth less, but a start that was slow is felt for
 * ten seconds. */
#define FRAMES 64
/* So many mean deviations are added to the mean. With 8, twice as many vblanks are missed and the
 * margin is 0.09 ms shorter; with 12, a third less and it is 0.09 ms longer. */
#define DEVIATIONS 10
/* What work and kernel are believed to take at first: no other value is better in the bench. */
#define START_NS INT64_C(1000000)
/* The same of frames that are composed. The first of them draw for the first time, and each new
 * window makes them longer: with 1 ms, two of the first frames of eight windows were late. */
#define START_COMPOSED_NS INT64_C(4000000)
/* The least that is left to the kernel. In the bench a fifth of it would do; beside a GPU that
 * draws, a flip in some hundreds is late with that. */
#define KERNEL_MIN_NS INT64_C(500000)
/* The most is this part of a refresh. It bounds what is given in vain to a driver that is late at
 * random, more often than once in KERNEL_HOLD frames, however much it has. */
#define KERNEL_MAX_DEN 4
/* After a late flip it gets this part more: with a sixteenth, 60 % more vblanks are missed ... */
#define KERNEL_STEP_DEN 4
/* ... for so many frames: with half of them, 40 % more are. */
#define KERNEL_HOLD 2048

/* What a longer frame raises falls by this part with each frame. */
#define PEAK_DECAY 16

static struct latch_work new_work(int64_t max_ns, int64_t start_ns) {
	const int64_t half_ns = latch_min(start_ns, max_ns) / 2;
	return (struct latch_work){
		.max_ns = max_ns, .mean_ns = half_ns, .deviation_ns = half_ns / DEVIATIONS};
}

void latch_margin_init(struct latch_margin *margin, int64_t refresh_ns, int64_t blank_ns) {
	refresh_ns = latch_max(refresh_ns, 0);
	*margin = (struct latch_margin){
		.refresh_ns = refresh_ns,
		.blank_ns = blank_ns > 0 && blank_ns < refresh_ns / 4 ? blank_ns : 0,
		.plain = new_work(refresh_ns * 3 / 4, START_NS),
		.composed = new_work(refresh_ns * 2, START_COMPOSED_NS),
		.kernel_ns = latch_min(START_NS, refresh_ns / KERNEL_MAX_DEN),
	};
}

int64_t latch_margin_kernel_ns(const struct latch_margin *margin) {
	return margin->blank_ns + margin->kernel_ns;
}

int64_t latch_margin_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	const int64_t most_ns = work->mean_ns + DEVIATIONS * work->deviation_ns;
	/* What has just taken longer is likely to do it again; a single one is forgiven soon. The
	 * bench's loads change too seldom to show it: without this, six frames in a row miss when
	 * work goes from 0.2 to 6 ms. */
	const int64_t work_ns = latch_max(most_ns, work->peak_ns);
	return latch_min(work_ns + latch_margin_kernel_ns(margin), work->max_ns);
}

int64_t latch_margin_hopeless_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	/* Half: few need all that is left to the kernel. */
	return latch_min(work->mean_ns + margin->blank_ns + margin->kernel_ns / 2, work->max_ns);
}

void latch_margin_learn_work(struct latch_margin *margin, bool composed, int64_t took_ns) {
	struct latch_work *work = composed ? &margin->composed : &margin->plain;
	took_ns = latch_clamp(took_ns, 0, work->max_ns);
	work->peak_ns = latch_max(took_ns, work->peak_ns - work->peak_ns / PEAK_DECAY);
	const int64_t off_ns = took_ns - work->mean_ns;
	/* The first frames make the mean themselves: where it came slowly from what was believed at
	 * first, all that way would count as deviation, ten times. */
	work->frames += work->frames < FRAMES;
	work->mean_ns += off_ns / work->frames;
	work->deviation_ns += (llabs(off_ns) - work->deviation_ns) / FRAMES;
}

void latch_margin_learn_kernel(struct latch_margin *margin, int64_t left_ns, bool late) {
	if (left_ns < latch_margin_kernel_ns(margin)) {
		return; // who had less than what is left to it says nothing of that
	}
	if (late) {
		margin->kernel_ns += margin->kernel_ns / KERNEL_STEP_DEN;
		margin->kernel_hold = KERNEL_HOLD;
	} else if (margin->kernel_hold > 0) {
		margin->kernel_hold--;
	} else {
		margin->kernel_ns -= margin->kernel_ns / FRAMES;
	}
	margin->kernel_ns = latch_min(latch_max(margin->kernel_ns, KERNEL_MIN_NS),
		margin->refresh_ns / KERNEL_MAX_DEN);
}
