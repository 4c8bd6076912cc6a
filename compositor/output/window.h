#ifndef LATCH_OUTPUT_WINDOW_H
#define LATCH_OUTPUT_WINDOW_H

#include <stdbool.h>

struct latch_frame;
struct latch_output;
struct wlr_output_state;

/** Enables the wlr_output of a window with its first, black, picture. */
bool latch_window_enable(struct latch_output *output, struct wlr_output_state *state);

/** Listens to what the other compositor says of its frames. */
void latch_window_init(struct latch_output *output);

/** Whether the other compositor has not asked for the next frame yet. False for KMS outputs. */
bool latch_window_is_busy(const struct latch_output *output);

/** Shows the frame's composed picture in the window. Returns 0 or negative errno. */
int latch_window_submit(struct latch_output *output, struct latch_frame *frame);

#endif
