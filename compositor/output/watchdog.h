#ifndef LATCH_OUTPUT_WATCHDOG_H
#define LATCH_OUTPUT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"
#include "output/frame.h"

struct latch_output;

struct latch_lost_frame {
	struct latch_frame frame;
	struct latch_lost_frame *older;
};

/**
 * Some drivers lose the event of a flip (the kernel logs "flip_done timed out"), and without it the
 * output would stand still for ever. Then the mode is set anew with the next frame. A steady output
 * costs one wake-up a second.
 */
struct latch_watchdog {
	struct latch_timer timer;
	/** What the timer is set to; 0 when it is not. */
	int64_t look_ns;
	/** Frames whose flip was lost: they may be on the screen until the flip of a later one. */
	struct latch_lost_frame *lost;
};

/** A look at a flip that is under way. */
struct latch_watchdog_look {
	/** Now, and when the look was planned for. */
	int64_t now_ns, planned_ns;
	int64_t submit_ns;
	/** Of the mode; 0 when unknown. */
	int64_t refresh_ns;
	/** The commit set a mode: links are trained, panels are powered. */
	bool modeset;
};

/** When to look again; 0: the flip is lost. Plain function. */
int64_t latch_watchdog_next(const struct latch_watchdog_look *look);

/** Makes its timer. Returns false without an fd or memory. */
bool latch_watchdog_init(struct latch_output *output);

/** A frame was submitted. */
void latch_watchdog_submitted(struct latch_output *output);

/**
 * Nothing reads the buffers of lost frames any more. shown: the frame that is on the screen now,
 * NULL: none.
 */
void latch_watchdog_let_go(
	struct latch_output *output, const struct latch_frame *shown, int64_t time_ns);

#endif
