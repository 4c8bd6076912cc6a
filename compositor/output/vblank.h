#ifndef LATCH_OUTPUT_VBLANK_H
#define LATCH_OUTPUT_VBLANK_H

#include <stdbool.h>
#include <stdint.h>

/**
 * When an output's vblanks come, learned from the times of its flips: plain arithmetic, no clock.
 *
 * A mode's interval is rounded, and a display's clock is not ours, so the interval is measured: a
 * loop of second order follows phase and interval, as a phase-locked loop does. A flip that is far
 * from where it should be begins anew there (another mode, a timer of the kernel that was stopped
 * and started again, a session that was away).
 */

/** A measured interval is never further from the mode's than this part of it. */
#define LATCH_VBLANK_DRIFT_DEN 100
/** A flip further from its vblank than this part of an interval is of another beat. */
#define LATCH_VBLANK_JUMP_DEN 4
/** So much of a flip's distance is taken for the phase, ... */
#define LATCH_VBLANK_PHASE_DEN 4
/** ... and this for the interval. */
#define LATCH_VBLANK_PERIOD_DEN 32
/** Flips that are further apart say nothing about the interval that a jump could not. */
#define LATCH_VBLANK_APART_MAX 32
/** A flip so soon after its submit, off the beat, did not wait for a vblank ... */
#define LATCH_VBLANK_SOON_DEN 16
/** ... and on the beat is one that is no further from it than this. */
#define LATCH_VBLANK_JITTER_NS INT64_C(300000)
/** After this many flips in a row that did not fit, there is no vblank to wait for; and back. */
#define LATCH_VBLANK_EVIDENCE 6

enum latch_vblank_kind {
	/** No flip yet, or no interval: nobody knows. */
	LATCH_VBLANK_UNKNOWN,
	/** An even beat. */
	LATCH_VBLANK_FIXED,
	/** Variable refresh: a flip comes when it is submitted, the mode's interval after the last
	 * one at the earliest. */
	LATCH_VBLANK_VARIABLE,
	/** The driver has no vblank and reports each commit as done at once (virtio_gpu of older
	 * kernels, drm_atomic_helper_fake_vblank()): paced by the mode's interval. */
	LATCH_VBLANK_NONE,
};

struct latch_vblank {
	/** The mode's interval; 0 where it is not known. */
	int64_t mode_ns;
	/** As measured. */
	int64_t period_ns;
	/** The vblank of the last flip, jitter taken out; 0 before the first. */
	int64_t phase_ns;
	int64_t last_flip_ns;
	bool variable;
	/** Flips in a row that waited for no vblank, or, where there is none, that did. */
	unsigned evidence;
	bool none;
};

/** A mode was set. refresh_ns: its interval, the shortest one under variable refresh; 0 or less:
 * not known. */
void latch_vblank_init(struct latch_vblank *vblank, int64_t refresh_ns);

/** Variable refresh is on, or off: the beat begins anew with the next flip. */
void latch_vblank_set_variable(struct latch_vblank *vblank, bool variable);

/** A flip. submit_end_ns: when the atomic ioctl of that frame had returned; 0: not known. */
void latch_vblank_flipped(struct latch_vblank *vblank, int64_t submit_end_ns, int64_t flip_ns);

enum latch_vblank_kind latch_vblank_kind(const struct latch_vblank *vblank);

/** A stable name: "unknown", "fixed", "variable", "none". */
const char *latch_vblank_kind_name(enum latch_vblank_kind kind);

/**
 * The first vblank after time_ns, or, without an even beat, the first time at or after it that a
 * flip is welcome. 0 if unknown.
 */
int64_t latch_vblank_next(const struct latch_vblank *vblank, int64_t time_ns);

#endif
