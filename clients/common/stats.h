/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct hdr_histogram;

/** What a client learns about its frames from presentation feedback. */
struct stats {
	uint64_t presented, discarded;
	uint64_t missed; /* refreshes that passed without a new frame, between the first and last */
	int64_t longest_ns; /* between two frames on one output; or since the last, stats_stop() */
	uint64_t zero_copy;			 /* shown from the client's own memory */
	uint64_t vsync, hw_clock, hw_completion; /* frames that had the flag */
	int64_t refresh_ns;			 /* 0: unknown or variable */
	struct hdr_histogram *commit_to_flip; /* nanoseconds; NULL: the clocks can't be compared */

	const void *last_output;
	uint64_t last_sequence;
	int64_t last_flip_ns;
};

/** One frame that was shown. */
struct stats_frame {
	int64_t commit_ns, flip_ns;
	int64_t refresh_ns;
	uint64_t sequence;  /* 0: the compositor has none */
	const void *output; /* only compared: missed refreshes are counted within one output */
	uint32_t flags;	    /* WP_PRESENTATION_FEEDBACK_KIND_* */
};

/** @param comparable whether commit and flip are times of one clock */
bool stats_init(struct stats *stats, bool comparable);
void stats_finish(struct stats *stats);

void stats_presented(struct stats *stats, const struct stats_frame *frame);

/** Says that a frame was still on the way when everything ended: it counts as a gap too. */
void stats_stop(struct stats *stats, int64_t now_ns);

/** commit->flip in nanoseconds at a percentile (0 to 100); 100 is the maximum. */
int64_t stats_percentile_ns(const struct stats *stats, double percentile);

/** In percent; 0 of nothing. */
double stats_percent(uint64_t part, uint64_t all);
