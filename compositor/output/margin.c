#include "output/margin.h"

#include <math.h>

/* Then all weights are made small again: a float keeps seven digits of a sum. */
#define WEIGHT_MAX 1e6f

/* What is left to the kernel, by step. */
static const int64_t kernel_steps_ns[LATCH_KERNEL_STEPS] = {
	200000, 350000, 500000, 750000, 1000000, 1500000, 2000000, 3000000, 4500000, 6000000};

/* What is believed of them before anything is known, as strongly as if so many frames had shown
 * it: with 1 ms nearly nobody is late (KWin's commit thread starts there as well). */
#define BELIEVED_FRAMES 8.0f
static const float believed_late[LATCH_KERNEL_STEPS] = {
	0.025f, 0.02f, 0.008f, 0.002f, 0.0004f, 0.0001f, 0.0001f, 0.0001f, 0.0001f, 0.0001f};

/* A shorter step is tried once in so many frames, unless more than this part of its frames was
 * late; after a trial that failed, not for so many: */
#define TRIAL_FRAMES 16
#define TRIAL_FAILED_FRAMES 4096
#define TRIAL_LATE_MAX 0.03f
/* So many frames have more after one that was late, until so many have shown what it gives. */
#define RAISED_FRAMES 64
#define RAISED_KNOWN 512
/* More late ones than this: a frame with so little left would rather wait. */
#define HOPELESS_LATE 0.5f
/* Frames until two thirds are forgotten. */
#define KERNEL_MEMORY 8192.0f

static int64_t least(int64_t a, int64_t b) {
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b) {
	return a > b ? a : b;
}

static float miss_cost_ns(const struct latch_margin *margin) {
	return (float)LATCH_MISS_WEIGHT * (float)margin->refresh_ns;
}

/* The end of a bin. */
static int64_t bin_ns(const struct latch_margin *margin, int bin) {
	return margin->max_ns * (bin + 1) / LATCH_WORK_BINS;
}

static void work_init(struct latch_work *work, const struct latch_margin *margin, int64_t start_ns,
	float frames) {
	int64_t length_ns = least(start_ns, margin->max_ns);
	*work = (struct latch_work){
		.weight = 1,
		.length_ns = length_ns,
		.median_ns = length_ns,
		.raised_ns = length_ns,
	};
	if (margin->max_ns > 0) {
		work->bins[(length_ns - 1) * LATCH_WORK_BINS / margin->max_ns] = frames;
		work->total = frames;
	}
}

/* A step; at high rates there is less to give away. */
static int64_t step_ns(const struct latch_margin *margin, unsigned step) {
	return least(kernel_steps_ns[step], margin->refresh_ns / 3);
}

/* The weight of what took longer; longer[i] is that of the bins from i on. */
static float weight_above(
	const struct latch_margin *margin, const float *longer, int64_t length_ns) {
	/* One more, as the ends of the bins are rounded down. */
	int64_t bin = length_ns > 0 ? (length_ns + 1) * LATCH_WORK_BINS / margin->max_ns : 0;
	return longer[least(bin, LATCH_WORK_BINS)];
}

/* The weight of what would miss with so much for work and kernel together. That more than the
 * chosen step helps is not sure, or it would have been chosen. */
static float weight_missed(
	const struct latch_margin *margin, const float *longer, int64_t together_ns) {
	const struct latch_margin_kernel *kernel = &margin->kernel;
	float above = weight_above(margin, longer, together_ns - step_ns(margin, 0));
	float missed = above;
	for (unsigned i = 0; i < kernel->step; i++) {
		float next = weight_above(margin, longer, together_ns - step_ns(margin, i + 1));
		missed += (next - above) * kernel->late_part[i];
		above = next;
	}
	return missed + (longer[0] - above) * kernel->late_part[kernel->step];
}

