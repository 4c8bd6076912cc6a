/* SPDX-License-Identifier: MIT */
/* A histogram of durations, for the statistics. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct hdr_histogram;

/* Longer ones count as this long. */
#define LATCH_DURATIONS_MAX_NS INT64_C(60000000000)

/* {0} is empty and owns nothing; the first duration makes the histogram. */
struct latch_durations {
	struct hdr_histogram *histogram;
	int64_t max_ns; /* exact, as the histogram keeps three digits only */
};

/** Frees what it owns and makes it empty. */
void latch_durations_finish(struct latch_durations *durations);

/**
 * Adds a duration of 0 or more ns. Allocates when it is the first.
 * Returns 0, 1 when it was too long and counted as LATCH_DURATIONS_MAX_NS, or -ENOMEM.
 */
int latch_durations_add(struct latch_durations *durations, int64_t ns);

/** Adds all of the other's durations. Returns 0 or -ENOMEM. */
int latch_durations_merge(struct latch_durations *durations, const struct latch_durations *other);

/** How many durations these are. */
int64_t latch_durations_count(const struct latch_durations *durations);

/**
 * The percentile (0 to 100) in ns: the duration that this percentage of all does not exceed, right
 * to one part in a thousand or 1 us. 100 is the exact maximum. 0 when there are none.
 */
int64_t latch_durations_percentile(const struct latch_durations *durations, double percentile);

/* Bins of a coarser histogram, for the inspector: of the 64 of each octave, the highest ones. */
#define LATCH_DURATIONS_BINS 1344

struct latch_duration_bin {
	uint32_t up_to_us; /* the longest duration in it, rounded up */
	uint32_t count;	   /* modulo 2^32 */
};

/**
 * The durations in bins that are 1 us wide or a part in 64 of what they hold, and the same for
 * every histogram: empty ones are left out. Returns how many were written.
 */
size_t latch_durations_bins(const struct latch_durations *durations,
	struct latch_duration_bin bins_out[LATCH_DURATIONS_BINS]);

/** The arithmetic mean in ns, 0 when there are none. */
int64_t latch_durations_mean(const struct latch_durations *durations);
