/* SPDX-License-Identifier: MIT */
#include "write.h"

#include "base/markup.h"
#include "compare.h"
#include "life.h"
#include "picture.h"
#include "run.h"
#include "trace/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The file's name is enough of its path. */
static const char *short_name(const struct run *run) {
	const char *slash = strrchr(run->path, '/');
	return slash != NULL && slash[1] != '\0' ? slash + 1 : run->path;
}

static void write_name(FILE *file, const char *label, uint32_t id) {
	markup_print(file, "%s (%" PRIu32 ")", markup_or(label, "surface"), id);
}

static void write_head(FILE *file, const struct report *report) {
	/* Should a text ever get out of its quotes, it could not load or send anything: the head's
	 * policy forbids it. */
	fputs(page_head, file);
	for (size_t i = 0; i < report->length; i++) {
		markup_print(file, "%s%s", i > 0 ? ", " : "", short_name(&report->runs[i]));
	}
	fprintf(file, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n", picture_style,
		page_style);
	fputs("<h1>Frame latency under latch</h1>\n<p class=\"faint\">Made by "
	      "latch-report " LATCH_VERSION
	      ". Times are milliseconds. What each word means is in docs/latency.md.</p>\n",
		file);
}

/* How far the times of flips can be trusted, by the kind of the clock. */
static const char *clock_trust(const char *clock) {
	static const struct {
		const char *clock, *words;
	} kinds[] = {
		{"hardware", ": they are what the display did"},
		{"simulated",
			", not from a display: times up to the submit are real, those of the flip "
			"say how latch keeps to a beat, not what a monitor shows"},
		{"relayed", ": another compositor told them, and its own waits are in them"},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].clock, clock) == 0) {
			return kinds[i].words;
		}
	}
	return "";
}

static void write_output(FILE *file, const struct latch_output_row *row) {
	markup_print(file,
		"<p><strong>%s</strong>: %s, %s; renderer %s; %" PRIu64 " flips, %" PRIu64
		" late; all on planes %" PRIu64 ", mixed %" PRIu64 ", all composed %" PRIu64
		". Flip times are from a %s clock%s.</p>\n",
		row->name, markup_or(row->device, "?"), markup_or(row->mode, "mode unknown"),
		markup_or(row->renderer, "unknown"), row->flips, row->late, row->all_planes,
		row->mixed, row->all_composed, markup_or(row->clock, "unknown"),
		clock_trust(row->clock));
}

static void write_overview(FILE *file, const struct run *run) {
	markup_print(file,
		"<p class=\"faint\">latch %s, %.1f s, %zu updates of %zu surfaces, %zu flips."
		"</p>\n",
		run->version, (double)(run->end_ns - run->begin_ns) / 1e9, run->frames_length,
		run->surfaces_length, run->flips_length);
	if (run->cut) {
		fputs("<p class=\"warning\">The end of this trace is missing: latch was killed, or "
		      "still ran. All whole records are in here.</p>\n",
			file);
	}
	for (size_t i = 0; i < run->statistics->outputs_length; i++) {
		write_output(file, &run->statistics->outputs[i]);
	}
}

static void write_causes(FILE *file, const struct latch_statistics *statistics,
	const struct latch_surface_counts *counts) {
	const char *separator = "", *cause;
	for (size_t i = 0; (cause = compare_cause_name(statistics, i)) != NULL; i++) {
		const uint64_t missed = compare_cause_count(counts, i);
		if (missed > 0) {
			fputs(separator, file);
			markup_print(file, "%" PRIu64 " %s", missed,
				i < LATCH_MISSED_CAUSES
					? latch_missed_cause_text((enum latch_missed_cause)i)
					: cause);
			separator = "<br>";
		}
	}
}

static void write_stage(FILE *file, const struct latch_surface_row *row, size_t stage) {
	markup_print(file, "<td class=\"left\">%s</td>", latch_stages[stage].name);
	for (size_t i = 0; i < PERCENTILES; i++) {
		fputs("<td>", file);
		if (latch_durations_count(&row->stages[stage]) > 0) {
			markup_ms(file,
				latch_durations_percentile(
					&row->stages[stage], told_percentiles[i].value));
		} else {
			fputs("-", file);
		}
		fputs("</td>", file);
	}
	fputs("</tr>\n", file);
}

