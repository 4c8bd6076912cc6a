#ifndef LATCH_OUTPUT_MARGIN_H
#define LATCH_OUTPUT_MARGIN_H

#include <stdbool.h>
#include <stdint.h>

/**
 * How long before a vblank to wake up: plain arithmetic over what earlier frames took.
 *
 * Too long a margin makes every frame old, too short a one makes some of them miss, and what is
 * missed is a whole refresh. So a margin m costs
 *
 *     m + LATCH_MISS_WEIGHT * refresh * (part of the frames that would have needed more than m)
 *
 * and the cheapest one is taken. At 60 Hz a millisecond more has to save four frames in a thousand.
 * It has three parts:
 *
 *   work    from the planned wake-up to the atomic ioctl: how late the wake-up came, assign, and our
 *           own job up to the signal of its fence. By two histograms that forget slowly: one of
 *           frames with something to compose, one of all others
 *   kernel  the ioctl, and what the driver does after it, often in a thread of the kernel that may
 *           be done before the ioctl has returned. Nobody tells how long that takes, only whether
 *           it was in time: it is tried out, see struct latch_margin_kernel
 *   blank   from the last moment that the display controller takes a new picture to the time that
 *           the flip's event tells, known from the mode
 *
 * A miss raises the margin at once to what would have been enough; if it was a single one, the
 * histogram forgives it and the margin comes down within some frames, else the histogram has
 * learned it by then and lets go slowly.
 */

/** A margin is never less than this, ... */
#define LATCH_MARGIN_MIN_NS INT64_C(300000)
/** ... nor more than this part of a refresh: the wake-up is never before the vblank before. */
#define LATCH_MARGIN_MAX_NUM 3
#define LATCH_MARGIN_MAX_DEN 4
/** Refreshes, with something to compose: a GPU may take longer than one, and all that can be
 * done then is to begin in time for the one after. */
#define LATCH_MARGIN_MAX_COMPOSED 2
/** What work is assumed to take before any was measured, without and with something to compose. */
#define LATCH_WORK_START_NS INT64_C(400000)
#define LATCH_WORK_START_COMPOSED_NS INT64_C(4000000)
/** That weighs as much as this many frames that have shown it: one that took long among the first ones is
 * not yet a habit. */
#define LATCH_WORK_START_FRAMES 512
#define LATCH_WORK_START_COMPOSED_FRAMES 64
/** One frame that misses weighs as much as this many that are a whole refresh older. */
#define LATCH_MISS_WEIGHT 16
/** Frames until a histogram has forgotten two thirds of what it knew. */
#define LATCH_WORK_MEMORY 2048
/** A raise that did not repeat itself goes down by this part with each frame. */
#define LATCH_RAISE_DECAY 4
/** The cheapest margin is looked for with each frame that took longer, otherwise after this many. */
#define LATCH_MARGIN_CHOOSE_EVERY 16

/** After this many frames the work is known well enough to do without more for a while. */
#define LATCH_MARGIN_KNOWN 512

/** The longest margin in steps; those with something to compose are as long. */
#define LATCH_WORK_BINS 256
#define LATCH_WORK_BINS_COMPOSED \
	(LATCH_WORK_BINS * LATCH_MARGIN_MAX_COMPOSED * LATCH_MARGIN_MAX_DEN / LATCH_MARGIN_MAX_NUM)
#define LATCH_KERNEL_STEPS 10

/** How long frames took. Weights grow instead of the old ones being made smaller. */
struct latch_work {
	/** By length, as parts of the longest margin; the one behind the last is for all that is
	 * longer. */
	float bins[LATCH_WORK_BINS_COMPOSED + 1];
	int len;
	float total, weight;
	unsigned until_choice;
	/** The longest margin that it may lead to. */
	int64_t max_ns;
	/** The cheapest length, the middle one, and what a miss has raised it to. */
	int64_t length_ns, median_ns, raised_ns;
};

/** What the kernel was left with: by steps of time, how many frames had it and how many missed. */
struct latch_margin_kernel {
	float frames[LATCH_KERNEL_STEPS], late[LATCH_KERNEL_STEPS], weight;
	unsigned until_choice;
	/** What part of the frames is late, by step; never more with more time. And of how many
	 * frames that is known. */
	float late_part[LATCH_KERNEL_STEPS], known[LATCH_KERNEL_STEPS];
	/** The step that is left to it now. */
	unsigned step;
	/** Frames until a neighbour is tried, and the step that this frame tries; step: none. */
	unsigned until_trial, trial;
	/** The next trial is of the longer one, where that may be worth it. */
	bool trial_up;
};

struct latch_margin {
	int64_t refresh_ns, blank_ns;
	struct latch_work plain, composed;
	struct latch_margin_kernel kernel;
	/** Frames that were latched at a deadline, up to LATCH_MARGIN_KNOWN. */
	unsigned learned;
};

/** What became of a frame that was to be latched at a deadline. */
struct latch_margin_frame {
	/** The wake-up that was planned, when everything was ready for the ioctl, when that began, the
	 * vblank that was meant, the flip. */
	int64_t planned_ns, done_ns, submit_ns, vblank_ns, flip_ns;
	bool composed;
};

/**
 * refresh_ns: 0 where it is not known. blank_ns: how long before the flip's time the display
 * controller stops to take a new picture, 0 or more; where it makes no sense it counts as none.
 */
void latch_margin_init(struct latch_margin *margin, int64_t refresh_ns, int64_t blank_ns);

/** What is left to the kernel between the start of the ioctl and the vblank, the blank included. */
int64_t latch_margin_kernel_ns(const struct latch_margin *margin);

/** How long before a vblank to wake up, for a frame with something to compose or one without. */
int64_t latch_margin_ns(const struct latch_margin *margin, bool composed);

/** Closer to a vblank than this, a frame that begins now is more likely to miss it than not. */
int64_t latch_margin_hopeless_ns(const struct latch_margin *margin, bool composed);

/** A planned frame has flipped. */
void latch_margin_learn(struct latch_margin *margin, const struct latch_margin_frame *frame);

/**
 * A frame that went at once has flipped: that teaches what the kernel can do, but nothing about
 * wake-ups. planned_ns is not looked at.
 */
void latch_margin_learn_kernel(struct latch_margin *margin, const struct latch_margin_frame *frame);

/** A frame that went at once had something to compose: how long that took, from its latch on. */
void latch_margin_learn_composed(struct latch_margin *margin, int64_t took_ns);

#endif
