/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include "base/markup.h"
#include "base/minmax.h"
#include "run.h"
#include "trace/statistics.h"

#include <inttypes.h>

#define WIDTH 320
#define HEIGHT 150
#define LEFT 8
#define RIGHT 8
#define TOP 44
#define BOTTOM 24
#define BINS 76

struct histogram {
	uint64_t bins[BINS + 1]; /* the last one is for what is longer */
	uint64_t highest;
	int64_t max_ns;
};

static double x_of(const struct histogram *histogram, int64_t ns) {
	const double part = (double)ns / (double)histogram->max_ns;
	return LEFT + (part > 1 ? 1 : part) * (WIDTH - LEFT - RIGHT);
}

static void count(struct histogram *histogram, const struct run *run, uint32_t surface_id,
	enum latch_stage stage) {
	for (size_t i = 0; i < run->frames_length; i++) {
		const struct latch_frame_record *record = &run->frames[i].record;
		int64_t length;
		bool negative;
		if (record->surface_id != surface_id || !record->presented ||
			!latch_stage_length(record, stage, &length, &negative)) {
			continue;
		}
		const double bin = (double)length / (double)histogram->max_ns * BINS;
		uint64_t *count = &histogram->bins[bin < BINS ? (size_t)bin : BINS];
		(*count)++;
		histogram->highest = *count > histogram->highest ? *count : histogram->highest;
	}
}

static void draw_bins(FILE *file, const struct histogram *histogram) {
	const double width = (double)(WIDTH - LEFT - RIGHT) / BINS;
	const double height = HEIGHT - TOP - BOTTOM;
	for (size_t i = 0; i < BINS; i++) {
		if (histogram->bins[i] == 0) {
			continue;
		}
		/* One frame among ten thousand is still to be seen. */
		const double share = (double)histogram->bins[i] / (double)histogram->highest;
		const double bar = share * height < 1.5 ? 1.5 : share * height;
		fprintf(file,
			"<rect class=\"bin\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\">"
			"<title>%.3f to %.3f ms: %" PRIu64 " frames</title></rect>",
			LEFT + (double)i * width, TOP + height - bar, width - 0.6, bar,
			(double)i * (double)histogram->max_ns / BINS / 1e6,
			(double)(i + 1) * (double)histogram->max_ns / BINS / 1e6,
			histogram->bins[i]);
	}
	fputc('\n', file);
}

static void draw_marks(
	FILE *file, const struct histogram *histogram, const struct latch_durations *durations) {
	/* The maximum is told at the end of the axis. */
	for (size_t i = 0; i < PERCENTILES - 1; i++) {
		const int64_t ns = latch_durations_percentile(durations, told_percentiles[i].value);
		const double x = x_of(histogram, ns);
		fprintf(file, "<path class=\"mark m%zu\" d=\"M%.1f %dV%d\"/>", i, x, TOP - 6,
			HEIGHT - BOTTOM);
		/* In a row of their own, where they never stand on each other. */
		fprintf(file,
			"<text class=\"axis\" x=\"%zu\" y=\"%d\"><tspan "
			"class=\"strong\">%s</tspan> ",
			LEFT + i * 104, 32, told_percentiles[i].name);
		markup_ms(file, ns);
		fputs("</text>\n", file);
	}
}

void picture_histogram(
	FILE *file, const struct run *run, const struct latch_surface_row *row, unsigned stage) {
	const struct latch_durations *durations = &row->stages[stage];
	/* What takes no time at all needs an axis as well. */
	struct histogram histogram = {
		.max_ns = latch_max(latch_durations_percentile(durations, 99.5), 100000)};
	count(&histogram, run, row->id, (enum latch_stage)stage);
	const char *name = latch_stages[stage].name;
	markup_open_picture(file, "", WIDTH, HEIGHT, name);
	markup_print(file,
		"<text class=\"strong\" x=\"%d\" y=\"14\">%s<tspan class=\"axis\"> in ms</tspan>"
		"</text>\n",
		LEFT, name);
	draw_bins(file, &histogram);
	draw_marks(file, &histogram, durations);
	const struct markup_axis axis = {
		.max = (double)histogram.max_ns / 1e6,
		.unit = "",
		.steps = 4,
		.left = LEFT,
		.width = WIDTH - LEFT - RIGHT,
		.top = HEIGHT - BOTTOM,
		.bottom = HEIGHT - BOTTOM + 4,
	};
	markup_draw_axis(file, &axis);
	if (histogram.bins[BINS] > 0) {
		fprintf(file, "<text class=\"axis end\" x=\"%d\" y=\"14\">%" PRIu64 " longer, to ",
			WIDTH - RIGHT, histogram.bins[BINS]);
		markup_ms(file, latch_durations_percentile(durations, 100));
		fputs("</text>", file);
	}
	fputs("</svg>\n", file);
}
