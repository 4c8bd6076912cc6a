/* SPDX-License-Identifier: MIT */
#include "trace/statistics.h"

#include "kms/format.h"

#include <errno.h>
#include <yyjson.h>

/* Raised when a name is taken away or changes its meaning. */
#define FORMAT 2

void latch_durations_to_json(const struct latch_durations *durations, yyjson_mut_doc *doc,
	yyjson_mut_val *to, const char *name) {
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, to, name);
	yyjson_mut_obj_add_sint(doc, object, "count", latch_durations_count(durations));
	yyjson_mut_obj_add_sint(doc, object, "p50_ns", latch_durations_percentile(durations, 50.0));
	yyjson_mut_obj_add_sint(doc, object, "p95_ns", latch_durations_percentile(durations, 95.0));
	yyjson_mut_obj_add_sint(doc, object, "p99_ns", latch_durations_percentile(durations, 99.0));
	yyjson_mut_obj_add_sint(
		doc, object, "max_ns", latch_durations_percentile(durations, 100.0));
	yyjson_mut_obj_add_sint(doc, object, "mean_ns", latch_durations_mean(durations));
}

void latch_missed_to_json(const uint64_t missed[LATCH_MISSED_CAUSES], yyjson_mut_doc *doc,
	yyjson_mut_val *to) {
	yyjson_mut_val *causes = yyjson_mut_obj_add_obj(doc, to, "missed_by_cause");
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		yyjson_mut_obj_add_uint(
			doc, causes, latch_name(&latch_missed_cause_names, (unsigned)i), missed[i]);
	}
}

void latch_reasons_to_json(
	const struct latch_surface_counts *counts, yyjson_mut_doc *doc, yyjson_mut_val *to) {
	yyjson_mut_val *reasons = yyjson_mut_obj_add_arr(doc, to, "reasons");
	for (size_t i = 0; i < LATCH_REASON_COUNT; i++) {
		if (counts->by_reason[i] == 0) {
			continue;
		}
		const uint64_t bit = UINT64_C(1) << i;
		const char *help = latch_reason_help(bit);
		yyjson_mut_val *reason = yyjson_mut_arr_add_obj(doc, reasons);
		yyjson_mut_obj_add_str(doc, reason, "name", latch_reason_name(bit));
		yyjson_mut_obj_add_str(doc, reason, "text", latch_reason_text(bit));
		yyjson_mut_obj_add_val(doc, reason, "help",
			help != NULL ? yyjson_mut_str(doc, help) : yyjson_mut_null(doc));
		yyjson_mut_obj_add_uint(doc, reason, "frames", counts->by_reason[i]);
	}
}

static void add_composed_as(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const struct latch_record_layer *layer) {
	char format[128];
	kms_fourcc_name(format, sizeof(format), layer->fourcc);
	yyjson_mut_val *object = yyjson_mut_obj_add_obj(doc, to, "composed_as");
	yyjson_mut_val *buffer = yyjson_mut_obj_add_obj(doc, object, "buffer");
	yyjson_mut_val *dst = yyjson_mut_obj_add_obj(doc, object, "dst");
	yyjson_mut_obj_add_strcpy(doc, buffer, "format", layer->fourcc != 0 ? format : "");
	yyjson_mut_obj_add_int(doc, dst, "width", layer->width);
	yyjson_mut_obj_add_int(doc, dst, "height", layer->height);
	yyjson_mut_obj_add_int(doc, object, "test_errno", layer->test_errno);
}

static void add_counts(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const struct latch_surface_counts *counts) {
	yyjson_mut_obj_add_uint(doc, to, "frames", counts->frames);
	yyjson_mut_obj_add_uint(doc, to, "on_plane", counts->on_plane);
	yyjson_mut_val *types = yyjson_mut_obj_add_obj(doc, to, "by_plane_type");
	for (unsigned i = 0; i < LATCH_PLANE_TYPES; i++) {
		yyjson_mut_obj_add_uint(doc, types, latch_name(&latch_plane_type_names, i),
			counts->by_plane_type[i]);
	}
	yyjson_mut_obj_add_uint(doc, to, "composed", counts->composed);
	latch_reasons_to_json(counts, doc, to);
	yyjson_mut_obj_add_uint(doc, to, "superseded", counts->superseded);
	yyjson_mut_obj_add_uint(doc, to, "dropped", counts->dropped);
	yyjson_mut_obj_add_uint(doc, to, "missed", counts->missed);
	latch_missed_to_json(counts->missed_by_cause, doc, to);
	yyjson_mut_obj_add_uint(doc, to, "unused_vblanks", counts->unused);
	yyjson_mut_val *syncs = yyjson_mut_obj_add_obj(doc, to, "by_sync");
	for (size_t i = 0; i < LATCH_SYNC_KINDS; i++) {
		yyjson_mut_obj_add_uint(doc, syncs, latch_name(&latch_sync_kind_names, (unsigned)i),
			counts->by_sync[i]);
	}
	yyjson_mut_obj_add_uint(doc, to, "fence_errors", counts->fence_errors);
	yyjson_mut_obj_add_uint(doc, to, "incomplete", counts->incomplete);
	yyjson_mut_obj_add_uint(doc, to, "out_of_order", counts->out_of_order);
	yyjson_mut_obj_add_uint(doc, to, "clamped", counts->clamped);
}

