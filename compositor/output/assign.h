#ifndef LATCH_OUTPUT_ASSIGN_H
#define LATCH_OUTPUT_ASSIGN_H

struct latch_output;

/**
 * Lets the planner decide where the layers of the output's collection go (see plan/plan.h), and
 * logs for each surface when that has changed. Sets output->plan and the layers' places.
 */
void latch_output_assign(struct latch_output *output);

#endif
