/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/minmax.h"
#include "timing/timing.h"

/* Then all weights are made small again: a float keeps seven digits of a sum. */
#define WEIGHT_MAX 1e6f

/* What is left to the kernel, by step. To try less costs more frames than it saves. */
static const int64_t kernel_steps_ns[LATCH_KERNEL_STEPS] = {
	500000, 750000, 1000000, 1500000, 2000000, 3000000, 4500000, 6000000};

/* What is believed of them before anything is known, as strongly as if so many frames had shown
 * it: with 1 ms nearly nobody is late (KWin's commit thread starts there as well). */
#define BELIEVED_FRAMES 8.0f
static const float believed_late[LATCH_KERNEL_STEPS] = {
	0.008f, 0.002f, 0.0004f, 0.0001f, 0.0001f, 0.0001f, 0.0001f, 0.0001f};

/* A shorter step is tried every TRIAL_FRAMES frames, unless more than TRIAL_LATE_MAX of its frames
 * were late; after a failed trial, every TRIAL_FAILED_FRAMES. */
#define TRIAL_FRAMES 4
#define TRIAL_FAILED_FRAMES 4096
#define TRIAL_LATE_MAX 0.03f
/* Steps of which more than this part was late are skipped. */
#define HOPELESS_LATE 0.5f
/* Frames until two thirds are forgotten. */
#define KERNEL_MEMORY 8192.0f

static float miss_cost_ns(const struct latch_margin *margin) {
	return (float)LATCH_MISS_WEIGHT * (float)margin->refresh_ns;
}

/* The end of a bin. */
static int64_t bin_ns(const struct latch_work *work, int bin) {
	return work->max_ns * (bin + 1) / work->len;
}

static void work_init(struct latch_work *work, int len, int64_t max_ns, int64_t start_ns) {
	int64_t length_ns = latch_min(start_ns, max_ns);
	*work = (struct latch_work){
		.len = len,
		.max_ns = max_ns,
		.weight = 1,
		.length_ns = length_ns,
		.median_ns = length_ns,
		.raised_ns = length_ns,
	};
	if (max_ns > 0) {
		work->bins[(length_ns - 1) * len / max_ns] = 1;
		work->total = 1;
	}
}

static void work_choose(struct latch_work *work, const struct latch_margin *margin) {
	const float miss_ns = miss_cost_ns(margin) / work->total;
	float longer = work->total, cheapest = 0;
	bool chosen = false, median = false;
	for (int i = 0; i < work->len; i++) {
		longer -= work->bins[i];
		float cost = (float)bin_ns(work, i) + miss_ns * (longer > 0 ? longer : 0);
		if (!chosen || cost < cheapest) {
			chosen = true;
			cheapest = cost;
			work->length_ns = bin_ns(work, i);
		}
		if (!median && longer <= work->total / 2) {
			median = true;
			work->median_ns = bin_ns(work, i);
		}
	}
	if (!median) {
		work->median_ns = work->max_ns;
	}
}

static void work_add(struct latch_work *work, const struct latch_margin *margin, int64_t took_ns) {
	int64_t bin = took_ns <= 0 ? 0 : (took_ns - 1) * work->len / work->max_ns;
	work->bins[latch_min(bin, work->len)] += work->weight;
	work->total += work->weight;
	work->weight += work->weight / LATCH_WORK_MEMORY;
	if (work->weight > WEIGHT_MAX) {
		for (int i = 0; i <= work->len; i++) {
			work->bins[i] /= WEIGHT_MAX;
		}
		work->total /= WEIGHT_MAX;
		work->weight /= WEIGHT_MAX;
	}
	/* What no margin could have caught is no reason to raise it, nor is a single one that took
	 * longer than a refresh. */
	work->raised_ns -= work->raised_ns / LATCH_RAISE_DECAY;
	if (took_ns <= latch_min(work->max_ns, margin->refresh_ns)) {
		work->raised_ns = latch_max(work->raised_ns, took_ns);
	}
	if (work->until_choice > 0 && took_ns <= work->length_ns) {
		work->until_choice--;
		return;
	}
	work->until_choice = LATCH_MARGIN_CHOOSE_EVERY;
	work_choose(work, margin);
}

/*
 * More time can't make more frames late, so where the counts say so, it is chance or a step that
 * had few frames: neighbours that contradict each other are taken together (pool adjacent
 * violators, the least-squares fit of a falling row).
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
			/* What is believed of them counts once, however many are together. */
			kernel->known[i] = frames[pool] / kernel->weight -
					   BELIEVED_FRAMES * (float)(len[pool] - 1);
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
	float chance_ns;
	kernel_fit(kernel);
	kernel->step = 0;
	for (unsigned i = 1; i < LATCH_KERNEL_STEPS; i++) {
		/* What nothing is known of has to be believed: it can't be worse. */
		const bool untried = kernel->known[i] <= BELIEVED_FRAMES + 1;
		const float gain = gain_ns(margin, kernel->step, i, &chance_ns);
		if (gain > (untried ? 0 : chance_ns)) {
			kernel->step = i;
		}
	}
	/* One between may do as well, and be known less. */
	while (kernel->step > 0 &&
		gain_ns(margin, kernel->step - 1, kernel->step, &chance_ns) <= 0) {
		kernel->step--;
	}
}

/* Now and then a frame tries the next step, up or down in turns, where that may be better. failed: the
 * last one did, and was late. */
