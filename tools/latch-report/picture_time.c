/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include "base/markup.h"
#include "base/minmax.h"
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Pictures over time: all of them have the same axis. */
#define WIDTH 960
#define LEFT 110
#define RIGHT 12
#define AXIS 24
#define BINS 212
#define AREA 90
#define LANE 20
#define LANE_BAR 14

static double x_of(const struct run *run, int64_t ns) {
	const double span = (double)(run->end_ns - run->begin_ns);
	const double part = span > 0 ? (double)(ns - run->begin_ns) / span : 0;
	return LEFT + (part < 0 ? 0 : part > 1 ? 1 : part) * (WIDTH - LEFT - RIGHT);
}

static size_t bin_of(const struct run *run, int64_t ns) {
	const double part = (x_of(run, ns) - LEFT) / (WIDTH - LEFT - RIGHT);
	const size_t bin = (size_t)(part * BINS);
	return bin < BINS ? bin : BINS - 1;
}

static void draw_time_axis(FILE *file, const struct run *run, int top, int bottom) {
	const struct markup_axis axis = {
		.max = (double)(run->end_ns - run->begin_ns) / 1e9,
		.unit = " s",
		.steps = 12,
		.left = LEFT,
		.width = WIDTH - LEFT - RIGHT,
		.top = top,
		.bottom = bottom,
	};
	markup_draw_axis(file, &axis);
}

unsigned picture_surface_colour(const struct run *run, uint32_t surface_id) {
	const struct run_surface *surface = run_find_surface(run, surface_id);
	return surface == NULL ? MARKUP_COLOURS - 1
			       : (unsigned)(surface - run->surfaces) % MARKUP_COLOURS;
}

/* The known ones have a colour of their own, the same in every report; others share one. */
unsigned picture_cause_colour(const char *cause) {
	static const char *const known[] = {
		"fence", "client", "latch", "kernel", "compose", "ioctl", "busy"};
	const unsigned length = sizeof(known) / sizeof(known[0]);
	unsigned i = 0;
	while (i < length && strcmp(known[i], cause) != 0) {
		i++;
	}
	return i;
}

struct cause_bins {
	const char *cause;
	uint32_t bins[BINS];
};

/* Counts the vblanks that were missed through the cause. Returns whether any was. */
static bool count_missed(const struct run *run, struct cause_bins *bins) {
	bool any = false;
	for (size_t i = 0; i < run->frames_length; i++) {
		const struct run_frame *frame = &run->frames[i];
		for (size_t j = 0; j < frame->missed_length; j++) {
			if (frame->missed[j].cause == bins->cause) { /* one copy of each name */
				any = true;
				bins->bins[bin_of(run, frame->record.flip_ns)] +=
					frame->missed[j].vblanks;
			}
		}
	}
	return any;
}

static uint32_t highest_bin(const struct cause_bins *causes, size_t length) {
	uint32_t highest = 0;
	for (size_t i = 0; i < BINS; i++) {
		uint32_t sum = 0;
		for (size_t j = 0; j < length; j++) {
			sum += causes[j].bins[i];
		}
		highest = (uint32_t)latch_max(sum, highest);
	}
	return highest;
}

static void draw_missed(FILE *file, const struct run *run, const struct cause_bins *causes,
	size_t length, uint32_t highest) {
	const double width = (double)(WIDTH - LEFT - RIGHT) / BINS;
	markup_open_picture(file, "", WIDTH, AREA + AXIS + 8, "Missed vblanks over time");
	fprintf(file, "<text class=\"axis end\" x=\"%d\" y=\"16\">%" PRIu32 "</text>", LEFT - 8,
		highest);
	draw_time_axis(file, run, 4, AREA + 4);
	for (size_t i = 0; i < BINS; i++) {
		double y = AREA + 4;
		for (size_t j = 0; j < length; j++) {
			if (causes[j].bins[i] == 0) {
				continue;
			}
			const double height = (double)causes[j].bins[i] / highest * AREA;
			y -= height;
			markup_print(file,
				"<rect class=\"c%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
				"height=\"%.1f\"><title>%" PRIu32 " through %s</title></rect>",
				picture_cause_colour(causes[j].cause), LEFT + (double)i * width, y,
				width - 0.5, height, causes[j].bins[i], causes[j].cause);
		}
	}
	fputs("\n</svg>\n<p class=\"legend\">", file);
	for (size_t j = 0; j < length; j++) {
		markup_print(file, "<span><i class=\"c%u\"></i>%s</span> ",
			picture_cause_colour(causes[j].cause), causes[j].cause);
	}
	fputs("</p>\n", file);
}

