#ifndef LATCH_OUTPUT_DEADLINE_H
#define LATCH_OUTPUT_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * When to latch: as late as the work before the flip allows, so that what is shown is young.
 *
 * The margin is how long before the vblank latch wakes. A miss raises it at once by what was
 * missed, a frame that was in time lowers it slowly (KWin's commit thread has this rule).
 */
#define LATCH_MARGIN_MIN_NS INT64_C(1500000)
#define LATCH_MARGIN_START_NS INT64_C(4000000)
/** Without a flip for so long, where the vblanks lie is not known well enough to wait for one. */
#define LATCH_IDLE_NS INT64_C(100000000)
/** A margin is never more than this part of a refresh. */
#define LATCH_MARGIN_MAX_NUM 3
#define LATCH_MARGIN_MAX_DEN 4
/** What is kept free between the end of the atomic ioctl and the vblank, at least. */
#define LATCH_MARGIN_SPARE_NS INT64_C(1000000)
/** A kernel that flips late though the ioctl was early gets this part of a refresh more ... */
#define LATCH_SPARE_STEP_DEN 16
/** ... up to this part in all, and gives back this part of it with each frame. */
#define LATCH_SPARE_MAX_DEN 4
#define LATCH_SPARE_DECAY 100
/** A frame in time gives back this part of what it had to spare. */
#define LATCH_MARGIN_DECAY 10

struct latch_deadline {
	/** The mode's refresh interval; 0 where it is not known: latch goes at once then. */
	int64_t refresh_ns;
	/** The last flip; 0 before the first. */
	int64_t last_flip_ns;
	int64_t margin_ns;
	/** What the kernel wants between the end of the ioctl and the vblank. */
	int64_t spare_ns;
};

void latch_deadline_init(struct latch_deadline *deadline, int64_t refresh_ns);

/** The first vblank after time_ns, by the last flip and the refresh interval; 0 if unknown, as
 * after idle. */
int64_t latch_deadline_next_vblank(const struct latch_deadline *deadline, int64_t time_ns);

/**
 * When to wake up to latch: at or after now_ns.
 *
 * After idle (LATCH_IDLE_NS) this is now: nothing newer is likely to arrive that is worth a wait.
 */
int64_t latch_deadline_wake(const struct latch_deadline *deadline, int64_t now_ns);

/**
 * The same for what nobody waits for at once, the cursor: it keeps to the vblanks after idle as
 * well, as far as their time can be told. So a client's frame that comes while the cursor moves
 * goes out with it, and never has to wait for a flip that shows nothing but the cursor.
 */
int64_t latch_deadline_wake_in_step(const struct latch_deadline *deadline, int64_t now_ns);

/**
 * Learns from a flip: submit_end_ns is when the atomic ioctl had returned, wake_ns the time the
 * wake-up had been planned for (0 when the frame went at once: then nothing is learned about the
 * margin).
 */
void latch_deadline_flipped(
	struct latch_deadline *deadline, int64_t wake_ns, int64_t submit_end_ns, int64_t flip_ns);

#endif
