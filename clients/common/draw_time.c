/* SPDX-License-Identifier: MIT */
#include "draw_time.h"

#include <math.h>
#include <stdlib.h>

#define MAX_FIELDS 4

bool draw_time_parse(struct draw_time *time, const char *text, uint64_t seed) {
	*time = (struct draw_time){.random = seed};
	int64_t *const fields[MAX_FIELDS] = {
		&time->base_ns, &time->spread_ns, &time->growth_ns, &time->outlier_ns};
	for (int i = 0; i < MAX_FIELDS; i++) {
		char *end;
		double ms = strtod(text, &end);
		double least = i == 2 ? -DRAW_TIME_MAX_NS / 1e6 : 0.0;
		if (end == text || !(ms >= least && ms <= DRAW_TIME_MAX_NS / 1e6)) {
			return false;
		}
		*fields[i] = llround(ms * 1e6);
		if (*end == '\0') {
			return true;
		}
		if (*end != ',') {
			return false;
		}
		text = end + 1;
	}
	return false;
}

/* The finalizer of a 64 bit counter, after Steele, Lea and Flood, "Fast splittable pseudorandom
 * number generators" (2014): any seed is good, 0 too. */
static uint64_t next_random(uint64_t *state) {
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

int64_t draw_time_next(struct draw_time *time) {
	double grown = (double)time->growth_ns * (double)time->jobs / 100.0;
	double length_ns = (double)time->base_ns + grown;
	time->jobs++;
	if (time->spread_ns > 0) {
		uint64_t range = 2 * (uint64_t)time->spread_ns + 1;
		length_ns += (double)(next_random(&time->random) % range) - (double)time->spread_ns;
	}
	if (time->outlier_ns > 0 && next_random(&time->random) % 100 == 0) {
		length_ns += (double)time->outlier_ns;
	}
	return (int64_t)fmin(fmax(length_ns, 0.0), (double)DRAW_TIME_MAX_NS);
}
