/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <math.h>
#include <stdlib.h>

/* No display is looked for outside of 10 to 1000 Hz. */
#define PERIOD_MIN_NS 1e6
#define PERIOD_MAX_NS 100e6

/* Longer pauses than this say nothing: so many periods of a slightly wrong guess could be one more
 * or one less. */
#define MAX_PERIODS 240

/* Who strays further than this part of a period is on no grid. */
#define STEADY_PART 8

static int compare_doubles(const void *a, const void *b) {
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* How far an interval is from a whole number of periods. */
static double stray(double interval_ns, double period_ns, double *periods) {
	*periods = nearbyint(interval_ns / period_ns);
	return fabs(interval_ns - *periods * period_ns);
}

/* The middle one of the intervals, each divided by the difference of the numbers; 0 without. */
static double guess_by_sequence(const struct measure_flip *flips, size_t len, double *scratch) {
	size_t found = 0;
	for (size_t i = 1; i < len; i++) {
		if (flips[i - 1].sequence > 0 && flips[i].sequence > flips[i - 1].sequence &&
			flips[i].time_ns > flips[i - 1].time_ns) {
			uint64_t periods = flips[i].sequence - flips[i - 1].sequence;
			scratch[found++] =
				(double)(flips[i].time_ns - flips[i - 1].time_ns) / (double)periods;
		}
	}
	qsort(scratch, found, sizeof(*scratch), compare_doubles);
	return found > 0 ? scratch[found / 2] : 0;
}

/* The largest period that the intervals are multiples of. It is the smallest interval or a
 * fraction of it; a tenth of them may be off. */
static double guess_by_times(const struct measure_flip *flips, size_t len, double *scratch) {
	size_t found = 0;
	for (size_t i = 1; i < len; i++) {
		if (flips[i].time_ns - flips[i - 1].time_ns > (int64_t)PERIOD_MIN_NS) {
			scratch[found++] = (double)(flips[i].time_ns - flips[i - 1].time_ns);
		}
	}
	if (found < 2) {
		return 0;
	}
	qsort(scratch, found, sizeof(*scratch), compare_doubles);
	double smallest_ns = scratch[found / 20];
	for (int part = 1; part <= 8; part++) {
		double period_ns = smallest_ns / part, periods;
		size_t good = 0;
		for (size_t i = 0; i < found; i++) {
			good += stray(scratch[i], period_ns, &periods) < period_ns / STEADY_PART;
		}
		if (period_ns <= PERIOD_MAX_NS && good * 10 >= found * 9) {
			return period_ns;
		}
	}
	return 0;
}

static double guess(const struct measure_flip *flips, size_t len, double *scratch) {
	double period_ns = guess_by_sequence(flips, len, scratch);
	if (period_ns < PERIOD_MIN_NS || period_ns > PERIOD_MAX_NS) {
		period_ns = guess_by_times(flips, len, scratch);
	}
	return period_ns;
}

/* All the time that passed by all the periods in it, of those intervals that fit. */
static double refine(const struct measure_flip *flips, size_t len, double period_ns) {
	double time_ns = 0, count = 0;
	for (size_t i = 1; i < len; i++) {
		double interval_ns = (double)(flips[i].time_ns - flips[i - 1].time_ns), periods;
		if (stray(interval_ns, period_ns, &periods) < period_ns / STEADY_PART &&
			periods >= 1 && periods <= MAX_PERIODS) {
			time_ns += interval_ns;
			count += periods;
		}
	}
	return count > 0 ? time_ns / count : period_ns;
}

static int64_t deviation(
	const struct measure_flip *flips, size_t len, double period_ns, double *scratch) {
	size_t found = 0;
	for (size_t i = 1; i < len; i++) {
		double interval_ns = (double)(flips[i].time_ns - flips[i - 1].time_ns), periods;
		double off_ns = stray(interval_ns, period_ns, &periods);
		if (periods <= MAX_PERIODS) {
			scratch[found++] = off_ns;
		}
	}
	qsort(scratch, found, sizeof(*scratch), compare_doubles);
	return found > 0 ? (int64_t)scratch[(found * 95 - 1) / 100] : 0;
}

bool measure_grid_fit(struct measure_grid *grid, const struct measure_flip *flips, size_t len,
	int64_t nominal_ns) {
	*grid = (struct measure_grid){0};
	double *scratch = calloc(len + 1, sizeof(*scratch));
	if (!scratch) {
		return false;
	}
	double period_ns = nominal_ns > 0 ? (double)nominal_ns : guess(flips, len, scratch);
	bool known = period_ns >= PERIOD_MIN_NS && period_ns <= PERIOD_MAX_NS;
	if (known) {
		grid->period_ns = refine(flips, len, period_ns);
		grid->deviation_ns = deviation(flips, len, grid->period_ns, scratch);
	}
	free(scratch);
	return known;
}

bool measure_grid_is_steady(const struct measure_grid *grid) {
	return (double)grid->deviation_ns < grid->period_ns / STEADY_PART;
}

int64_t measure_grid_late(const struct measure_grid *grid, int64_t ready_ns, int64_t presented_ns,
	int64_t *margin_ns) {
	double passed_ns = (double)(presented_ns - ready_ns);
	double late = floor(passed_ns / grid->period_ns);
	*margin_ns = (int64_t)(passed_ns - late * grid->period_ns);
	return (int64_t)late;
}
