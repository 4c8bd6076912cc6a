/* SPDX-License-Identifier: MIT */
#include "write.h"

#include "run.h"
#include "trace/fields.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static void write_head(FILE *file) {
	fputs("file", file);
	for (size_t i = 0; i < latch_frame_fields.length; i++) {
		const struct latch_field *field = &latch_frame_fields.fields[i];
		if (field->column) {
			fprintf(file, ",%s", field->key);
		}
		if (field->offset == offsetof(struct latch_frame_record, surface_id)) {
			fputs(",label,pid", file);
		}
	}
	fputs(",missed,missed_causes,unused_vblanks\n", file);
}

/*
 * Quoted where the format wants it. A spreadsheet takes what begins with one of = + - @ for a
 * formula, and the text may be any client's: an apostrophe in front makes it text again.
 */
static void write_text(FILE *file, const char *text) {
	const bool formula = text[0] != '\0' && strchr("=+-@", text[0]) != NULL;
	const bool quoted = strpbrk(text, ",\"\r\n") != NULL;
	if (quoted) {
		fputc('"', file);
	}
	if (formula) {
		fputc('\'', file);
	}
	for (; *text != '\0'; text++) {
		if (*text == '"') {
			fputc('"', file);
		}
		fputc(*text, file);
	}
	if (quoted) {
		fputc('"', file);
	}
	fputc(',', file);
}

/* What a column says, where that is not the field itself; NULL where it is. */
static const char *text_of(
	const struct run *run, const struct run_frame *frame, const struct latch_field *field) {
	const struct latch_output_row *output =
		latch_statistics_find_output(run->statistics, frame->record.output_id);
	switch (field->offset) {
	case offsetof(struct latch_frame_record, output_id):
		return output != NULL ? output->name : "";
	case offsetof(struct latch_frame_record, sync):
		return frame->sync;
	case offsetof(struct latch_frame_record, placement):
		return frame->record.presented
			       ? NULL
			       : latch_name(&latch_placement_names, LATCH_NOT_SHOWN);
	case offsetof(struct latch_frame_record, reasons):
		return frame->reasons;
	default:
		return NULL;
	}
}

static void write_frame(FILE *file, const struct run *run, const struct run_frame *frame) {
	const struct run_surface *surface = run_find_surface(run, frame->record.surface_id);
	write_text(file, run->path);
	for (size_t i = 0; i < latch_frame_fields.length; i++) {
		const struct latch_field *field = &latch_frame_fields.fields[i];
		if (!field->column) {
			continue;
		}
		char number[LATCH_FIELD_MAX];
		const char *text = text_of(run, frame, field);
		const char *value = latch_field_text(field, &frame->record, number);
		if (text != NULL || latch_field_is_text(field)) {
			write_text(file, text != NULL ? text : value);
		} else if (field->kind == LATCH_FIELD_BOOL) {
			fputs(value[0] == 't' ? "1," : "0,", file);
		} else {
			fprintf(file, "%s,", value);
		}
		if (field->offset == offsetof(struct latch_frame_record, surface_id)) {
			write_text(file, surface != NULL ? surface->label : "");
			fprintf(file, "%" PRId32 ",", surface != NULL ? surface->pid : 0);
		}
	}
	char causes[RUN_MISSED_MAX];
	fprintf(file, "%" PRIu32 ",", run_frame_missed(frame));
	write_text(file, run_frame_missed_text(frame, ":", " ", causes));
	fprintf(file, "%" PRIu32 "\n", frame->unused);
}

bool csv_write(FILE *file, const struct report *report) {
	write_head(file);
	for (size_t i = 0; i < report->length; i++) {
		const struct run *run = &report->runs[i];
		for (size_t j = 0; j < run->frames_length; j++) {
			write_frame(file, run, &run->frames[j]);
		}
	}
	return true;
}
