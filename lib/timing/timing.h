/* SPDX-License-Identifier: MIT */
/**
 * When to latch: as late as the work before the flip allows, so that what is shown is young, and at
 * once where nothing newer is to be expected. Plain arithmetic over plain structs: no clock, no fd.
 * Times are ns of CLOCK_MONOTONIC; 0 is a time that is not known.
 *
 *   latch_clock     when an output's vblanks come, learned from its flips
 *   latch_margin    how long before a vblank to wake up, learned from what frames took
 *   latch_activity  whether a single source changes what an output shows
 *   latch_deadline  clock and margin, and the decision
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum latch_clock_kind {
	/** No flip yet, or no interval: nobody knows. */
	LATCH_CLOCK_UNKNOWN,
	/** An even beat. */
	LATCH_CLOCK_FIXED,
	/** Variable refresh: a flip comes when it is submitted, the mode's interval after the last
	 * one at the earliest. */
	LATCH_CLOCK_VARIABLE,
	/** The driver has no vblank and reports each commit as done at once (virtio_gpu of older
	 * kernels, drm_atomic_helper_fake_vblank()): paced by the mode's interval. */
	LATCH_CLOCK_NONE,
};

/**
 * An output's vblanks, as a value: a copy can be asked without the output.
 *
 * A mode's interval is rounded, and a display's clock is not ours, so the interval is measured: a
 * loop of second order follows phase and interval, as a phase-locked loop does. A flip that is far
 * from where it should be begins anew there (another mode, a timer of the kernel that was stopped
 * and started again, a session that was away).
 */
struct latch_clock {
	/** The mode's interval, the shortest one under variable refresh; 0 where it is not
	 * known. */
	int64_t mode_ns;
	/** As measured: within 1 % of the mode's. */
	int64_t period_ns;
	/** The vblank of the last flip, jitter taken out; 0 before the first. */
	int64_t phase_ns;
	int64_t last_flip_ns;
	bool variable;
	/** The driver has no vblank. */
	bool none;
	/** Flips in a row that speak against `none` as it is. */
	unsigned evidence;
};

/** A mode was set. refresh_ns: its interval; 0 or less: not known. */
void latch_clock_init(struct latch_clock *clock, int64_t refresh_ns);

/** Variable refresh is on, or off: the beat begins anew with the next flip. */
void latch_clock_set_variable(struct latch_clock *clock, bool variable);

/** A flip. submit_end_ns: when the atomic ioctl of that frame had returned; 0: not known. */
void latch_clock_flipped(struct latch_clock *clock, int64_t submit_end_ns, int64_t flip_ns);

enum latch_clock_kind latch_clock_kind(const struct latch_clock *clock);

/**
 * The first vblank after time_ns, or, without an even beat, the first time at or after it that a
 * flip is welcome. 0 if unknown.
 */
int64_t latch_clock_next(const struct latch_clock *clock, int64_t time_ns);

/**
 * When an update that is to be seen at target_ns, and not before, may become ready: right after the
 * last vblank that it must not make. It then is latched in time for the next one, at the
 * deadline. now_ns or earlier: now; else to be asked again at that time, as more will be known.
 * Where vblanks are not known, or wait for frames, it is target_ns itself: never early.
 */
int64_t latch_clock_ready(const struct latch_clock *clock, int64_t target_ns, int64_t now_ns);

/** What wp_presentation_feedback.presented says of a flip (enum kind there, and in wlroots enum
 * wlr_output_present_flag). */
enum latch_present_flag {
	/** The flip took place between two pictures; not so an asynchronous one. */
	LATCH_PRESENT_VSYNC = 0x1,
	/** A display controller, and not a timer of the kernel, has said when ... */
	LATCH_PRESENT_HW_CLOCK = 0x2,
	/** ... and that. */
	LATCH_PRESENT_HW_COMPLETION = 0x4,
};