bool picture_missed(FILE *file, const struct run *run) {
	struct cause_bins *causes = calloc(run->names.length + 1, sizeof(causes[0]));
	if (causes == NULL) {
		return false;
	}
	size_t length = 0;
	for (size_t i = 0; i < run->names.length; i++) {
		causes[length].cause = run->names.texts[i];
		length += count_missed(run, &causes[length]);
	}
	const uint32_t highest = highest_bin(causes, length);
	if (highest > 0) {
		draw_missed(file, run, causes, length, highest);
	}
	free(causes);
	return true;
}

struct layer_bin {
	uint64_t on_planes, composed, flips;
};

static void draw_area(FILE *file, const struct layer_bin *bins, double highest, bool both) {
	const double width = (double)(WIDTH - LEFT - RIGHT) / BINS;
	fprintf(file, "<path class=\"%s\" d=\"M%d %d", both ? "composed" : "planes", LEFT,
		AREA + 4);
	double value = 0;
	for (size_t i = 0; i < BINS; i++) {
		/* Without a flip everything stays as it is. */
		if (bins[i].flips > 0) {
			const uint64_t sum = bins[i].on_planes + (both ? bins[i].composed : 0);
			value = (double)sum / (double)bins[i].flips;
		}
		const double y = AREA + 4 - value / highest * AREA;
		fprintf(file, "V%.1fh%.2f", y, width);
	}
	fprintf(file, "V%dZ\"/>\n", AREA + 4);
}

void picture_layers(FILE *file, const struct run *run, uint32_t output_id) {
	struct layer_bin bins[BINS] = {0};
	double highest = 1;
	for (size_t i = 0; i < run->flips_length; i++) {
		const struct latch_flip_record *flip = &run->flips[i];
		if (flip->output_id != output_id) {
			continue;
		}
		struct layer_bin *bin = &bins[bin_of(run, flip->flip_ns)];
		bin->flips++;
		bin->on_planes += flip->on_planes;
		bin->composed += flip->composed;
		highest = (double)latch_max(flip->on_planes + flip->composed, (int64_t)highest);
	}
	markup_open_picture(file, "", WIDTH, AREA + AXIS + 8,
		"Layers on planes, and composed, over time");
	/* The larger area first, the other one on top of it. */
	draw_area(file, bins, highest, true);
	draw_area(file, bins, highest, false);
	fprintf(file,
		"<text class=\"axis end\" x=\"%d\" y=\"16\">%g layers</text>"
		"<text class=\"axis end\" x=\"%d\" y=\"%d\">0</text>",
		LEFT - 8, highest, LEFT - 8, AREA + 4);
	draw_time_axis(file, run, 4, AREA + 4);
	fputs("</svg>\n", file);
}

/* A surface on a plane without a break. Plane 0 is the composed picture. */
struct stay {
	uint32_t plane, surface;
	const char *plane_type;
	int64_t begin_ns, end_ns;
};

static int by_time(const void *a, const void *b) {
	const struct stay *x = a, *y = b;
	if (x->surface != y->surface) {
		return x->surface < y->surface ? -1 : 1;
	}
	return x->begin_ns < y->begin_ns ? -1 : x->begin_ns > y->begin_ns;
}

