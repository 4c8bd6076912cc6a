#include "csv.h"

#include "run.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

void csv_write_head(FILE *file) {
	fputs("file,surface,label,pid,output,update,sync,placement,plane,plane_type,reasons,"
	      "presented,superseded,fence_error,sequence,commit_ns,signalled_ns,ready_ns,latch_ns,"
	      "compose_start_ns,compose_end_ns,submit_start_ns,submit_end_ns,flip_ns,release_ns,"
	      "refresh_ns,replaced_flip_ns,"
	      "visible_ns,missed,missed_causes,unused_vblanks\n",
		file);
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

static void write_frame(FILE *file, const struct run *run, const struct run_frame *frame) {
	const struct latch_frame_record *record = &frame->record;
	const struct run_surface *surface = run_find_surface(run, record->surface_id);
	const struct run_output *output = run_find_output(run, record->output_id);
	write_text(file, run->path);
	fprintf(file, "%" PRIu32 ",", record->surface_id);
	write_text(file, surface != NULL ? surface->label : "");
	fprintf(file, "%" PRId32 ",", surface != NULL ? surface->pid : 0);
	write_text(file, output != NULL ? output->name : "");
	fprintf(file, "%" PRIu64 ",", record->update_id);
	write_text(file, frame->sync);
	write_text(file,
		latch_placement_name(record->presented ? record->placement : LATCH_NOT_SHOWN));
	fprintf(file, "%" PRIu32 ",", record->plane_id);
	write_text(file, record->plane_type);
	write_text(file, frame->reasons);
	fprintf(file, "%d,%d,%d,%" PRIu64, record->presented, record->superseded,
		record->fence_error, record->sequence);
	const int64_t times[] = {record->commit_ns, record->signalled_ns, record->ready_ns,
		record->latch_ns, record->compose_start_ns, record->compose_end_ns,
		record->submit_start_ns, record->submit_end_ns, record->flip_ns,
		record->release_ns, record->refresh_ns, record->replaced_flip_ns,
		record->visible_ns};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		fprintf(file, ",%" PRId64, times[i]);
	}
	char causes[RUN_CAUSES * (LATCH_TEXT_MAX + 16)] = "";
	size_t used = 0;
	for (size_t i = 0; i < frame->missed_length; i++) {
		used += (size_t)snprintf(causes + used, sizeof(causes) - used, "%s%s:%" PRIu32,
			i > 0 ? " " : "", frame->missed[i].cause, frame->missed[i].vblanks);
	}
	fprintf(file, ",%" PRIu32 ",", run_frame_missed(frame));
	write_text(file, causes);
	fprintf(file, "%" PRIu32 "\n", frame->unused);
}

void csv_write(FILE *file, const struct run *run) {
	for (size_t i = 0; i < run->frames_length; i++) {
		write_frame(file, run, &run->frames[i]);
	}
}