static void work_choose(struct latch_work *work, const struct latch_margin *margin) {
	const float miss_ns = miss_cost_ns(margin) / work->total;
	const int64_t kernel_ns = step_ns(margin, margin->kernel.step);
	float longer[LATCH_WORK_BINS + 1], sum = 0, cheapest = 0;
	work->median_ns = margin->max_ns;
	for (int i = LATCH_WORK_BINS; i >= 0; i--) {
		sum += work->bins[i];
		longer[i] = sum;
		if (i > 0 && sum <= work->total / 2) {
			work->median_ns = bin_ns(margin, i - 1);
		}
	}
	for (int i = 0; i < LATCH_WORK_BINS; i++) {
		const int64_t length_ns = bin_ns(margin, i);
		float cost = (float)length_ns +
			     miss_ns * weight_missed(margin, longer, length_ns + kernel_ns);
		if (i == 0 || cost < cheapest) {
			cheapest = cost;
			work->length_ns = length_ns;
		}
	}
}

/* With less than this most are late. */
static int64_t hopeless_kernel_ns(const struct latch_margin *margin) {
	unsigned step = 0;
	while (step < LATCH_KERNEL_STEPS - 1 && margin->kernel.late_part[step] > HOPELESS_LATE) {
		step++;
	}
	return step_ns(margin, step);
}

static void work_add(struct latch_work *work, const struct latch_margin *margin, int64_t took_ns,
	bool late) {
	int64_t bin = took_ns <= 0 ? 0 : (took_ns - 1) * LATCH_WORK_BINS / margin->max_ns;
	work->bins[least(bin, LATCH_WORK_BINS)] += work->weight;
	work->total += work->weight;
	work->weight += work->weight / LATCH_WORK_MEMORY;
	if (work->weight > WEIGHT_MAX) {
		for (int i = 0; i <= LATCH_WORK_BINS; i++) {
			work->bins[i] /= WEIGHT_MAX;
		}
		work->total /= WEIGHT_MAX;
		work->weight /= WEIGHT_MAX;
	}
	/* What would have missed without the raise keeps it up; what no margin could have caught is no
	 * reason for it. */
	work->raised_ns -= work->raised_ns / LATCH_RAISE_DECAY;
	const int64_t spare_ns = step_ns(margin, margin->kernel.step) - hopeless_kernel_ns(margin);
	const bool needed = late || took_ns > work->length_ns + greatest(spare_ns, 0);
	if (needed && took_ns <= margin->max_ns) {
		work->raised_ns = greatest(work->raised_ns, took_ns);
	}
}

/*
 * More time can't make more frames late, so where the counts say so, it is chance or a step that had
 * few frames: neighbours that contradict each other are taken together (pool adjacent violators,
 * the least-squares fit of a falling row).
 */
static void kernel_fit(struct latch_margin_kernel *kernel) {
	float late[LATCH_KERNEL_STEPS], frames[LATCH_KERNEL_STEPS];
	unsigned len[LATCH_KERNEL_STEPS], pools = 0;
	float believed = BELIEVED_FRAMES * kernel->weight;
	for (unsigned i = 0; i < LATCH_KERNEL_STEPS; i++) {
		late[pools] = kernel->late[i] + believed_late[i] * believed;
		frames[pools] = kernel->frames[i] + believed;
		len[pools++] = 1;
		while (pools > 1 && late[pools - 1] * frames[pools - 2] >
					    late[pools - 2] * frames[pools - 1]) {
			late[pools - 2] += late[pools - 1];
			frames[pools - 2] += frames[pools - 1];
			len[pools - 2] += len[pools - 1];
			pools--;
		}
	}
	for (unsigned pool = 0, i = 0; pool < pools; pool++) {
		for (unsigned j = 0; j < len[pool]; j++) {
			kernel->known[i] = frames[pool] / kernel->weight;
			kernel->late_part[i++] = late[pool] / frames[pool];
		}
	}
}