/* One for each update first, then those that follow each other become one. */
static size_t collect_stays(const struct run *run, uint32_t output_id, struct stay *stays) {
	size_t length = 0;
	for (size_t i = 0; i < run->frames_length; i++) {
		const struct latch_frame_record *record = &run->frames[i].record;
		if (record->output_id == output_id && record->presented) {
			stays[length++] = (struct stay){
				.plane = record->placement == LATCH_ON_PLANE ? record->plane_id : 0,
				.surface = record->surface_id,
				.plane_type = record->plane_type,
				.begin_ns = record->flip_ns,
				.end_ns = record->release_ns > record->flip_ns
						  ? record->release_ns
						  : record->flip_ns + record->refresh_ns,
			};
		}
	}
	qsort(stays, length, sizeof(stays[0]), by_time);
	const int64_t gap = (run->end_ns - run->begin_ns) / 1000;
	size_t merged = 0;
	for (size_t i = 0; i < length; i++) {
		struct stay *last = merged > 0 ? &stays[merged - 1] : NULL;
		if (last != NULL && last->surface == stays[i].surface &&
			last->plane == stays[i].plane && stays[i].begin_ns <= last->end_ns + gap) {
			last->end_ns = latch_max(stays[i].end_ns, last->end_ns);
			continue;
		}
		/* What it was moved from ended at this flip. */
		if (last != NULL && last->surface == stays[i].surface &&
			last->end_ns > stays[i].begin_ns) {
			last->end_ns = stays[i].begin_ns;
		}
		stays[merged++] = stays[i];
	}
	return merged;
}

static void draw_stay(FILE *file, const struct run *run, const struct stay *stay, int y) {
	const double x = x_of(run, stay->begin_ns), end = x_of(run, stay->end_ns);
	const struct run_surface *surface = run_find_surface(run, stay->surface);
	markup_print(file,
		"<rect class=\"c%u\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\"><title>"
		"%s (%" PRIu32 "), %.3f to %.3f s</title></rect>",
		picture_surface_colour(run, stay->surface), x, y, end - x < 1 ? 1 : end - x,
		LANE_BAR, surface != NULL ? surface->label : "", stay->surface,
		(double)(stay->begin_ns - run->begin_ns) / 1e9,
		(double)(stay->end_ns - run->begin_ns) / 1e9);
}

/* Composed surfaces have a lane each, as they are there at the same time. */
static bool same_lane(const struct stay *a, const struct stay *b) {
	return a->plane == b->plane && (a->plane != 0 || a->surface == b->surface);
}

static int by_lane(const void *a, const void *b) {
	const struct stay *x = a, *y = b;
	if (x->plane != y->plane) {
		/* Planes first, with a low number at the bottom, as most stack; then the picture.
		 */
		return x->plane == 0 ? 1 : y->plane == 0 ? -1 : x->plane > y->plane ? -1 : 1;
	}
	return by_time(a, b);
}

bool picture_planes(FILE *file, const struct run *run, uint32_t output_id) {
	struct stay *stays = calloc(run->frames_length + 1, sizeof(stays[0]));
	if (stays == NULL) {
		return false;
	}
	const size_t length = collect_stays(run, output_id, stays);
	qsort(stays, length, sizeof(stays[0]), by_lane);
	int lanes = 0;
	for (size_t i = 0; i < length; i++) {
		lanes += i == 0 || !same_lane(&stays[i - 1], &stays[i]);
	}
	const int bottom = 4 + lanes * LANE;
	markup_open_picture(file, "", WIDTH, bottom + AXIS,
		"Which surface was on which plane, over time");
	draw_time_axis(file, run, 4, bottom);
	int y = 4 - LANE;
	for (size_t i = 0; i < length; i++) {
		if (i == 0 || !same_lane(&stays[i - 1], &stays[i])) {
			y += LANE;
			char plane[16] = "";
			if (stays[i].plane != 0) {
				snprintf(plane, sizeof(plane), " %" PRIu32, stays[i].plane);
			}
			markup_print(file,
				"\n<text class=\"axis end\" x=\"%d\" y=\"%d\">%s%s</text>", LEFT - 8,
				y + 13, plane[0] != '\0' ? stays[i].plane_type : "composed", plane);
		}
		draw_stay(file, run, &stays[i], y + (LANE - LANE_BAR) / 2);
	}
	fputs("</svg>\n", file);
	free(stays);
	return true;
}