static void add_stages(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const struct latch_surface_row *row) {
	yyjson_mut_val *stages = yyjson_mut_obj_add_obj(doc, to, "stages");
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		latch_durations_to_json(&row->stages[i], doc, stages, latch_stages[i].key);
	}
}

static void add_surface(yyjson_mut_doc *doc, yyjson_mut_val *to,
	const struct latch_statistics *statistics, const struct latch_surface_row *row) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, to);
	yyjson_mut_obj_add_uint(doc, object, "id", row->id);
	yyjson_mut_obj_add_str(doc, object, "label", row->label);
	yyjson_mut_obj_add_sint(doc, object, "pid", row->pid);
	const struct latch_output_row *output =
		latch_statistics_find_output(statistics, row->output_id);
	yyjson_mut_obj_add_val(doc, object, "output",
		output != NULL ? yyjson_mut_str(doc, output->name) : yyjson_mut_null(doc));
	yyjson_mut_obj_add_bool(doc, object, "gone", row->gone);
	add_counts(doc, object, &row->counts);
	if (row->counts.composed > 0) {
		add_composed_as(doc, object, &row->composed_as);
	}
	add_stages(doc, object, row);
}

static void add_output(
	yyjson_mut_doc *doc, yyjson_mut_val *to, const struct latch_output_row *row) {
	yyjson_mut_val *object = yyjson_mut_arr_add_obj(doc, to);
	yyjson_mut_obj_add_uint(doc, object, "id", row->id);
	yyjson_mut_obj_add_str(doc, object, "name", row->name);
	yyjson_mut_obj_add_str(doc, object, "device", row->device);
	yyjson_mut_obj_add_str(doc, object, "mode", row->mode);
	yyjson_mut_obj_add_str(doc, object, "renderer", row->renderer);
	yyjson_mut_obj_add_str(doc, object, "clock", row->clock);
	yyjson_mut_obj_add_sint(doc, object, "refresh_ns", row->refresh_ns);
	yyjson_mut_obj_add_uint(doc, object, "flips", row->flips);
	yyjson_mut_obj_add_uint(doc, object, "late", row->late);
	latch_missed_to_json(row->missed_by_cause, doc, object);
	yyjson_mut_obj_add_uint(doc, object, "all_on_planes", row->all_planes);
	yyjson_mut_obj_add_uint(doc, object, "mixed", row->mixed);
	yyjson_mut_obj_add_uint(doc, object, "all_composed", row->all_composed);
	yyjson_mut_val *stages = yyjson_mut_obj_add_obj(doc, object, "stages");
	latch_durations_to_json(
		&row->stages[LATCH_OUTPUT_LATCH_TO_SUBMITTED], doc, stages, "latch_to_submitted");
	latch_durations_to_json(
		&row->stages[LATCH_OUTPUT_SUBMITTED_TO_FLIP], doc, stages, "submitted_to_flip");
}

yyjson_mut_val *latch_statistics_to_json(
	const struct latch_statistics *statistics, yyjson_mut_doc *doc) {
	yyjson_mut_val *root = yyjson_mut_obj(doc);
	yyjson_mut_obj_add_str(doc, root, "latch", LATCH_VERSION);
	yyjson_mut_obj_add_uint(doc, root, "format", FORMAT);
	yyjson_mut_val *outputs = yyjson_mut_obj_add_arr(doc, root, "outputs");
	for (size_t i = 0; i < statistics->outputs_length; i++) {
		add_output(doc, outputs, &statistics->outputs[i]);
	}
	yyjson_mut_val *surfaces = yyjson_mut_obj_add_arr(doc, root, "surfaces");
	for (size_t i = 0; i < statistics->surfaces_length; i++) {
		add_surface(doc, surfaces, statistics, statistics->surfaces[i]);
	}
	yyjson_mut_val *others = yyjson_mut_obj_add_obj(doc, root, "others");
	yyjson_mut_obj_add_uint(doc, others, "surfaces", statistics->others_length);
	add_counts(doc, others, &statistics->others.counts);
	add_stages(doc, others, &statistics->others);
	return root;
}

int latch_statistics_write_json(const struct latch_statistics *statistics, FILE *file) {
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	if (doc == NULL) {
		return -ENOMEM;
	}
	/* The texts stay ours: the document ends before they can. */
	yyjson_mut_doc_set_root(doc, latch_statistics_to_json(statistics, doc));

	yyjson_write_err error = {0};
	const bool written = yyjson_mut_write_fp(
		file, doc, YYJSON_WRITE_PRETTY | YYJSON_WRITE_NEWLINE_AT_END, NULL, &error);
	yyjson_mut_doc_free(doc);
	if (!written) {
		return error.code == YYJSON_WRITE_ERROR_MEMORY_ALLOCATION ? -ENOMEM : -EIO;
	}
	return 0;
}
