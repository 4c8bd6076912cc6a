/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "base/array.h"
#include "base/clock.h"
#include "kms/format.h"
#include "trace/fields.h"
#include "trace/missed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of the trace's groups, as in latch's own traces: of latch-present itself, of outputs and
 * of surfaces, each plus its id. */
#define SELF 1
#define OUTPUTS 10
#define SURFACES 1000
/* Lanes of a group: updates overlap, so each takes the next one. The first is for instants. */
#define LANES 16

#define LOOK_TEXT_MAX 128

static struct latch_event_place place_of(uint32_t group, uint64_t lane) {
	return (struct latch_event_place){group, (uint64_t)group * LANES + lane};
}

int report_init(struct present_report *report, const char *trace_path) {
	*report = (struct present_report){.statistics = latch_statistics_create()};
	struct latch_event_file *file = &report->file;
	int error = report->statistics == NULL ? -ENOMEM : 0;
	if (error != 0 || trace_path == NULL) {
		return error;
	}
	file->fd = open(trace_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (file->fd < 0) {
		return -errno;
	}
	report->writes = true;
	latch_event_begin(file, 'i', "latch", latch_now_ns(), place_of(SELF, 0));
	latch_event_print(file,
		"\"version\":\"%s\",\"format\":%d,\"clock\":\"CLOCK_MONOTONIC\"", LATCH_VERSION,
		LATCH_TRACE_FORMAT);
	latch_event_end(file);
	latch_event_file_flush(file);
	return file->error;
}

int report_finish(struct present_report *report) {
	const int error = report->writes ? latch_event_file_finish(&report->file) : 0;
	latch_statistics_destroy(report->statistics);
	for (size_t i = 0; i < report->surfaces_length; i++) {
		free(report->surfaces[i]);
	}
	free(report->surfaces);
	free(report->outputs);
	*report = (struct present_report){0};
	return error;
}

/* An instant with a record. */
static void write_instant(struct present_report *report, uint32_t group, const char *name,
	int64_t ns, const struct latch_fields *fields, const void *record) {
	if (report->writes) {
		latch_event_begin(&report->file, 'i', name, ns, place_of(group, 0));
		latch_event_add_fields(&report->file, fields, record);
		latch_event_end(&report->file);
	}
}

void report_name_surface(
	struct present_report *report, struct report_surface *surface, const char *label) {
	latch_text_copy(surface->label, sizeof(surface->label), label);
	const struct latch_trace_surface told = {
		.id = surface->id, .pid = surface->pid, .label = surface->label};
	latch_statistics_add_surface(report->statistics, &told);
	write_instant(report, SURFACES + surface->id, "surface", latch_now_ns(),
		&latch_surface_fields, &told);
}

struct report_surface *report_add_surface(
	struct present_report *report, int32_t pid, const char *label) {
	struct report_surface *surface = calloc(1, sizeof(*surface));
	if (surface == NULL ||
		!latch_array_reserve(&report->surfaces, &report->surfaces_capacity,
			report->surfaces_length + 1, sizeof(surface))) {
		free(surface);
		return NULL;
	}
	report->surfaces[report->surfaces_length++] = surface;
	surface->id = ++report->last_id;
	surface->pid = pid;
	report_name_surface(report, surface, label);
	return surface;
}

uint32_t report_output(struct present_report *report, const char *name) {
	char text[LATCH_TEXT_MAX];
	latch_text_copy(text, sizeof(text), name);
	for (size_t i = 0; i < report->outputs_length; i++) {
		if (strcmp(report->outputs[i], text) == 0) {
			return (uint32_t)i + 1;
		}
	}
	if (!latch_array_reserve(&report->outputs, &report->outputs_capacity,
		    report->outputs_length + 1, sizeof(text))) {
		return 0;
	}
	memcpy(report->outputs[report->outputs_length++], text, sizeof(text));
	const struct latch_trace_output told = {
		.id = (uint32_t)report->outputs_length, .name = text};
	write_instant(report, OUTPUTS + told.id, "output", latch_now_ns(), &latch_output_fields,
		&told);
	return told.id;
}

/* "dma-buf 320x240 XR24 LINEAR", as far as it is known. A format is four bytes of the client's. */
static void look_text(char text[static LOOK_TEXT_MAX], const struct report_look *look) {
	char format[16] = "", modifier[64] = "", size[32] = "";
	if (look->fourcc != 0) {
		kms_fourcc_name(format, sizeof(format), look->fourcc);
	}
	if (look->has_modifier) {
		kms_modifier_name(modifier, sizeof(modifier), look->modifier);
	}
	if (look->width > 0) {
		snprintf(size, sizeof(size), " %" PRIu32 "x%" PRIu32, look->width, look->height);
	}
	char whole[LOOK_TEXT_MAX];
	snprintf(whole, sizeof(whole), "%s%s%s%s%s%s", look->kind != NULL ? look->kind : "?", size,
		format[0] != '\0' ? " " : "", format, modifier[0] != '\0' ? " " : "", modifier);
	latch_text_copy(text, LOOK_TEXT_MAX, whole);
}

static bool looks_equal(const struct report_look *a, const struct report_look *b) {
	return a->kind == b->kind && a->width == b->width && a->height == b->height &&
	       a->fourcc == b->fourcc && a->has_modifier == b->has_modifier &&
	       a->modifier == b->modifier;
}

void report_commit(struct present_report *report, struct report_surface *surface,
	const struct report_look *look, const struct latch_frame_record *record, bool measured) {
	const bool is_new = surface->commits == 0 || !looks_equal(look, &surface->look);
	surface->commits++;
	surface->unmeasured += !measured;
	surface->look = *look;
	if (!report->writes || (measured && !is_new)) {
		return;
	}
	char text[LOOK_TEXT_MAX], escaped[2 * LOOK_TEXT_MAX];
	look_text(text, look);
	latch_text_escape(escaped, sizeof(escaped), text);
	latch_event_begin(&report->file, 'i', "commit", record->commit_ns,
		place_of(SURFACES + surface->id, 0));
	latch_event_add_fields(&report->file, &latch_commit_fields, record);
	latch_event_print(&report->file, ",\"look\":\"%s\"", escaped);
	latch_event_end(&report->file);
}

void report_frame(struct present_report *report, const struct latch_frame_record *record) {
	/* Between the commit and the flip nothing is known: whose a miss was can't be told. */
	const struct latch_missed missed = latch_missed_count(record);
	const struct latch_told_missed told = {"unknown", missed.total};
	latch_statistics_add_told_frame(
		report->statistics, record, &told, missed.total > 0, missed.unused);
	if (!report->writes) {
		return;
	}
	struct latch_event_file *file = &report->file;
	const uint32_t group = SURFACES + record->surface_id;
	const struct latch_event_place place =
		place_of(group, 1 + record->update_id % (LANES - 1));
	latch_event_begin(file, 'B', latch_name(&latch_placement_names, record->placement),
		record->commit_ns, place);
	latch_event_add_fields(file, &latch_frame_fields, record);
	latch_event_print(file, ",\"unused_vblanks\":%" PRIu32, missed.unused);
	latch_event_end(file);
	latch_event_end_slice(file, record->presented ? record->flip_ns : record->commit_ns, place);
	if (missed.total > 0) {
		latch_event_begin(file, 'i', "missed: unknown",
			record->flip_ns - (int64_t)missed.total * record->refresh_ns,
			place_of(group, 0));
		latch_event_print(file, "\"update\":%" PRIu64 ",\"vblanks\":%" PRIu32,
			record->update_id, missed.total);
		latch_event_end(file);
	}
}

/* The statistics keep so many surfaces that are gone; so does the report. The oldest is freed. */
static void forget_old(struct present_report *report) {
	size_t gone = 0;
	for (size_t i = report->surfaces_length; i-- > 0;) {
		gone += report->surfaces[i]->gone && report->surfaces[i]->waiting == 0;
		if (gone > LATCH_STATISTICS_GONE_MAX) {
			free(report->surfaces[i]);
			report->surfaces_length--;
			memmove(&report->surfaces[i], &report->surfaces[i + 1],
				(report->surfaces_length - i) * sizeof(report->surfaces[0]));
			return;
		}
	}
}

void report_remove_surface(struct present_report *report, struct report_surface *surface) {
	surface->gone = true;
	latch_statistics_surface_gone(report->statistics, surface->id);
	write_instant(report, SURFACES + surface->id, "surface gone", latch_now_ns(),
		&latch_surface_fields, &(struct latch_trace_surface){.id = surface->id});
	forget_old(report);
}

static void print_surface(
	const struct present_report *report, const struct report_surface *surface, FILE *file) {
	const struct latch_surface_row *row =
		latch_statistics_find_surface(report->statistics, surface->id);
	if (row == NULL) {
		return;
	}
	const struct latch_surface_counts *counts = &row->counts;
	const struct latch_durations *to_flip = &row->stages[LATCH_STAGE_COMMIT_TO_FLIP];
	char label[LATCH_TEXT_MAX + 16], look[LOOK_TEXT_MAX];
	snprintf(label, sizeof(label), "%.24s (%" PRIu32 ")", surface->label, surface->id);
	look_text(look, &surface->look);
	fprintf(file, "%-30s%8" PRIu64 "%7" PRIu64 "%7" PRIu64 "%9.1f %%", label, surface->commits,
		counts->frames, counts->missed,
		counts->frames > 0 ? 100.0 * (double)counts->on_plane / (double)counts->frames : 0.0);
	static const double percentiles[] = {50.0, 95.0, 99.0, 100.0};
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(percentiles[0]); i++) {
		fprintf(file, "%9.3f",
			(double)latch_durations_percentile(to_flip, percentiles[i]) / 1e6);
	}
	fprintf(file, "\n  pid %" PRId32 "%s%s in %s", surface->pid,
		surface->output_id > 0 ? " on " : "",
		surface->output_id > 0 ? report->outputs[surface->output_id - 1] : "", look);
	for (unsigned i = 0; i < LATCH_SYNC_KINDS; i++) {
		if (counts->by_sync[i] > 0) {
			fprintf(file, ", %s", latch_name(&latch_sync_kind_names, i));
		}
	}
	fprintf(file, "; %" PRIu64 " superseded, %" PRIu64 " dropped, %" PRIu64 " unmeasured\n",
		counts->superseded, counts->dropped, surface->unmeasured);
}

void report_print(const struct present_report *report, FILE *file) {
	if (report->without_presentation) {
		fprintf(file, "latch-present: the compositor has no wp_presentation: commits are "
			      "counted, and nobody says when they are seen\n");
	}
	fprintf(file, "%-30s%8s%7s%7s%11s%9s%9s%9s%9s\n", "surface (commit->flip in ms)", "commits",
		"seen", "missed", "zero-copy", "p50", "p95", "p99", "max");
	for (size_t i = 0; i < report->surfaces_length; i++) {
		print_surface(report, report->surfaces[i], file);
	}
	if (report->statistics->others_length > 0) {
		fprintf(file, "%" PRIu64 " surfaces more, that are long gone\n",
			report->statistics->others_length);
	}
}