static void write_who(FILE *file, const struct latch_surface_row *row) {
	const struct latch_surface_counts *counts = &row->counts;
	write_name(file, row->label, row->id);
	fprintf(file, "</strong><br><span class=\"faint\">pid %" PRId32 "%s", row->pid,
		row->gone ? ", gone" : "");
	if (counts->superseded + counts->dropped > 0) {
		fprintf(file, "; not shown: %" PRIu64 " superseded, %" PRIu64 " dropped",
			counts->superseded, counts->dropped);
	}
	fputs("</span>", file);
}

static void write_reasons(FILE *file, const struct latch_surface_counts *counts) {
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		const uint64_t bit = UINT64_C(1) << i;
		const char *help = latch_reason_help(bit);
		if (counts->by_reason[i] > 0) {
			markup_print(file,
				"<tr><td class=\"left\" colspan=\"10\">composed %" PRIu64
				", %s: %s%s%s</td></tr>\n",
				counts->by_reason[i], latch_reason_name(bit), latch_reason_text(bit),
				help != NULL ? "; help: " : "", help != NULL ? help : "");
		}
	}
}

/* name: of a row for several surfaces, else NULL. */
static void write_row(
	FILE *file, const struct run *run, const struct latch_surface_row *row, const char *name) {
	const struct latch_surface_counts *counts = &row->counts;
	const unsigned stages = latch_stages_told(row);
	fprintf(file, "<tr class=\"first\"><td class=\"name\" rowspan=\"%u\"><strong>", stages);
	if (name != NULL) {
		markup_print(file, "%s</strong>", name);
	} else {
		write_who(file, row);
	}
	fprintf(file,
		"</td><td rowspan=\"%u\">%" PRIu64 "</td><td rowspan=\"%u\">%" PRIu64
		"</td><td class=\"left\" rowspan=\"%u\">",
		stages, counts->frames, stages, counts->missed, stages);
	write_causes(file, run->statistics, counts);
	char on_plane[COMPARE_TEXT_MAX];
	compare_number(on_plane, compare_percent(row), "%", "");
	fprintf(file, "</td><td rowspan=\"%u\">%s</td>", stages, on_plane);
	for (size_t i = 0; i < stages; i++) {
		fputs(i > 0 ? "<tr>" : "", file);
		write_stage(file, row, i);
	}
	write_reasons(file, counts);
}

static void write_table(FILE *file, const struct run *run) {
	const struct latch_statistics *statistics = run->statistics;
	fputs("<h3>The table</h3>\n<div class=\"wide\"><table>\n<tr><th>surface</th><th>frames</th>"
	      "<th>missed</th><th class=\"left\">through</th><th>on plane</th>"
	      "<th class=\"left\">stage</th><th>p50</th><th>p95</th><th>p99</th><th>max</th>"
	      "</tr>\n",
		file);
	for (size_t i = 0; i < statistics->surfaces_length; i++) {
		write_row(file, run, statistics->surfaces[i], NULL);
	}
	if (statistics->others_length > 0 || statistics->others.counts.frames > 0) {
		write_row(file, run, &statistics->others, "surfaces that are long gone");
	}
	fputs("</table></div>\n", file);
}

static void write_histograms(FILE *file, const struct run *run) {
	fputs("<h3>How long each stage took</h3>\n<p class=\"faint\">How many frames took how "
	      "long. Lines: p50, p95 (dashed), p99 (dotted). The axis ends at p99.5.</p>\n",
		file);
	for (size_t i = 0; i < run->statistics->surfaces_length; i++) {
		const struct latch_surface_row *row = run->statistics->surfaces[i];
		if (row->counts.frames == 0) {
			continue;
		}
		fputs("<details open><summary>", file);
		write_name(file, row->label, row->id);
		fputs("</summary><div class=\"grid4\">\n", file);
		for (unsigned j = 0; j < latch_stages_told(row); j++) {
			picture_histogram(file, run, row, j);
		}
		fputs("</div></details>\n", file);
	}
}

static void write_surface_legend(FILE *file, const struct run *run, uint32_t output_id) {
	fputs("<p class=\"legend\">", file);
	for (size_t i = 0; i < run->surfaces_length; i++) {
		bool there = false;
		for (size_t j = 0; j < run->frames_length && !there; j++) {
			const struct latch_frame_record *record = &run->frames[j].record;
			there = record->surface_id == run->surfaces[i].id && record->presented &&
				record->output_id == output_id;
		}
		if (there) {
			fprintf(file, "<span><i class=\"c%u\"></i>",
				picture_surface_colour(run, run->surfaces[i].id));
			write_name(file, run->surfaces[i].label, run->surfaces[i].id);
			fputs("</span> ", file);
		}
	}
	fputs("</p>\n", file);
}

