/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Whether a flip waits for the vblank, and the vblank for the flip. */

/** Why a frame is not flipped to at once, within the picture (DRM_MODE_PAGE_FLIP_ASYNC). */
enum latch_tearing_refusal {
	LATCH_TEARING_OK,
	/** No surface here has asked for it by tearing-control-v1. */
	LATCH_TEARING_NOT_ASKED,
	LATCH_TEARING_NO_DRIVER,
	/** The plane has none for buffers of this format and modifier. */
	LATCH_TEARING_FORMAT,
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
#define LATCH_TEARING_REFUSALS 10

/** When the display may wait for frames (--vrr; a tool for outputs can change it for each). */
enum latch_vrr_policy {
	LATCH_VRR_OFF,
	LATCH_VRR_ON,
	/** While one surface fills the screen; otherwise cursor motion would drive the refresh
	 * rate. */
	LATCH_VRR_FULLSCREEN,
};

/** "off", "on", "fullscreen"; NULL ends them. */
extern const char *const latch_vrr_policy_names[];

/** Why an output has a fixed refresh. */
enum latch_vrr_refusal {
	LATCH_VRR_OK,
	LATCH_VRR_NOT_ASKED,
	/** The monitor, the connector or the CRTC can't. */
	LATCH_VRR_NOT_CAPABLE,
	LATCH_VRR_NOT_FULLSCREEN,
	/** content-type-v1 says photo: there are no frames to wait for. */
	LATCH_VRR_PHOTO,
	LATCH_VRR_KERNEL,
};
#define LATCH_VRR_REFUSALS 6

/**
 * The first of the refusals above that holds, by its number; 0 (OK) when none does. holds: by enum
 * latch_tearing_refusal or enum latch_vrr_refusal, len of them; that of OK is not looked at.
 */
unsigned latch_first_refusal(const bool *holds, unsigned len);
