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

int64_t measure_schedule_next(
	struct measure_schedule *schedule, double period_ns, int64_t earliest_ns) {
	if (schedule->planned_ns == 0) {
		schedule->planned_ns = earliest_ns;
	}
	double step = 2.0 + erand48(schedule->state);
	schedule->planned_ns += (int64_t)(step * period_ns);
	if (schedule->planned_ns < earliest_ns) {
		double behind = (double)(earliest_ns - schedule->planned_ns);
		schedule->planned_ns += (int64_t)ceil(ceil(behind / period_ns) * period_ns);
	}
	return schedule->planned_ns;
}
