/* SPDX-License-Identifier: MIT */
#include "trace/statistics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/*
 * Widths in characters. Everything left of the stage is one cell for lines that say more
 * about the surface:
 *
 *   surface                  frames  missed  on plane  stage, in ms           p50     p95 ...
 *
 * 100 columns in all.
 */
#define SURFACE_WIDTH 24
#define FRAMES_WIDTH 7
#define MISSED_WIDTH 8
#define ON_PLANE_WIDTH 10
#define LEFT_WIDTH (SURFACE_WIDTH + FRAMES_WIDTH + MISSED_WIDTH + ON_PLANE_WIDTH)
#define STAGE_WIDTH 17
#define TIME_WIDTH 8
#define WIDTH 100
#define NOTES_MAX 12

static const double percentiles[] = {50.0, 95.0, 99.0, 100.0};
#define PERCENTILES (sizeof(percentiles) / sizeof(percentiles[0]))

/* Prints the text in exactly `width` columns. */
static void print_cell(FILE *file, const char *text, size_t width) {
	size_t printed = 0;
	for (const char *c = text; *c != '\0'; c++) {
		const bool starts = ((unsigned char)*c & 0xc0) != 0x80;
		if (starts && printed == width) {
			break;
		}
		printed += starts;
		fputc(*c, file);
	}
	fprintf(file, "%*s", (int)(width - printed), "");
}

static void print_time(FILE *file, int64_t ns) {
	const double ms = (double)ns / 1e6;
	fprintf(file, "%*.*f", TIME_WIDTH, ms < 1000.0 ? 3 : ms < 10000.0 ? 1 : 0, ms);
}

static void print_durations(FILE *file, const char *name, const struct latch_durations *durations) {
	fprintf(file, "  ");
	print_cell(file, name, STAGE_WIDTH);
	for (size_t i = 0; i < PERCENTILES; i++) {
		if (latch_durations_count(durations) == 0) {
			fprintf(file, "%*s", TIME_WIDTH, "-");
		} else {
			print_time(file, latch_durations_percentile(durations, percentiles[i]));
		}
	}
	fputc('\n', file);
}

/* The lines below a surface's first one. */
struct notes {
	char lines[NOTES_MAX][LEFT_WIDTH * 4];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void note(
	struct notes *notes, const char *format, ...) {
	if (notes->length == NOTES_MAX) {
		return;
	}
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(notes->lines[notes->length], sizeof(notes->lines[0]), format, arguments);
	va_end(arguments);
	notes->length++;
}

static const char *most_frequent_sync(const struct latch_surface_counts *counts) {
	size_t best = 0;
	for (size_t i = 1; i < LATCH_SYNC_KINDS; i++) {
		if (counts->by_sync[i] > counts->by_sync[best]) {
			best = i;
		}
	}
	return latch_name(&latch_sync_kind_names, (unsigned)best);
}

static void note_counts(struct notes *notes, const struct latch_statistics *statistics,
	const struct latch_surface_counts *counts) {
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (counts->missed_by_cause[i] > 0) {
			note(notes, "missed %" PRIu64 ": %s", counts->missed_by_cause[i],
				latch_missed_cause_text((enum latch_missed_cause)i));
		}
	}
	const char *other;
	for (size_t i = 0; (other = latch_statistics_other_cause(statistics, i)) != NULL; i++) {
		if (counts->missed_by_other[i] > 0) {
			note(notes, "missed %" PRIu64 ": %s", counts->missed_by_other[i], other);
		}
	}
	if (counts->composed > 0) {
		note(notes, "%" PRIu64 " composed", counts->composed);
	}
	if (counts->superseded > 0 || counts->dropped > 0) {
		note(notes, "not shown: %" PRIu64 " superseded, %" PRIu64 " dropped",
			counts->superseded, counts->dropped);
	}
	if (counts->fence_errors > 0) {
		note(notes, "%" PRIu64 " fences signalled with an error", counts->fence_errors);
	}
	if (counts->incomplete > 0) {
		note(notes, "%" PRIu64 " with a time unknown", counts->incomplete);
	}
	if (counts->out_of_order > 0) {
		note(notes, "%" PRIu64 " with times out of order, taken as 0",
			counts->out_of_order);
	}
	if (counts->clamped > 0) {
		note(notes, "%" PRIu64 " longer than a minute", counts->clamped);
	}
}

/* They take the whole width. */
static void print_reasons(FILE *file, const struct latch_surface_counts *counts) {
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if (counts->by_reason[i] == 0) {
			continue;
		}
		const uint64_t bit = UINT64_C(1) << i;
		const char *help = latch_reason_help(bit);
		char line[512];
		snprintf(line, sizeof(line), "composed %" PRIu64 ", %s: %s", counts->by_reason[i],
			latch_reason_name(bit), latch_reason_text(bit));
		latch_text_print_wrapped(file, line, 2, WIDTH);
		if (help != NULL) {
			snprintf(line, sizeof(line), "help: %s", help);
			latch_text_print_wrapped(file, line, 4, WIDTH);
		}
	}
}