static bool write_planes(FILE *file, const struct run *run) {
	bool ok = true;
	for (size_t i = 0; i < run->statistics->outputs_length; i++) {
		const struct latch_output_row *output = &run->statistics->outputs[i];
		markup_print(file,
			"<h3>Planes of %s over time</h3>\n"
			"<figure class=\"wide\" style=\"margin:0\">",
			output->name);
		picture_layers(file, run, output->id);
		fputs("<p class=\"legend\"><span><i class=\"planes\"></i>layers on planes</span> "
		      "<span><i class=\"composed\"></i>composed</span></p>\n",
			file);
		ok &= picture_planes(file, run, output->id);
		write_surface_legend(file, run, output->id);
		fputs("<figcaption>Where an update was put when it came. One that stays and is "
		      "moved later keeps its colour where it was.</figcaption></figure>\n",
			file);
	}
	return ok;
}

static void write_timeline_place(FILE *file) {
	fputs(timeline_place, file);
	for (unsigned i = 0; i < LIFE_STAGES; i++) {
		fprintf(file, "<span><i class=\"s%u\"></i>%s</span> ", i, life_stages[i].name);
	}
	fputs("<span>▼ missed, in the colour of its cause</span> <span>▭ not shown</span></p>\n"
	      "<pre class=\"told\" aria-live=\"polite\">Point at a frame, or tap it.</pre></div>\n",
		file);
}

static bool write_run(FILE *file, const struct run *run, size_t index) {
	markup_print(file, "<section id=\"run%zu\">\n<h2>%s</h2>\n", index, short_name(run));
	write_overview(file, run);
	fputs("<h3>A frame's life</h3>\n<div class=\"wide\">\n", file);
	bool ok = picture_life(file, run);
	fputs("</div>\n", file);
	write_table(file, run);
	fputs("<h3>Missed vblanks</h3>\n<div class=\"wide\">\n", file);
	ok &= picture_missed(file, run);
	fputs("</div>\n", file);
	write_timeline_place(file);
	ok &= write_planes(file, run);
	write_histograms(file, run);
	fputs("</section>\n", file);
	return ok;
}

static void write_value(void *data, const struct compare_value *value) {
	FILE *file = data;
	char a[COMPARE_TEXT_MAX], b[COMPARE_TEXT_MAX];
	compare_number(a, value->a, value->unit, "");
	compare_number(b, value->b, value->unit, "");
	markup_print(file, "<tr><td>%s</td><td>%s</td><td>%s</td>", value->what, a, b);
	/* More is worse for all but these two. */
	const bool counts_for = strcmp(value->what, "frames") == 0 || value->unit[0] == '%';
	const double worse = counts_for ? 1 / value->ratio : value->ratio;
	if (isnan(value->ratio)) {
		fputs("<td>-</td></tr>\n", file);
	} else {
		fprintf(file, "<td%s>%.2f</td></tr>\n", worse > 1.1 ? " class=\"worse\"" : "",
			value->ratio);
	}
}

static void write_compare(FILE *file, const struct compare *compare) {
	markup_print(file,
		"<section><h2>A and B side by side</h2>\n<p>A is %s, B is %s. Surfaces are the "
		"same by label, and by their order where several have one. Where B is worse by "
		"more than a tenth, the ratio is marked.</p>\n<div class=\"pairs\">\n",
		compare->a->path, compare->b->path);
	for (size_t i = 0; i < compare->length; i++) {
		markup_print(file,
			"<div><h3>%s</h3>\n<div class=\"wide\"><table><tr><th></th><th>A</th>"
			"<th>B</th><th>B / A</th></tr>\n",
			compare_pair_name(&compare->pairs[i]));
		compare_each(compare, &compare->pairs[i], write_value, file);
		fputs("</table></div></div>\n", file);
	}
	fputs("</div></section>\n", file);
}

bool html_write(FILE *file, const struct report *report) {
	write_head(file, report);
	if (report->length > 1) {
		fputs("<nav>", file);
		for (size_t i = 0; i < report->length; i++) {
			markup_print(file, "<a href=\"#run%zu\">%s</a>", i, report->runs[i].path);
		}
		fputs("</nav>\n", file);
	}
	if (report->compare != NULL) {
		write_compare(file, report->compare);
	}
	bool ok = true;
	for (size_t i = 0; i < report->length && ok; i++) {
		ok = write_run(file, &report->runs[i], i);
	}
	ok = ok && html_write_timelines(file, report);
	fputs("</body>\n</html>\n", file);
	return ok;
}
