/* SPDX-License-Identifier: MIT */
#include "trace/durations.h"

#include <errno.h>
#include <hdr/hdr_histogram.h>

#include "base/minmax.h"

/* Below a microsecond nothing here can be told apart. */
#define RESOLUTION_NS 1000
#define DIGITS 3

void latch_durations_finish(struct latch_durations *durations) {
	if (durations->histogram != NULL) {
		hdr_close(durations->histogram);
	}
	*durations = (struct latch_durations){0};
}

static int make_histogram(struct latch_durations *durations) {
	if (durations->histogram != NULL) {
		return 0;
	}
	/* About 150 KB of zero pages, of which a steady client touches two or three. */
	return hdr_init(RESOLUTION_NS, LATCH_DURATIONS_MAX_NS, DIGITS, &durations->histogram) == 0
		       ? 0
		       : -ENOMEM;
}

int latch_durations_add(struct latch_durations *durations, int64_t ns) {
	const int error = make_histogram(durations);
	if (error != 0) {
		return error;
	}
	const int64_t counted_ns = latch_min(ns, LATCH_DURATIONS_MAX_NS);
	durations->max_ns = latch_max(durations->max_ns, counted_ns);
	hdr_record_value(durations->histogram, counted_ns);
	return counted_ns < ns;
}

int latch_durations_merge(struct latch_durations *durations, const struct latch_durations *other) {
	if (other->histogram == NULL) {
		return 0;
	}
	const int error = make_histogram(durations);
	if (error != 0) {
		return error;
	}
	hdr_add(durations->histogram, other->histogram);
	durations->max_ns = latch_max(durations->max_ns, other->max_ns);
	return 0;
}

int64_t latch_durations_count(const struct latch_durations *durations) {
	return durations->histogram != NULL ? durations->histogram->total_count : 0;
}

int64_t latch_durations_percentile(const struct latch_durations *durations, double percentile) {
	if (durations->histogram == NULL) {
		return 0;
	}
	/* The histogram answers with the upper end of a bin, which may lie above all values. */
	const int64_t ns = hdr_value_at_percentile(durations->histogram, percentile);
	return ns < durations->max_ns && percentile < 100.0 ? ns : durations->max_ns;
}

int64_t latch_durations_mean(const struct latch_durations *durations) {
	return durations->histogram != NULL ? (int64_t)hdr_mean(durations->histogram) : 0;
}

/* The upper end of the bin that a duration is in: up to 128 us each has its own. */
static uint32_t bin_end_us(int64_t ns) {
	uint64_t us = ns > 0 ? ((uint64_t)ns + 999) / 1000 : 0;
	if (us >= (uint64_t)LATCH_DURATIONS_MAX_NS / 1000) {
		return (uint32_t)(LATCH_DURATIONS_MAX_NS / 1000);
	}
	unsigned shift = 0;
	while (us >> shift >= 128) {
		shift++;
	}
	return (uint32_t)(((us >> shift) + (shift > 0)) << shift) - (shift > 0);
}

size_t latch_durations_bins(const struct latch_durations *durations,
	struct latch_duration_bin bins_out[LATCH_DURATIONS_BINS]) {
	if (durations->histogram == NULL) {
		return 0;
	}
	size_t length = 0;
	struct hdr_iter iter;
	hdr_iter_recorded_init(&iter, durations->histogram);
	while (hdr_iter_next(&iter)) {
		const uint32_t end_us = bin_end_us(iter.highest_equivalent_value);
		if (length == 0 || bins_out[length - 1].up_to_us != end_us) {
			if (length == LATCH_DURATIONS_BINS) {
				break;
			}
			bins_out[length++] = (struct latch_duration_bin){.up_to_us = end_us};
		}
		bins_out[length - 1].count += (uint32_t)iter.count;
	}
	return length;
}
