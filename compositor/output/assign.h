#ifndef LATCH_OUTPUT_ASSIGN_H
#define LATCH_OUTPUT_ASSIGN_H

struct latch_output;

/**
 * Lets the planner decide where the layers of the output's collection go (see plan/plan.h), and
 * logs for each surface when that has changed. Sets output->plan and the layers' places.
 */
void latch_output_assign(struct latch_output *output);

/**
 * Notes which layers of the collection no plane may have (layer->ready). A plane that gets a signalled
 * fence with the buffer looks at no other. Where that can't be, the kernel would wait for what a
 * client has begun to draw since its commit.
 */
void latch_output_look_for_fences(struct latch_output *output);

#endif
