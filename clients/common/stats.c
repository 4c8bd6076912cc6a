/* SPDX-License-Identifier: MIT */
#include "stats.h"

#include <hdr/hdr_histogram.h>

#include "base/minmax.h"
#include "presentation-time-client-protocol.h"

/* From a microsecond to a minute, to three figures. */
#define LATENCY_MIN_NS 1000
#define LATENCY_MAX_NS INT64_C(60000000000)

bool stats_init(struct stats *stats, bool comparable) {
	*stats = (struct stats){0};
	return !comparable ||
	       hdr_init(LATENCY_MIN_NS, LATENCY_MAX_NS, 3, &stats->commit_to_flip) == 0;
}

void stats_finish(struct stats *stats) {
	if (stats->commit_to_flip) {
		hdr_close(stats->commit_to_flip);
	}
	*stats = (struct stats){0};
}

/* The counter of the display is exact where there is one; else the time since the last flip
 * says it, to half a refresh. */
static uint64_t refreshes_since_last(const struct stats *stats, const struct stats_frame *frame) {
	if (frame->sequence && stats->last_sequence && frame->sequence > stats->last_sequence) {
		return frame->sequence - stats->last_sequence;
	}
	int64_t passed_ns = frame->flip_ns - stats->last_flip_ns;
	if (frame->refresh_ns <= 0 || passed_ns <= 0) {
		return 1;
	}
	return (uint64_t)((passed_ns + frame->refresh_ns / 2) / frame->refresh_ns);
}

void stats_stop(struct stats *stats, int64_t now_ns) {
	if (stats->presented > 0) {
		stats->longest_ns = latch_max(stats->longest_ns, now_ns - stats->last_flip_ns);
	}
}

void stats_presented(struct stats *stats, const struct stats_frame *frame) {
	if (stats->presented > 0 && frame->output == stats->last_output) {
		uint64_t refreshes = refreshes_since_last(stats, frame);
		if (refreshes > 1) {
			stats->missed += refreshes - 1;
		}
		stats_stop(stats, frame->flip_ns);
	}
	stats->presented++;
	stats->zero_copy += (frame->flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY) != 0;
	stats->vsync += (frame->flags & WP_PRESENTATION_FEEDBACK_KIND_VSYNC) != 0;
	stats->hw_clock += (frame->flags & WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK) != 0;
	stats->hw_completion += (frame->flags & WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION) != 0;
	stats->refresh_ns = frame->refresh_ns;
	stats->last_output = frame->output;
	stats->last_sequence = frame->sequence;
	stats->last_flip_ns = frame->flip_ns;

	if (stats->commit_to_flip) {
		int64_t latency_ns = frame->flip_ns - frame->commit_ns;
		hdr_record_value(stats->commit_to_flip,
			latch_clamp(latency_ns, LATENCY_MIN_NS, LATENCY_MAX_NS));
	}
}

int64_t stats_percentile_ns(const struct stats *stats, double percentile) {
	if (!stats->commit_to_flip || stats->presented == 0) {
		return 0;
	}
	return hdr_value_at_percentile(stats->commit_to_flip, percentile);
}

double stats_percent(uint64_t part, uint64_t all) {
	return all > 0 ? 100.0 * (double)part / (double)all : 0.0;
}
