#ifndef MEASURE_SCHEDULE_H
#define MEASURE_SCHEDULE_H

#include <stdint.h>

/** When the next frame is to be ready: two to three refreshes after the last, at a phase of the
 * refresh that is anywhere with the same likelihood. The same seed gives the same row. */
struct measure_schedule {
	unsigned short state[3]; /* of erand48() */
	int64_t planned_ns;	 /* the last one, or the vblank to count from; 0: none yet */
};

/**
 * @param vblank_ns the time of any vblank: with the same seed and period, the frames of every run
 *                  then lie alike between the vblanks; 0: unknown
 */
void measure_schedule_init(struct measure_schedule *schedule, uint32_t seed, int64_t vblank_ns);

/**
 * Plans the next one. Where the plan has come too late for it, it moves on by whole refreshes: the
 * phase stays what it was, so that frames that take long do not draw the later ones to a phase.
 *
 * @param period_ns   of the refresh
 * @param earliest_ns it is not planned before this
 */
int64_t measure_schedule_next(
	struct measure_schedule *schedule, double period_ns, int64_t earliest_ns);

#endif
