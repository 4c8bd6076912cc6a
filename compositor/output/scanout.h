#ifndef LATCH_OUTPUT_SCANOUT_H
#define LATCH_OUTPUT_SCANOUT_H

#include <stdbool.h>
#include <stdint.h>

struct kms_flip;
struct latch_frame;
struct latch_layer;
struct latch_output;

/* The first two are the planner's questions (see struct latch_assign_input); data is the
 * struct latch_output. */

/** Reasons against this buffer on the primary plane: format, modifier, import. */
uint64_t latch_scanout_check_buffer(void *data, const struct latch_layer *layer);

/** Asks the kernel for the layer on the primary plane, by a TEST_ONLY commit. 0 or -errno. */
int latch_scanout_test(void *data, const struct latch_layer *layer);

/**
 * Submits one frame of a KMS output by one nonblocking atomic commit: primary is the layer for
 * the primary plane; NULL: the frame's composed picture, or black when it has none.
 *
 * Returns 0, or negative errno: -EBUSY when the last commit is not done yet, -EACCES when we are
 * not DRM master.
 */
int latch_scanout_submit(
	struct latch_output *output, const struct latch_layer *primary, struct latch_frame *frame);

/** The flip event of the output; data is the struct latch_output. */
void latch_scanout_handle_flip(void *data, const struct kms_flip *flip, uint64_t sequence);

#endif
