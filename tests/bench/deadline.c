/* SPDX-License-Identifier: MIT */
/*
 * bench-deadline HOURS SEED: so many simulated hours of random load, which the seed decides, and
 * what became of the margins (timing/timing.h), as JSON in one line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "deadline_world.h"

#define NS_PER_HOUR (INT64_C(3600) * 1000000000)

int main(int argc, char **argv) {
	const long hours = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	if (hours < 1) {
		fprintf(stderr, "usage: bench-deadline HOURS SEED\n");
		return 2;
	}
	struct world world;
	world_init(&world, strtoull(argv[2], NULL, 10));
	world_run_random(&world, hours * NS_PER_HOUR);
	const struct world_result *result = &world.result;
	printf("{\"frames\": %" PRIu64 ", \"steady_frames\": %" PRIu64 ", \"missed\": %" PRIu64
	       ", \"steady_missed\": %" PRIu64 ", \"steady_stalled\": %" PRIu64
	       ", \"broken\": %" PRIu64 ", \"margin_sum_ns\": %.0f, \"needed_sum_ns\": %.0f"
	       ", \"simulated_ns\": %" PRId64 "}\n",
		result->frames, result->steady_frames, result->missed, result->steady_missed,
		result->steady_stalled, result->broken, result->margin_sum_ns,
		result->needed_sum_ns, result->simulated_ns);
	return 0;
}
