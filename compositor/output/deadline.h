#ifndef LATCH_OUTPUT_DEADLINE_H
#define LATCH_OUTPUT_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "output/margin.h"
#include "output/vblank.h"

/**
 * When to latch: as late as the work before the flip allows, so that what is shown is young, and
 * at once where nothing newer is to be expected.
 *
 * The deadline of a vblank is a margin before it. A wait until then has a price (the wake-up may
 * come late) and a gain (what comes meanwhile goes out in the same frame). So it is only waited for
 * where there is something to gain.
 */

/** After this long without a flip the phase of the vblanks is not known well enough to wait for one. */
#define LATCH_IDLE_NS INT64_C(100000000)

struct latch_deadline {
	struct latch_vblank vblank;
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
	/** It was so for long (latch_activity_is_quiet()), and it does not commit again before its frame
	 * callback. */
	bool waits;
	/** Nobody waits for it: the cursor. It keeps to the vblanks after idle as well, as far as
	 * their time can be told: so a client's frame that comes while the cursor moves goes out with
	 * it, and never has to wait for a flip that shows nothing but the cursor. */
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
 * A mode was set; what was learned is forgotten. refresh_ns: its interval, 0 or less: not known.
 * blank_ns: see latch_margin_init().
 */
void latch_deadline_init(struct latch_deadline *deadline, int64_t refresh_ns, int64_t blank_ns);

/** The answer to: something has changed, when to latch? */
struct latch_deadline_plan latch_deadline_decide(
	const struct latch_deadline *deadline, const struct latch_deadline_ask *ask);

/** The first vblank after time_ns; 0 if unknown, as after idle. */
int64_t latch_deadline_next_vblank(const struct latch_deadline *deadline, int64_t time_ns);

/** The deadline of the first vblank that has one after time_ns; 0 if unknown. What is ready by then
 * is shown at that vblank. */
int64_t latch_deadline_next(const struct latch_deadline *deadline, int64_t time_ns, bool composed);

/** Learns from a flip. */
void latch_deadline_flipped(
	struct latch_deadline *deadline, const struct latch_deadline_frame *frame);

/** A stable name: "deadline", "unknown", "idle", "alone", "close", "behind", "free". */
const char *latch_wake_name(enum latch_wake why);

#endif
