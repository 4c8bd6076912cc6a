#ifndef LATCH_OUTPUT_IMAGE_CAPTURE_H
#define LATCH_OUTPUT_IMAGE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

struct latch_core;
struct latch_output;
struct wlr_buffer;

/**
 * Clients that take pictures of an output: wlr-screencopy-unstable-v1, and
 * ext-image-copy-capture-v1 of an ext-image-capture-source-v1. The protocol objects are wlroots';
 * they expect that every frame goes through wlr_output_commit_state() with a buffer, which latch's
 * own KMS outputs never do. So a frame that is wanted is composed whole, and then handed to them.
 *
 * (output/capture.c is another thing: a picture by the writeback connector, for --capture.)
 */

/** The globals, which end with the display. Before the backend starts. Returns false without
 * memory. */
bool latch_image_capture_create_globals(struct latch_core *core);

/** A new output; those that take pictures may want it. */
void latch_image_capture_add(struct latch_output *output);

/** Lets go of the last picture that was handed over. */
void latch_output_forget_picture(struct latch_output *output);

/**
 * Whether the next frame has to be composed whole, because a client captures it. False for
 * windows, where wlroots sees each frame anyway. Ask once per latch, before the plan is made: it
 * also lets go of what is kept for pictures when nobody takes any more.
 */
bool latch_output_wants_picture(struct latch_output *output);

/**
 * Hands a composed picture of the whole output to everybody who waits for one; they copy it before
 * this returns, or have their GPU job queued. To be called once per frame that was composed because
 * of latch_output_wants_picture(), after it was submitted. buffer stays the caller's.
 */
void latch_output_give_picture(
	struct latch_output *output, struct wlr_buffer *buffer, int64_t when_ns);

#endif