/**
 * What may be said of a flip that a KMS driver has reported: latch_present_flag. hardware: a
 * display controller counts the vblanks. The event of an asynchronous flip comes from the hardware
 * as well, but drivers stamp it with the vblank before or after.
 */
uint32_t latch_present_flags(bool hardware, bool async);

/**
 * How soon after a flip the next one can come, for the same event, in ns: 0 where that is not
 * known, as after an asynchronous flip, which says nothing of where vblanks lie.
 */
uint32_t latch_present_refresh(int64_t refresh_ns, bool async);

/*
 * How long before a vblank to wake up, by what earlier frames took.
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

/** A margin is never more than this part of a refresh: the wake-up is not before the last vblank. */
#define LATCH_MARGIN_MAX_NUM 3
#define LATCH_MARGIN_MAX_DEN 4
/** Refreshes, with something to compose: a GPU may take longer than one, and all that can be
 * done then is to begin in time for the one after. */
#define LATCH_MARGIN_MAX_COMPOSED 2
/** What work is assumed to take before any was measured, without and with something to compose: as if
 * one frame had taken that. */
#define LATCH_WORK_START_NS INT64_C(400000)
#define LATCH_WORK_START_COMPOSED_NS INT64_C(4000000)
/** One frame that misses weighs as much as this many that are a whole refresh older. */
#define LATCH_MISS_WEIGHT 16
/** Frames until a histogram has forgotten two thirds of what it knew. */
#define LATCH_WORK_MEMORY 2048
/** A raise that did not repeat itself goes down by this part with each frame. */
#define LATCH_RAISE_DECAY 4
/** The cheapest margin is looked for with each frame that took longer, otherwise after this
 * many. */
#define LATCH_MARGIN_CHOOSE_EVERY 16

/** After this many frames the work is known well enough to do without more for a while. */
#define LATCH_MARGIN_KNOWN 512

/** The longest margin in steps; those with something to compose are as long. */
#define LATCH_WORK_BINS 256
#define LATCH_WORK_BINS_COMPOSED \
	(LATCH_WORK_BINS * LATCH_MARGIN_MAX_COMPOSED * LATCH_MARGIN_MAX_DEN / LATCH_MARGIN_MAX_NUM)
#define LATCH_KERNEL_STEPS 8

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

