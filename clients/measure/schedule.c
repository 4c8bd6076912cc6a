/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <math.h>
#include <stdlib.h>

void measure_schedule_init(struct measure_schedule *schedule, uint32_t seed, int64_t vblank_ns) {
	/* As srand48() fills it. */
	*schedule = (struct measure_schedule){
		.state = {0x330e, (unsigned short)(seed & 0xffff), (unsigned short)(seed >> 16)},
		.planned_ns = vblank_ns,
	};
}

/* By Fisher and Yates. */
static void shuffle(struct measure_schedule *schedule) {
	for (unsigned i = 0; i < MEASURE_PHASES; i++) {
		unsigned other = (unsigned)(erand48(schedule->state) * (i + 1));
		schedule->parts[i] = schedule->parts[other];
		schedule->parts[other] = (uint8_t)i;
	}
}

static double next_phase(struct measure_schedule *schedule) {
	unsigned index = schedule->num_frames++ % MEASURE_PHASES;
	if (index == 0) {
		shuffle(schedule);
	}
	return (schedule->parts[index] + erand48(schedule->state)) / MEASURE_PHASES;
}

int64_t measure_schedule_next(
	struct measure_schedule *schedule, double period_ns, int64_t earliest_ns) {
	if (schedule->planned_ns == 0) {
		schedule->planned_ns = earliest_ns;
	}
	double phase = next_phase(schedule), step = phase - schedule->phase;
	step += step < 0 ? 3.0 : 2.0;
	schedule->phase = phase;
	schedule->planned_ns += (int64_t)(step * period_ns);
	if (schedule->planned_ns < earliest_ns) {
		double behind = (double)(earliest_ns - schedule->planned_ns);
		schedule->planned_ns += (int64_t)ceil(ceil(behind / period_ns) * period_ns);
	}
	return schedule->planned_ns;
}