/* What a longer step saves, less what it costs; and how much of that may be chance, as few frames
 * had it (the deviation of a count). */
static float gain_ns(
	const struct latch_margin *margin, unsigned from, unsigned to, float *chance_ns) {
	const struct latch_margin_kernel *kernel = &margin->kernel;
	const float miss_ns = miss_cost_ns(margin);
	*chance_ns = miss_ns * sqrtf(kernel->late_part[from] / kernel->known[to]);
	return miss_ns * (kernel->late_part[from] - kernel->late_part[to]) -
	       (float)(kernel_steps_ns[to] - kernel_steps_ns[from]);
}

/* From the shortest step up, as long as it pays for sure. */
static void kernel_choose(struct latch_margin *margin) {
	struct latch_margin_kernel *kernel = &margin->kernel;
	kernel_fit(kernel);
	kernel->step = 0;
	for (unsigned i = 1; i < LATCH_KERNEL_STEPS; i++) {
		float chance_ns;
		/* What nothing is known of has to be believed: it can't be worse. */
		const bool untried = kernel->known[i] <= BELIEVED_FRAMES + 1;
		const float gain = gain_ns(margin, kernel->step, i, &chance_ns);
		if (gain > (untried ? 0 : chance_ns)) {
			kernel->step = i;
		}
	}
}

static bool more_may_help(const struct latch_margin *margin) {
	const unsigned step = margin->kernel.step;
	float chance_ns;
	return step < LATCH_KERNEL_STEPS - 1 &&
	       gain_ns(margin, step, step + 1, &chance_ns) + chance_ns > 0;
}

/* Now and then a frame tries the next step, up or down in turns, where that may be better. After
 * one that was late with the chosen step, some frames in a row have more: whether that helps is
 * known soon then, and until it is known they have it. */
static void kernel_try(struct latch_margin *margin, bool late, bool shorter) {
	struct latch_margin_kernel *kernel = &margin->kernel;
	if (late && shorter) {
		kernel->until_trial = TRIAL_FAILED_FRAMES;
	} else if (late) {
		kernel->raised_frames = RAISED_FRAMES;
	}
	kernel->trial = kernel->step;
	if (kernel->raised_frames > 0) {
		kernel->raised_frames--;
		if (more_may_help(margin) && kernel->known[kernel->step + 1] < RAISED_KNOWN) {
			kernel->trial = kernel->step + 1;
			return;
		}
	}
	if (kernel->until_trial > 0) {
		kernel->until_trial--;
		return;
	}
	kernel->until_trial = TRIAL_FRAMES;
	kernel->trial_up = !kernel->trial_up;
	if (kernel->trial_up && more_may_help(margin)) {
		kernel->trial = kernel->step + 1;
	} else if (!kernel->trial_up && kernel->step > 0 &&
		   kernel->late_part[kernel->step - 1] < TRIAL_LATE_MAX) {
		kernel->trial = kernel->step - 1;
	}
}

static void kernel_add(struct latch_margin_kernel *kernel, int step, bool late) {
	kernel->frames[step] += kernel->weight;
	kernel->late[step] += late ? kernel->weight : 0;
	kernel->weight += kernel->weight / KERNEL_MEMORY;
	if (kernel->weight > WEIGHT_MAX) {
		for (int i = 0; i < LATCH_KERNEL_STEPS; i++) {
			kernel->frames[i] /= WEIGHT_MAX;
			kernel->late[i] /= WEIGHT_MAX;
		}
		kernel->weight /= WEIGHT_MAX;
	}
}

static void choose(struct latch_margin *margin) {
	margin->until_choice = LATCH_MARGIN_CHOOSE_EVERY;
	kernel_choose(margin);
	work_choose(&margin->plain, margin);
	work_choose(&margin->composed, margin);
	margin->kernel.trial = margin->kernel.step;
}

