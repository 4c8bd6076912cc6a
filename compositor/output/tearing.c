/*
 * Tearing, for clients that ask for it (tearing-control-v1): a flip that does not wait for the
 * vblank. The kernel allows only the framebuffer of a plane to change in such a commit
 * (drm_atomic_set_property(), DRM_MODE_PAGE_FLIP_ASYNC): no cursor, no fences. Whatever is
 * more than that is a flip like any other.
 */
#include "output/tearing.h"

#include <wlr/util/log.h>

static const struct {
	const char *name, *text;
} refusals[LATCH_TEARING_REFUSALS] = {
	[LATCH_TEARING_OK] = {"ok", "frames are flipped to at once"},
	[LATCH_TEARING_NOT_ASKED] = {"not-asked", "no client asks for it"},
	[LATCH_TEARING_NO_DRIVER] = {"no-driver", "the driver has no asynchronous flips"},
	[LATCH_TEARING_NOT_ALONE] = {"not-alone", "it is not alone on the primary plane"},
	[LATCH_TEARING_FIFO] = {"fifo", "the client wants each frame to be seen for a refresh"},
	[LATCH_TEARING_MODESET] = {"modeset", "the mode is set with this frame"},
	[LATCH_TEARING_CAPTURE] = {"capture", "a picture is taken of this frame"},
	[LATCH_TEARING_MORE_CHANGES] = {"more-changes", "more than the buffer changes"},
	[LATCH_TEARING_KERNEL] = {"kernel", "the kernel takes no such flip for these buffers"},
};

const char *latch_tearing_refusal_name(enum latch_tearing_refusal refusal) {
	return (unsigned)refusal < LATCH_TEARING_REFUSALS ? refusals[refusal].name : NULL;
}

enum latch_tearing_refusal latch_tearing_decide(const struct latch_tearing_input *input) {
	if (!input->asked) {
		return LATCH_TEARING_NOT_ASKED;
	}
	if (!input->driver) {
		return LATCH_TEARING_NO_DRIVER;
	}
	if (!input->alone) {
		return LATCH_TEARING_NOT_ALONE;
	}
	if (input->fifo) {
		return LATCH_TEARING_FIFO;
	}
	if (input->modeset) {
		return LATCH_TEARING_MODESET;
	}
	if (input->capture) {
		return LATCH_TEARING_CAPTURE;
	}
	if (!input->only_fb_changes) {
		return LATCH_TEARING_MORE_CHANGES;
	}
	return input->refused ? LATCH_TEARING_KERNEL : LATCH_TEARING_OK;
}

void latch_tearing_log(enum latch_tearing_refusal *logged, enum latch_tearing_refusal refusal,
	const char *name) {
	/* Reasons that concern one frame only are not logged. */
	if (refusal == *logged || refusal == LATCH_TEARING_NOT_ASKED ||
		refusal == LATCH_TEARING_MODESET || refusal == LATCH_TEARING_CAPTURE ||
		refusal == LATCH_TEARING_MORE_CHANGES || refusal == LATCH_TEARING_FIFO) {
		return;
	}
	*logged = refusal;
	wlr_log(WLR_INFO, "%s: tearing is asked for: %s: %s", name, refusals[refusal].name,
		refusals[refusal].text);
}
