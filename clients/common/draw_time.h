/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/**
 * How long the jobs of one submitter take, on the simulated GPU (gpu_job.h) or by its CPU: the
 * submitter draws each length, so that two runs with the same jobs are the same.
 */
struct draw_time {
	int64_t base_ns, spread_ns;
	int64_t growth_ns;  /* for 100 jobs */
	int64_t outlier_ns; /* one job of 100 is so much longer */
	uint64_t jobs;	   /* how many lengths were drawn */
	uint64_t random;   /* state of the generator */
};

/** Of one job; more would be no frame any longer but an outage. */
#define DRAW_TIME_MAX_NS INT64_C(10000000000)

/**
 * Reads "MS[,SPREAD[,GROWTH[,OUTLIER]]]", all in milliseconds with decimals: each length is MS give
 * or take up to SPREAD, with the same likelihood for each; GROWTH, which may be negative, is what a
 * job is longer than the hundredth before it; OUTLIER is what one job of a hundred is longer.
 *
 * @param seed the same gives the same lengths
 * @return false when it is no such text, or over 10 s
 */
bool draw_time_parse(struct draw_time *time, const char *text, uint64_t seed);

/** The length of the next job in nanoseconds, from 0 to DRAW_TIME_MAX_NS. */
int64_t draw_time_next(struct draw_time *time);