void latch_margin_init(struct latch_margin *margin, int64_t refresh_ns, int64_t blank_ns) {
	*margin = (struct latch_margin){.refresh_ns = greatest(refresh_ns, 0)};
	margin->max_ns = margin->refresh_ns * LATCH_MARGIN_MAX_NUM / LATCH_MARGIN_MAX_DEN;
	margin->blank_ns = blank_ns > 0 && blank_ns < margin->refresh_ns / 4 ? blank_ns : 0;
	work_init(&margin->plain, margin, LATCH_WORK_START_NS, LATCH_WORK_START_FRAMES);
	work_init(&margin->composed, margin, LATCH_WORK_START_COMPOSED_NS,
		LATCH_WORK_START_COMPOSED_FRAMES);
	margin->kernel = (struct latch_margin_kernel){.weight = 1, .until_trial = TRIAL_FRAMES};
	if (margin->max_ns > 0) {
		choose(margin);
	}
}

int64_t latch_margin_kernel_ns(const struct latch_margin *margin) {
	return margin->blank_ns + step_ns(margin, margin->kernel.trial);
}

int64_t latch_margin_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	int64_t sum_ns =
		greatest(work->length_ns, work->raised_ns) + latch_margin_kernel_ns(margin);
	/* At very high rates the smallest margin may be more than the largest part of a refresh: the
	 * part wins, or the wake-up would lie before the flip. */
	return least(greatest(sum_ns, LATCH_MARGIN_MIN_NS), margin->max_ns);
}

int64_t latch_margin_hopeless_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	int64_t sum_ns = work->median_ns + hopeless_kernel_ns(margin) + margin->blank_ns;
	return least(sum_ns, margin->max_ns);
}

static bool is_late(const struct latch_margin *margin, const struct latch_margin_frame *frame) {
	return frame->flip_ns > frame->vblank_ns + margin->refresh_ns / 2;
}

/* Returns false for a frame that says nothing of the kernel: too late already, so whatever came of
 * it, it is not what would be left to it. */
static bool learn_kernel(struct latch_margin *margin, const struct latch_margin_frame *frame) {
	int64_t left_ns = frame->vblank_ns - margin->blank_ns - frame->submit_ns;
	if (left_ns < kernel_steps_ns[0]) {
		return false;
	}
	int step = LATCH_KERNEL_STEPS - 1;
	while (kernel_steps_ns[step] > left_ns) {
		step--;
	}
	kernel_add(&margin->kernel, step, is_late(margin, frame));
	return true;
}

/* was_trial: the frame had what kernel_try() has left to the kernel. */
static void draw_conclusions(
	struct latch_margin *margin, const struct latch_margin_frame *frame, bool was_trial) {
	const bool late = is_late(margin, frame);
	const bool shorter = margin->kernel.trial < margin->kernel.step;
	if (late || margin->until_choice == 0) {
		choose(margin);
	} else {
		margin->until_choice--;
	}
	if (was_trial) {
		kernel_try(margin, late, shorter);
	}
}

void latch_margin_learn_kernel(
	struct latch_margin *margin, const struct latch_margin_frame *frame) {
	/* One that had much more than any step says nothing of them, and would only make them
	 * forgotten. */
	const int64_t left_ns = frame->vblank_ns - margin->blank_ns - frame->submit_ns;
	if (margin->max_ns > 0 && left_ns < 2 * kernel_steps_ns[LATCH_KERNEL_STEPS - 1] &&
		learn_kernel(margin, frame)) {
		draw_conclusions(margin, frame, false);
	}
}

void latch_margin_learn(struct latch_margin *margin, const struct latch_margin_frame *frame) {
	if (margin->max_ns == 0) {
		return;
	}
	margin->learned += margin->learned < LATCH_MARGIN_KNOWN;
	work_add(frame->composed ? &margin->composed : &margin->plain, margin,
		frame->submit_ns - frame->planned_ns, is_late(margin, frame));
	draw_conclusions(margin, frame, learn_kernel(margin, frame));
}
