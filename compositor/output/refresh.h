#ifndef LATCH_OUTPUT_REFRESH_H
#define LATCH_OUTPUT_REFRESH_H

#include <stdbool.h>

#include "kms/connector.h"
#include "output/tearing.h"

struct latch_frame;
struct latch_output;

/*
 * How the display gets a frame: at once or with a vblank, with which refresh, as which type of
 * content. The decisions are in tearing.h and vrr.h.
 */

/**
 * The surface that fills the output alone, as its layers have been planned; NULL for none. A cursor
 * in front of it does not count.
 */
struct wlr_surface *latch_output_fullscreen_surface(const struct latch_output *output);

/**
 * The content type of the frame for the monitor (the connector's "content type", which HDMI's
 * infoframes carry): what the surface that fills the screen says by content-type-v1, else nothing.
 */
enum kms_content_type latch_content_type_for_frame(const struct latch_output *output);

/** Decides for the frame that is about to be submitted; logs changes for clients that ask to
 * tear. */
enum latch_tearing_refusal latch_tearing_for_frame(
	struct latch_output *output, const struct latch_frame *now);

/** The kernel has refused the frame that was decided for last. */
void latch_tearing_refused(struct latch_output *output, int error);

/** Decides for the frame that is about to be submitted; logs a change where it is wanted. */
bool latch_vrr_for_frame(struct latch_output *output, bool fullscreen, bool photo);

/** A frame was submitted with it on or off: tells the tools. */
void latch_vrr_submitted(struct latch_output *output, bool on);

#endif
