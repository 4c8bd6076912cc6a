/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <stdlib.h>

/* What the head start is found from. */
struct judged {
	int64_t margin_ns;
	int64_t to_flip_ns;
	bool in_time;
};

static int by_margin(const void *a, const void *b) {
	int64_t x = ((const struct judged *)a)->margin_ns;
	int64_t y = ((const struct judged *)b)->margin_ns;
	return (x < y) - (x > y); // the largest first
}

static int by_latency(const void *a, const void *b) {
	int64_t x = ((const struct judged *)a)->to_flip_ns;
	int64_t y = ((const struct judged *)b)->to_flip_ns;
	return (x > y) - (x < y);
}

/* The smallest value that at least so many percent of all do not exceed. */
static int64_t percentile(const struct judged *sorted, size_t len, size_t percent) {
	return len > 0 ? sorted[(len * percent + 99) / 100 - 1].to_flip_ns : 0;
}

/*
 * From the frame with the largest margin downwards: each longer row that is good enough gives a
 * smaller head start. It reaches down to just above the margin of the next frame, for a head start
 * in between has the same frames.
 */
static void find_head_start(struct measure_summary *summary, const struct judged *sorted,
	size_t len, double period_ns) {
	size_t in_time = 0, best = 0;
	for (size_t i = 0; i < len; i++) {
		in_time += sorted[i].in_time;
		/* Frames of one margin have it together. */
		bool last = i + 1 == len || sorted[i + 1].margin_ns < sorted[i].margin_ns;
		if (last && in_time * 1000 >= (i + 1) * MEASURE_IN_TIME_PERMILLE) {
			best = i + 1;
		}
	}
	summary->head_start_frames = best;
	if (len < MEASURE_FEW) {
		summary->head_start = MEASURE_HEAD_START_FEW;
	} else if (best < MEASURE_FEW) {
		/* With many frames in all, so few good ones are those that had luck. */
		summary->head_start =
			len >= 2 * MEASURE_FEW ? MEASURE_HEAD_START_NEVER : MEASURE_HEAD_START_FEW;
		summary->head_start_ns =
			summary->head_start == MEASURE_HEAD_START_NEVER ? (int64_t)period_ns : 0;
	} else {
		summary->head_start = MEASURE_HEAD_START_KNOWN;
		summary->head_start_ns = best < len ? sorted[best].margin_ns + 1 : 0;
	}
}

bool measure_summarize(struct measure_summary *summary, const struct measure_frame *frames,
	size_t len, const struct measure_grid *grid) {
	*summary = (struct measure_summary){0};
	struct judged *judged = calloc(len + 1, sizeof(*judged));
	if (!judged) {
		return false;
	}
	int64_t refreshes = 0;
	for (size_t i = 0; i < len; i++) {
		const struct measure_frame *frame = &frames[i];
		if (frame->presented_ns < frame->ready_ns) {
			summary->early++;
			continue;
		}
		struct judged *one = &judged[summary->frames++];
		int64_t late = measure_grid_late(
			grid, frame->ready_ns, frame->presented_ns, &one->margin_ns);
		one->to_flip_ns = frame->presented_ns - frame->ready_ns;
		one->in_time = late == 0;
		summary->in_time += one->in_time;
		refreshes += late;
	}
	size_t count = summary->frames;
	summary->excess = count > 0 ? (double)refreshes / (double)count : 0;
	qsort(judged, count, sizeof(*judged), by_latency);
	summary->p50_ns = percentile(judged, count, 50);
	summary->p99_ns = percentile(judged, count, 99);
	qsort(judged, count, sizeof(*judged), by_margin);
	find_head_start(summary, judged, count, grid->period_ns);
	free(judged);
	return true;
}