static void print_surface(FILE *file, const char *name, const struct latch_surface_row *row,
	const struct notes *notes) {
	const struct latch_surface_counts *counts = &row->counts;
	print_cell(file, name, SURFACE_WIDTH);
	fprintf(file, "%*" PRIu64 "%*" PRIu64, FRAMES_WIDTH, counts->frames, MISSED_WIDTH,
		counts->missed);
	if (counts->frames > 0) {
		fprintf(file, "%*.1f %%", ON_PLANE_WIDTH - 2,
			100.0 * (double)counts->on_plane / (double)counts->frames);
	} else {
		fprintf(file, "%*s", ON_PLANE_WIDTH, "-");
	}
	print_durations(file, latch_stages[0].name, &row->stages[0]);

	const size_t told = latch_stages_told(row);
	for (size_t i = 1; i < told || i <= notes->length; i++) {
		const char *line = i <= notes->length ? notes->lines[i - 1] : "";
		if (i >= told) {
			fprintf(file, "  %s\n", line);
			continue;
		}
		fprintf(file, "  ");
		print_cell(file, line, LEFT_WIDTH - 2);
		print_durations(file, latch_stages[i].name, &row->stages[i]);
	}
	print_reasons(file, counts);
}

static void print_surface_row(const struct latch_statistics *statistics, FILE *file,
	const struct latch_surface_row *row) {
	/* A long label loses its end, never its number. */
	char number[16], name[LATCH_TEXT_MAX + sizeof(number)];
	snprintf(number, sizeof(number), " (%" PRIu32 ")", row->id);
	const char *label = row->label[0] != '\0' ? row->label : "surface";
	size_t bytes = strlen(label);
	while (bytes > 0 &&
		latch_text_length(label) - latch_text_length(label + bytes) + strlen(number) >
			SURFACE_WIDTH) {
		bytes--;
	}
	snprintf(name, sizeof(name), "%.*s%s", (int)bytes, label, number);

	struct notes notes = {0};
	const struct latch_output_row *output =
		latch_statistics_find_output(statistics, row->output_id);
	note(&notes, "pid %" PRId32 "%s%s, %s%s", row->pid, output != NULL ? " on " : "",
		output != NULL ? output->name : "", most_frequent_sync(&row->counts),
		row->gone ? ", gone" : "");
	note_counts(&notes, statistics, &row->counts);
	print_surface(file, name, row, &notes);
}

static void print_output(FILE *file, const struct latch_output_row *row) {
	fprintf(file, "output %s: %s, %s\n", row->name, row->device[0] != '\0' ? row->device : "?",
		row->mode[0] != '\0' ? row->mode : "mode unknown");
	fprintf(file, "  renderer %s, flip times from a %s clock\n",
		row->renderer[0] != '\0' ? row->renderer : "unknown",
		row->clock[0] != '\0' ? row->clock : "unknown");
	fprintf(file,
		"  %" PRIu64 " flips, %" PRIu64 " late; all on planes %" PRIu64 ", mixed %" PRIu64
		", all composed %" PRIu64 "\n",
		row->flips, row->late, row->all_planes, row->mixed, row->all_composed);
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		if (row->missed_by_cause[i] > 0) {
			fprintf(file, "  vblanks missed %" PRIu64 ": %s\n", row->missed_by_cause[i],
				latch_missed_cause_text((enum latch_missed_cause)i));
		}
	}
}

void latch_statistics_write_table(const struct latch_statistics *statistics, FILE *file) {
	for (size_t i = 0; i < statistics->outputs_length; i++) {
		print_output(file, &statistics->outputs[i]);
	}
	fputc('\n', file);
	print_cell(file, "surface", SURFACE_WIDTH);
	fprintf(file, "%*s%*s%*s  ", FRAMES_WIDTH, "frames", MISSED_WIDTH, "missed", ON_PLANE_WIDTH,
		"on plane");
	print_cell(file, "stage, in ms", STAGE_WIDTH);
	fprintf(file, "%*s%*s%*s%*s\n", TIME_WIDTH, "p50", TIME_WIDTH, "p95", TIME_WIDTH, "p99",
		TIME_WIDTH, "max");

	for (size_t i = 0; i < statistics->surfaces_length; i++) {
		print_surface_row(statistics, file, statistics->surfaces[i]);
	}
	if (statistics->others_length > 0 || statistics->others.counts.frames > 0) {
		struct notes notes = {0};
		note(&notes, "%" PRIu64 " surfaces that are long gone", statistics->others_length);
		note_counts(&notes, statistics, &statistics->others.counts);
		print_surface(file, "others", &statistics->others, &notes);
	}
	if (statistics->surfaces_length == 0) {
		fprintf(file, "(no surface was shown)\n");
	}
}