/** A frame that has flipped. */
struct latch_deadline_frame {
	/** The deadline it was planned for, 0: it went at once. */
	int64_t planned_ns;
	/** The vblank it was meant for, 0: unknown. */
	int64_t vblank_ns;
	/** Around the atomic ioctl. */
	int64_t submit_start_ns, submit_end_ns;
	int64_t flip_ns;
	bool composed;
	/** When it was latched, where something was drawn for it; else 0. */
	int64_t begun_ns;
	/** When that job ended, where others were submitted before it could be; else 0. */
	int64_t drawn_ns;
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
void latch_margin_learn(struct latch_margin *margin, const struct latch_deadline_frame *frame);

/**
 * A frame that went at once has flipped: that teaches what the kernel can do, but nothing about
 * wake-ups. planned_ns is not looked at.
 */
void latch_margin_learn_kernel(
	struct latch_margin *margin, const struct latch_deadline_frame *frame);

/** A frame that went at once had something to compose: how long that took, from its latch on. */
void latch_margin_learn_composed(
	struct latch_margin *margin, const struct latch_deadline_frame *frame);

/** Sources of changes, beside surfaces by their numbers (struct latch_surface.id). */
#define LATCH_SOURCE_CURSOR 0
#define LATCH_SOURCE_OTHER UINT32_MAX

/**
 * Which sources change what an output shows, and whether there is only one: a latch that goes at
 * once takes the next vblank from any other source that commits before it. Zeroed: nothing was ever
 * changed.
 */
struct latch_activity {
	/** The last one and when; when it last was another; when input was last sent to a
	 * client. */
	uint32_t source;
	int64_t last_ns, other_ns, input_ns;
};

/** A source has something new to show. */
void latch_activity_note(struct latch_activity *activity, uint32_t source, int64_t now_ns);


/** Nobody but the last source has had anything new for 100 ms. */
bool latch_activity_is_alone(const struct latch_activity *activity, int64_t now_ns);

/** Nobody but the last source has had anything new for a second, and there was no input, which may
 * wake up clients that were idle: it is expected to stay alone until the next flip. */
bool latch_activity_is_quiet(const struct latch_activity *activity, int64_t now_ns);

/**
 * The deadline of a vblank is a margin before it. A wait until then has a price (the wake-up may
 * come late) and a gain (what comes meanwhile goes out in the same frame). So it is only waited for
 * where there is something to gain.
 */
struct latch_deadline {
	struct latch_clock vblank;
	struct latch_margin margin;
};

/** Why a latch is planned for the time that it is planned for. */
enum latch_wake {
	/** At the deadline of the vblank that was meant. */
	LATCH_WAKE_DEADLINE,
	/** At once: where the vblanks lie is not known. */
	LATCH_WAKE_UNKNOWN,
	/** At once: after idle. */
	LATCH_WAKE_IDLE,
	/** At once: nobody else changes anything, and who does waits for the flip, or has let the
	 * vblank before pass. */
	LATCH_WAKE_ALONE,
	/** At once: the deadline has passed, but not the vblank. */
	LATCH_WAKE_CLOSE,
	/** At once: a flip came late, and everybody has lost a refresh by it. */
	LATCH_WAKE_BEHIND,
	/** At the mode's interval, or at once: there is no beat to keep to. */
	LATCH_WAKE_FREE,
};

struct latch_deadline_ask {
	int64_t now_ns;
	/** Something is going to be composed, as far as anybody knows. */
	bool composed;
	/** The source that asks was the only one to change the output for a while
	 * (latch_activity_is_alone()). */
	bool alone;
	/** It was so for long (latch_activity_is_quiet()), and it does not commit again before its
	 * frame callback. */
	bool waits;
	/** Nobody waits for it: the cursor. It keeps to the vblanks after idle as well, as far as
	 * their time can be told: so a client's frame that comes while the cursor moves goes out
	 * with it, and never has to wait for a flip that shows nothing but the cursor. */
	bool in_step;
	/** The last flip was late. */
	bool behind;
};

struct latch_deadline_plan {
	/** When to latch: at or after now. */
	int64_t wake_ns;
	/** The vblank it is meant for; 0 where that is not known. */
	int64_t vblank_ns;
	enum latch_wake why;
};

/** A mode was set; what was learned is forgotten. As latch_margin_init(). */
void latch_deadline_init(struct latch_deadline *deadline, int64_t refresh_ns, int64_t blank_ns);

/** The answer to: something has changed, when to latch? */
struct latch_deadline_plan latch_deadline_decide(
	const struct latch_deadline *deadline, const struct latch_deadline_ask *ask);

/** The first vblank after time_ns; 0 if unknown, as after idle. */
int64_t latch_deadline_next_vblank(const struct latch_deadline *deadline, int64_t time_ns);

/** The deadline of the first vblank that has one after time_ns; 0 if unknown. What is ready by then
 * is shown at that vblank. */
int64_t latch_deadline_next(const struct latch_deadline *deadline, int64_t time_ns, bool composed);

/** The time from a flip to the next deadline; below 0 where a frame takes longer than a refresh. */
int64_t latch_deadline_left(const struct latch_deadline *deadline, bool composed);

/** Learns from a flip. */
void latch_deadline_flipped(
	struct latch_deadline *deadline, const struct latch_deadline_frame *frame);

/** A stable name: "deadline", "unknown", "idle", "alone", "close", "behind", "free". */
const char *latch_wake_name(enum latch_wake why);