static void kernel_try(struct latch_margin *margin, bool failed) {
	struct latch_margin_kernel *kernel = &margin->kernel;
	if (failed) {
		kernel->until_trial = TRIAL_FAILED_FRAMES;
	}
	kernel->trial = kernel->step;
	if (kernel->until_trial > 0) {
		kernel->until_trial--;
		return;
	}
	kernel->until_trial = TRIAL_FRAMES;
	kernel->trial_up = !kernel->trial_up;
	float chance_ns = 0;
	if (kernel->trial_up && kernel->step < LATCH_KERNEL_STEPS - 1 &&
		gain_ns(margin, kernel->step, kernel->step + 1, &chance_ns) + chance_ns > 0) {
		kernel->trial = kernel->step + 1;
	} else if (!kernel->trial_up && kernel->step > 0 &&
		   kernel->late_part[kernel->step - 1] < TRIAL_LATE_MAX) {
		kernel->trial = kernel->step - 1;
	}
}

static void kernel_add(struct latch_margin *margin, int step, bool late) {
	struct latch_margin_kernel *kernel = &margin->kernel;
	const bool failed = late && kernel->trial < kernel->step;
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
	if (late || kernel->until_choice == 0) {
		kernel->until_choice = LATCH_MARGIN_CHOOSE_EVERY;
		const unsigned before = kernel->step;
		kernel_choose(margin);
		if (late) { // that is no reason to leave it less
			kernel->step = latch_max(kernel->step, before);
		}
	} else {
		kernel->until_choice--;
	}
	kernel_try(margin, failed);
}

void latch_margin_init(struct latch_margin *margin, int64_t refresh_ns, int64_t blank_ns) {
	*margin = (struct latch_margin){.refresh_ns = latch_max(refresh_ns, 0)};
	margin->blank_ns = blank_ns > 0 && blank_ns < margin->refresh_ns / 4 ? blank_ns : 0;
	work_init(&margin->plain, LATCH_WORK_BINS,
		margin->refresh_ns * LATCH_MARGIN_MAX_NUM / LATCH_MARGIN_MAX_DEN,
		LATCH_WORK_START_NS);
	work_init(&margin->composed, LATCH_WORK_BINS_COMPOSED,
		margin->refresh_ns * LATCH_MARGIN_MAX_COMPOSED, LATCH_WORK_START_COMPOSED_NS);
	margin->kernel = (struct latch_margin_kernel){.weight = 1, .until_trial = TRIAL_FRAMES};
	kernel_choose(margin);
	margin->kernel.trial = margin->kernel.step;
}

int64_t latch_margin_kernel_ns(const struct latch_margin *margin) {
	const struct latch_margin_kernel *kernel = &margin->kernel;
	/* At high rates there is less to give away. */
	return margin->blank_ns + latch_min(kernel_steps_ns[kernel->trial], margin->refresh_ns / 3);
}

int64_t latch_margin_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	int64_t sum_ns =
		latch_max(work->length_ns, work->raised_ns) + latch_margin_kernel_ns(margin);
	return latch_min(sum_ns, work->max_ns);
}

int64_t latch_margin_hopeless_ns(const struct latch_margin *margin, bool composed) {
	const struct latch_work *work = composed ? &margin->composed : &margin->plain;
	unsigned step = 0;
	while (step < LATCH_KERNEL_STEPS - 1 && margin->kernel.late_part[step] > HOPELESS_LATE) {
		step++;
	}
	int64_t sum_ns = work->median_ns + kernel_steps_ns[step] + margin->blank_ns;
	return latch_min(sum_ns, work->max_ns);
}

void latch_margin_learn_kernel(
	struct latch_margin *margin, const struct latch_deadline_frame *frame) {
	if (margin->refresh_ns == 0) {
		return;
	}
	int64_t left_ns = frame->vblank_ns - margin->blank_ns - frame->submit_start_ns;
	/* Too late already: whatever came of it, it is not what would be left to it. And what had
	 * much more than any step would only make the steps forgotten. */
	if (left_ns < kernel_steps_ns[0] ||
		left_ns >= 2 * kernel_steps_ns[LATCH_KERNEL_STEPS - 1]) {
		return;
	}
	const bool late = frame->flip_ns > frame->vblank_ns + margin->refresh_ns / 2;
	int step = LATCH_KERNEL_STEPS - 1;
	while (kernel_steps_ns[step] > left_ns) {
		step--;
	}
	/* What was in time with much more than a step may be late with that step. */
	if (!late && step < LATCH_KERNEL_STEPS - 1 &&
		left_ns - kernel_steps_ns[step] >
			(kernel_steps_ns[step + 1] - kernel_steps_ns[step]) / 3) {
		step++;
	}
	kernel_add(margin, step, late);
}

/* When everything was ready for the ioctl. */
static int64_t done_ns(const struct latch_deadline_frame *frame) {
	return frame->drawn_ns > 0 ? frame->drawn_ns : frame->submit_start_ns;
}

void latch_margin_learn(struct latch_margin *margin, const struct latch_deadline_frame *frame) {
	if (margin->refresh_ns == 0) {
		return;
	}
	margin->learned += margin->learned < LATCH_MARGIN_KNOWN;
	work_add(frame->composed ? &margin->composed : &margin->plain, margin,
		done_ns(frame) - frame->planned_ns);
	latch_margin_learn_kernel(margin, frame);
}

void latch_margin_learn_composed(
	struct latch_margin *margin, const struct latch_deadline_frame *frame) {
	if (margin->refresh_ns > 0) {
		work_add(&margin->composed, margin, done_ns(frame) - frame->begun_ns);
	}
}
