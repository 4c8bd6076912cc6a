#include "base/minmax.h"
#include "timing/timing.h"

/*
 * What each constant is worth is by ./run bench deadline, where as they are one vblank in 2,100 is
 * missed, with a margin of 1.37 ms on average, of which 0.84 ms are needed.
 */

/* One frame in about so many takes longer than what is followed. With half as many, twice as many
 * vblanks are missed and the margin is 0.07 ms shorter; with twice as many, half of them are missed
 * and it is 0.11 ms longer. */
#define ONE_IN 2048
/* The step up is this part of the distance to the mean. With a quarter the margin is 0.02 ms longer
 * (it comes down half as fast), with all of it 0.03 ms (it overshoots). */
#define STEP_DEN 2
/* Nothing is known better than this. With half of it 40 % more vblanks are missed: the steps up from
 * a small distance are too small. */
#define LEAST_NS INT64_C(100000)
/* Frames that the mean is of. Without a mean, steps are parts of the whole length, and the margin
 * is 0.08 ms longer. With a quarter as many frames the bench shows nothing, but a new load of 6 ms
 * is followed after sixty frames instead of thirteen, as the mean runs after the percentile. */
#define MEAN_FRAMES 256
/* What work and kernel are believed to take at first. With 4 ms the margin is 0.07 ms longer, with
 * 0.3 ms 5 % more vblanks are missed. */
#define START_NS INT64_C(1000000)
/* What is left to the kernel is at most this part of a refresh. It bounds what is given in vain to
 * one that is late at random, more often than once in ONE_IN frames, however much it has: where that
 * is one frame in a hundred, the margin is 3.1 ms, with half of it 2.2 ms. */
#define KERNEL_MAX_DEN 4

/* Follows what all but one in ONE_IN are below: it rises by a step when one was above, and falls by
 * so small a part of a step otherwise that both are in balance there. */
static void follow(int64_t *most_ns, int64_t mean_ns, bool above, int64_t max_ns) {
	const int64_t step_ns = latch_max(*most_ns - mean_ns, LEAST_NS) / STEP_DEN;
	const int64_t next_ns = *most_ns + (above ? step_ns : -(step_ns / ONE_IN));
	*most_ns = latch_min(latch_max(next_ns, mean_ns + LEAST_NS), max_ns);
}

static struct latch_work new_work(int64_t max_ns) {
	return (struct latch_work){
		.max_ns = max_ns,
		.mean_ns = latch_min(START_NS, max_ns) / 2,
		.most_ns = latch_min(START_NS, max_ns),
	};
}

void latch_margin_init(struct latch_margin *margin, int64_t refresh_ns, int64_t blank_ns) {
	refresh_ns = latch_max(refresh_ns, 0);
	*margin = (struct latch_margin){
		.refresh_ns = refresh_ns,
		.blank_ns = blank_ns > 0 && blank_ns < refresh_ns / 4 ? blank_ns : 0,
		.plain = new_work(refresh_ns * 3 / 4),
		.composed = new_work(refresh_ns * 2),
		.kernel_ns = latch_min(START_NS, refresh_ns / KERNEL_MAX_DEN),
	};
}

int64_t latch_margin_kernel_ns(const struct latch_margin *margin) {
	return margin->blank_ns + margin->kernel_ns;
}

int64_t latch_margin_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	/* What has just taken longer is likely to do it again; a single one is forgiven at once. The
	 * bench's loads change too seldom to show it: without this, thirteen frames in a row miss when
	 * work goes from 0.2 to 6 ms. */
	const int64_t work_ns = latch_max(work->most_ns, work->last_ns);
	return latch_min(work_ns + latch_margin_kernel_ns(margin), work->max_ns);
}

int64_t latch_margin_hopeless_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	/* Half: few need all that is left to the kernel. */
	return latch_min(work->mean_ns + margin->blank_ns + margin->kernel_ns / 2, work->max_ns);
}

void latch_margin_learn_work(struct latch_margin *margin, bool composed, int64_t took_ns) {
	struct latch_work *work = composed ? &margin->composed : &margin->plain;
	work->last_ns = latch_clamp(took_ns, 0, work->max_ns);
	work->mean_ns += (work->last_ns - work->mean_ns) / MEAN_FRAMES;
	follow(&work->most_ns, work->mean_ns, work->last_ns > work->most_ns, work->max_ns);
}

void latch_margin_learn_kernel(struct latch_margin *margin, int64_t left_ns, bool late) {
	/* Who had less than what is left to it says nothing of that. */
	if (left_ns >= latch_margin_kernel_ns(margin)) {
		follow(&margin->kernel_ns, 0, late, margin->refresh_ns / KERNEL_MAX_DEN);
	}
}
