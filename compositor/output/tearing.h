#ifndef LATCH_OUTPUT_TEARING_H
#define LATCH_OUTPUT_TEARING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Why a frame is not flipped to at once, within the picture (DRM_MODE_PAGE_FLIP_ASYNC). */
enum latch_tearing_refusal {
	LATCH_TEARING_OK,
	/** No surface here has asked for it by tearing-control-v1. */
	LATCH_TEARING_NOT_ASKED,
	LATCH_TEARING_NO_DRIVER,
	/** There is more on the screen than one surface, or it is not on the primary plane. */
	LATCH_TEARING_NOT_ALONE,
	/** The update is to be seen for a whole refresh, its client says (fifo-v1). */
	LATCH_TEARING_FIFO,
	/** The mode is to be set, or everything is to be written again. */
	LATCH_TEARING_MODESET,
	/** A picture is taken of this frame. */
	LATCH_TEARING_CAPTURE,
	/** The cursor, or something of the plane other than its framebuffer. */
	LATCH_TEARING_MORE_CHANGES,
	/** The kernel did not take such a flip for buffers like these. */
	LATCH_TEARING_KERNEL,
};
#define LATCH_TEARING_REFUSALS 9

/** The stable name: "not-alone". "ok" for LATCH_TEARING_OK. */
const char *latch_tearing_refusal_name(enum latch_tearing_refusal refusal);

/** All that the decision depends on. */
struct latch_tearing_input {
	bool asked;
	bool driver;
	bool alone;
	bool fifo;
	bool modeset;
	bool capture;
	bool only_fb_changes;
	/** Buffers like these were refused before. */
	bool refused;
};

/** The first of the refusals above that holds. Plain function. */
enum latch_tearing_refusal latch_tearing_decide(const struct latch_tearing_input *input);

/**
 * Logs the decision for an output of this name, where it is another one than *logged, and not of
 * this frame alone.
 */
void latch_tearing_log(enum latch_tearing_refusal *logged, enum latch_tearing_refusal refusal,
	const char *name);

#endif
