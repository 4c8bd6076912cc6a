#ifndef LATCH_OUTPUT_SCANOUT_H
#define LATCH_OUTPUT_SCANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kms_flip;
struct latch_frame;
struct latch_layer;
struct latch_output;
struct latch_plan;
struct latch_scanout;

/* The first two are the planner's questions (see struct latch_plan_input); data is the
 * struct latch_output. */

/** LATCH_REASON_IMPORT_FAILED when the kernel makes no framebuffer of the layer's buffer, or 0. */
uint64_t latch_scanout_import(void *data, const struct latch_layer *layer, uint32_t fourcc);

/** Asks the kernel for a whole plan, by a TEST_ONLY commit. 0 or -errno. */
int latch_scanout_test(void *data, const struct latch_layer *layers, size_t len,
	const struct latch_plan *plan);

/**
 * Fills in frame->scanout as the output's plan says. Returns 0, or -ENOMEM where there is no
 * picture to show.
 */
int latch_scanout_prepare(struct latch_output *output, struct latch_frame *frame);

/** The cursor's plane is to be as output->cursor has it now. Returns whether it differs from
 * before. */
bool latch_scanout_set_cursor(struct latch_output *output, struct latch_scanout *scanout);

/**
 * Submits one prepared frame of a KMS output by one nonblocking atomic commit: what is different
 * from the frame on screen. Planes that look as before are left out.
 *
 * Returns 0, or negative errno: -EBUSY when the last commit is not done yet, -EACCES when we are
 * not DRM master.
 */
int latch_scanout_submit(struct latch_output *output, struct latch_frame *frame);

/** The flip event of the output; data is the struct latch_output. */
void latch_scanout_handle_flip(void *data, const struct kms_flip *flip, uint64_t sequence);

#endif
