/* SPDX-License-Identifier: MIT */
#include "write.h"

#include "base/markup.h"
#include "base/minmax.h"
#include "life.h"
#include "picture.h"
#include "run.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * The data that timeline.js draws: one flat array of integers for each surface, 14 for a frame,
 * which is a third of what objects would take.
 */

/* The texts that frames name by their numbers. The first one is "". */
struct named {
	struct texts texts;
	bool failed; /* memory is out */
};

static size_t text_index(struct named *named, const char *text) {
	const size_t index = texts_find(&named->texts, text);
	named->failed |= index == SIZE_MAX;
	return index;
}

static int64_t us(int64_t ns) {
	return ns / 1000;
}

/* The marks of what was never shown end with the last thing that happened to it. */
static bool marks_of(
	const struct latch_frame_record *record, int64_t marks[LIFE_STAGES + 1], int64_t *end_out) {
	if (life_marks(record, marks)) {
		*end_out = latch_max(record->release_ns, marks[LIFE_STAGES]);
		return true;
	}
	if (record->presented || record->commit_ns <= 0) {
		return false;
	}
	for (size_t i = 0; i <= LIFE_STAGES; i++) {
		marks[i] = record->commit_ns;
	}
	*end_out = latch_max(record->release_ns, record->commit_ns);
	return true;
}

static void write_frame(FILE *file, const struct run *run, const struct run_frame *frame,
	struct named *named, bool *first) {
	const struct latch_frame_record *record = &frame->record;
	int64_t marks[LIFE_STAGES + 1], end;
	if (!marks_of(record, marks, &end)) {
		return;
	}
	fprintf(file, "%s%" PRId64, *first ? "" : ",", us(marks[0] - run->begin_ns));
	*first = false;
	for (size_t i = 0; i < LIFE_STAGES; i++) {
		fprintf(file, ",%" PRId64, us(marks[i + 1]) - us(marks[i]));
	}
	char missed[RUN_MISSED_MAX];
	const int kind = !record->presented ? 0 : record->placement == LATCH_ON_PLANE ? 1 : 2;
	fprintf(file, ",%" PRId64 ",%d,%" PRIu32 ",%zu,%zu,%" PRIu64 ",%zu",
		us(end - marks[LIFE_STAGES]), kind, kind == 1 ? record->plane_id : 0,
		text_index(named, frame->reasons),
		text_index(named, run_frame_missed_text(frame, " x", ", ", missed)),
		record->update_id, text_index(named, frame->sync));
}

static int by_commit(const void *a, const void *b) {
	const struct run_frame *const *x = a, *const *y = b;
	return (*x)->record.commit_ns < (*y)->record.commit_ns	 ? -1
	       : (*x)->record.commit_ns > (*y)->record.commit_ns ? 1
	       : (*x)->record.update_id < (*y)->record.update_id ? -1
								 : 1;
}

static void write_row(FILE *file, const struct run *run, const struct run_surface *surface,
	const struct run_frame **sorted, struct named *named) {
	size_t length = 0;
	for (size_t i = 0; i < run->frames_length; i++) {
		if (run->frames[i].record.surface_id == surface->id) {
			sorted[length++] = &run->frames[i];
		}
	}
	qsort(sorted, length, sizeof(sorted[0]), by_commit);
	char label[LATCH_TEXT_MAX + 16];
	snprintf(label, sizeof(label), "%s (%" PRIu32 ")",
		markup_or(surface->label, "surface"), surface->id);
	fputs("{label:", file);
	markup_string(file, label);
	fputs(",frames:[", file);
	bool first = true;
	for (size_t i = 0; i < length; i++) {
		write_frame(file, run, sorted[i], named, &first);
	}
	fputs("]}", file);
}

/* There is one copy of each name. */
static bool is_cause(const struct run *run, const char *name) {
	for (size_t i = 0; i < run->frames_length; i++) {
		for (size_t j = 0; j < run->frames[i].missed_length; j++) {
			if (run->frames[i].missed[j].cause == name) {
				return true;
			}
		}
	}
	return false;
}

static void write_causes(FILE *file, const struct run *run) {
	static const char *const colours[MARKUP_COLOURS] = {"#4477aa", "#ee8866", "#cc4455",
		"#8866bb", "#44aa99", "#ccbb44", "#66bbdd", "#999999"};
	fputs("causes:[", file);
	for (size_t i = 0; i < run->names.length; i++) {
		if (is_cause(run, run->names.texts[i])) {
			fputs("[", file);
			markup_string(file, run->names.texts[i]);
			fprintf(file, ",\"%s\"],",
				colours[picture_cause_colour(run->names.texts[i])]);
		}
	}
	fputs("],\n", file);
}

static bool write_data(FILE *file, const struct run *run) {
	const struct run_frame **sorted = calloc(run->frames_length + 1, sizeof(sorted[0]));
	struct named named = {.failed = sorted == NULL};
	text_index(&named, "");
	fprintf(file, "{span:%" PRId64 ",\n", us(run->end_ns - run->begin_ns));
	write_causes(file, run);
	fputs("rows:[\n", file);
	for (size_t i = 0; i < run->surfaces_length && !named.failed; i++) {
		write_row(file, run, &run->surfaces[i], sorted, &named);
		fputs(",\n", file);
	}
	fputs("],\nstrings:[", file);
	for (size_t i = 0; i < named.texts.length; i++) {
		markup_string(file, named.texts.texts[i]);
		fputc(',', file);
	}
	fputs("]}", file);
	texts_finish(&named.texts);
	free(sorted);
	return !named.failed;
}

bool html_write_timelines(FILE *file, const struct report *report) {
	fputs("<script>\nwindow.latchRuns = [\n", file);
	bool ok = true;
	for (size_t i = 0; i < report->length && ok; i++) {
		ok = write_data(file, &report->runs[i]);
		fputs(",\n", file);
	}
	fprintf(file, "];\n%s</script>\n", timeline_script);
	return ok;
}
