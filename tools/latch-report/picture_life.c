/* SPDX-License-Identifier: MIT */
#include "picture.h"
#include "write.h"

#include "base/markup.h"
#include "base/minmax.h"
#include "life.h"
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>

/* In the picture's own units, which are pixels where it is not scaled. */
#define WIDTH 960
#define LEFT 64
#define RIGHT 40
#define BAR 16
#define BAR_GAP 4
#define HEADING 26
#define LEGEND_LINE 20
#define AXIS 34

/* The maximum would make all else small. */
#define BARS (PERCENTILES - 1)

static int64_t stacked(const struct life *life, double percentile) {
	int64_t sum = 0;
	for (size_t i = 0; i < LIFE_STAGES; i++) {
		sum += latch_durations_percentile(&life->stages[i], percentile);
	}
	return sum;
}

static int64_t longest(const struct life *lives, size_t length) {
	int64_t max = 0;
	for (size_t i = 0; i < length; i++) {
		for (size_t j = 0; j < BARS; j++) {
			const double value = told_percentiles[j].value;
			max = latch_max(max, stacked(&lives[i], value));
			max = latch_max(max, latch_durations_percentile(&lives[i].total, value));
		}
	}
	return latch_max(max, 1);
}

static double x_of(double ns, int64_t max_ns) {
	return LEFT + ns / (double)max_ns * (WIDTH - LEFT - RIGHT);
}

static void draw_legend(FILE *file) {
	for (unsigned i = 0; i < LIFE_STAGES; i++) {
		const int x = LEFT + (int)(i % 3) * 300, y = 6 + (int)(i / 3) * LEGEND_LINE;
		fprintf(file,
			"<rect class=\"s%u\" x=\"%d\" y=\"%d\" width=\"14\" height=\"12\"/>"
			"<text x=\"%d\" y=\"%d\"><tspan class=\"strong\">%s</tspan> %s</text>\n",
			i, x, y, x + 20, y + 11, life_stages[i].name, life_stages[i].text);
	}
	const int y = 6 + 2 * LEGEND_LINE;
	fprintf(file,
		"<path class=\"total\" d=\"M%d %dv14\"/><text x=\"%d\" y=\"%d\">the same "
		"percentile of commit→flip as a whole: stages are seldom all slow at once</text>\n",
		LEFT + 7, y - 1, LEFT + 20, y + 11);
}

static void draw_bar(
	FILE *file, const struct life *life, double percentile, int64_t max_ns, int y) {
	fprintf(file, "<text class=\"axis end\" x=\"%d\" y=\"%d\">p%g</text>", LEFT - 8, y + 12,
		percentile);
	int64_t at = 0;
	for (unsigned i = 0; i < LIFE_STAGES; i++) {
		const int64_t length = latch_durations_percentile(&life->stages[i], percentile);
		fprintf(file,
			"<rect class=\"s%u\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\">"
			"<title>%s, p%g: %.3f ms</title></rect>",
			i, x_of((double)at, max_ns), y, x_of((double)length, max_ns) - LEFT, BAR,
			life_stages[i].name, percentile, (double)length / 1e6);
		at += length;
	}
	const int64_t total = latch_durations_percentile(&life->total, percentile);
	fprintf(file,
		"<path class=\"total\" d=\"M%.2f %dv%d\"><title>commit→flip, p%g: %.3f "
		"ms</title></path>\n",
		x_of((double)total, max_ns), y - 2, BAR + 4, percentile, (double)total / 1e6);
}

static void draw_life(
	FILE *file, const struct run *run, const struct life *life, int64_t max_ns, int y) {
	const struct run_surface *surface = run_find_surface(run, life->surface_id);
	markup_print(file,
		"<text class=\"strong\" x=\"%d\" y=\"%d\">%s (%" PRIu32
		")<tspan class=\"axis\"> %" PRId64 " frames</tspan></text>\n",
		LEFT, y + 18, markup_or(surface != NULL ? surface->label : "", "surface"),
		life->surface_id, latch_durations_count(&life->total));
	for (int i = 0; i < BARS; i++) {
		draw_bar(file, life, told_percentiles[i].value, max_ns,
			y + HEADING + i * (BAR + BAR_GAP));
	}
}

/* alone: not in a page, which has the style. */
static void draw(
	FILE *file, const struct run *run, const struct life *lives, size_t length, bool alone) {
	const int top = 3 * LEGEND_LINE + 8;
	const int each = HEADING + BARS * (BAR + BAR_GAP);
	const int bottom = top + (int)length * each + 4, height = bottom + AXIS;
	markup_open_picture(file,
		alone ? "xmlns=\"http://www.w3.org/2000/svg\" width=\"960\" " : "", WIDTH, height,
		"A frame's life: percentiles of each stage");
	if (alone) {
		fprintf(file,
			"<style>%s</style><rect class=\"back\" width=\"%d\" height=\"%d\"/>\n",
			picture_style, WIDTH, height);
	}
	draw_legend(file);
	if (length == 0) {
		fprintf(file, "<text x=\"%d\" y=\"%d\">No surface was shown.</text>\n", LEFT,
			top + 20);
	} else {
		const int64_t max_ns = longest(lives, length);
		const struct markup_axis axis = {
			.max = (double)max_ns / 1e6,
			.unit = " ms",
			.steps = 10,
			.left = LEFT,
			.width = WIDTH - LEFT - RIGHT,
			.top = top + 6,
			.bottom = bottom,
		};
		markup_draw_axis(file, &axis);
		for (size_t i = 0; i < length; i++) {
			draw_life(file, run, &lives[i], max_ns, top + (int)i * each);
		}
	}
	fputs("</svg>\n", file);
}

static bool count_and_draw(FILE *file, const struct run *run, bool alone) {
	struct life *lives = calloc(run->surfaces_length + 1, sizeof(lives[0]));
	size_t length = 0;
	bool ok = lives != NULL;
	for (size_t i = 0; i < run->surfaces_length && ok; i++) {
		ok = life_count(&lives[length], run, run->surfaces[i].id);
		if (ok && latch_durations_count(&lives[length].total) > 0) {
			length++;
		} else {
			life_finish(&lives[length]);
		}
	}
	if (ok) {
		draw(file, run, lives, length, alone);
	}
	for (size_t i = 0; i < length; i++) {
		life_finish(&lives[i]);
	}
	free(lives);
	return ok;
}

bool picture_life(FILE *file, const struct run *run) {
	return count_and_draw(file, run, false);
}

bool svg_write(FILE *file, const struct report *report) {
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", file);
	return count_and_draw(file, &report->runs[0], true);
}
