/* SPDX-License-Identifier: MIT */
#include "trace/statistics.h"

#include "base/array.h"
#include "base/minmax.h"

#include <stdlib.h>
#include <string.h>

struct latch_statistics *latch_statistics_create(void) {
	return calloc(1, sizeof(struct latch_statistics));
}

static void surface_row_destroy(struct latch_surface_row *row) {
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		latch_durations_finish(&row->stages[i]);
	}
	free(row);
}

void latch_statistics_destroy(struct latch_statistics *statistics) {
	if (statistics == NULL) {
		return;
	}
	for (size_t i = 0; i < statistics->surfaces_length; i++) {
		surface_row_destroy(statistics->surfaces[i]);
	}
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		latch_durations_finish(&statistics->others.stages[i]);
	}
	for (size_t i = 0; i < statistics->outputs_length; i++) {
		for (size_t j = 0; j < LATCH_OUTPUT_STAGES; j++) {
			latch_durations_finish(&statistics->outputs[i].stages[j]);
		}
	}
	latch_id_map_finish(&statistics->by_id);
	free(statistics->surfaces);
	free(statistics->outputs);
	free(statistics);
}

struct latch_surface_row *latch_statistics_find_surface(
	const struct latch_statistics *statistics, uint32_t surface_id) {
	return surface_id != 0 ? latch_id_map_get(&statistics->by_id, surface_id) : NULL;
}

static struct latch_surface_row *make_surface(
	struct latch_statistics *statistics, uint32_t surface_id) {
	if (!latch_array_reserve(&statistics->surfaces, &statistics->surfaces_capacity,
		    statistics->surfaces_length + 1, sizeof(statistics->surfaces[0]))) {
		return NULL;
	}
	struct latch_surface_row *row = calloc(1, sizeof(*row));
	if (row == NULL || !latch_id_map_put(&statistics->by_id, surface_id, row)) {
		free(row);
		return NULL;
	}
	row->id = surface_id;
	statistics->surfaces[statistics->surfaces_length++] = row;
	return row;
}

bool latch_statistics_add_surface(
	struct latch_statistics *statistics, const struct latch_trace_surface *surface) {
	struct latch_surface_row *row = latch_statistics_find_surface(statistics, surface->id);
	if (row == NULL && (row = make_surface(statistics, surface->id)) == NULL) {
		return false;
	}
	row->pid = surface->pid;
	latch_text_copy(row->label, sizeof(row->label), surface->label);
	return true;
}

static void add_counts(
	struct latch_surface_counts *sum, const struct latch_surface_counts *counts) {
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)counts;
	for (size_t i = 0; i < sizeof(*sum) / sizeof(*to); i++) {
		to[i] += from[i];
	}
}

/* Adds the oldest gone surface to the others, so that a long session stays small. */
static void fold_oldest_gone(struct latch_statistics *statistics) {
	size_t index = 0;
	while (index < statistics->surfaces_length && !statistics->surfaces[index]->gone) {
		index++;
	}
	if (index == statistics->surfaces_length) {
		return;
	}
	struct latch_surface_row *row = statistics->surfaces[index];
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		if (latch_durations_merge(&statistics->others.stages[i], &row->stages[i]) < 0) {
			return; /* it keeps its row: better large than wrong */
		}
	}
	add_counts(&statistics->others.counts, &row->counts);
	statistics->others_length++;
	statistics->gone--;
	statistics->surfaces_length--;
	for (size_t i = index; i < statistics->surfaces_length; i++) {
		statistics->surfaces[i] = statistics->surfaces[i + 1];
	}
	latch_id_map_remove(&statistics->by_id, row->id);
	surface_row_destroy(row);
}

void latch_statistics_surface_gone(struct latch_statistics *statistics, uint32_t surface_id) {
	struct latch_surface_row *row = latch_statistics_find_surface(statistics, surface_id);
	if (row == NULL || row->gone) {
		return;
	}
	row->gone = true;
	statistics->gone++;
	if (statistics->gone > LATCH_STATISTICS_GONE_MAX && !statistics->keeps_gone) {
		fold_oldest_gone(statistics);
	}
}

struct latch_output_row *latch_statistics_find_output(
	const struct latch_statistics *statistics, uint32_t output_id) {
	for (size_t i = 0; i < statistics->outputs_length; i++) {
		if (statistics->outputs[i].id == output_id) {
			return &statistics->outputs[i];
		}
	}
	return NULL;
}

static struct latch_output_row *make_output(
	struct latch_statistics *statistics, uint32_t output_id) {
	if (!latch_array_reserve(&statistics->outputs, &statistics->outputs_capacity,
		    statistics->outputs_length + 1, sizeof(statistics->outputs[0]))) {
		return NULL;
	}
	struct latch_output_row *row = &statistics->outputs[statistics->outputs_length++];
	*row = (struct latch_output_row){.id = output_id};
	return row;
}

bool latch_statistics_add_output(
	struct latch_statistics *statistics, const struct latch_trace_output *output) {
	struct latch_output_row *row = latch_statistics_find_output(statistics, output->id);
	if (row == NULL && (row = make_output(statistics, output->id)) == NULL) {
		return false;
	}
	latch_text_copy(row->name, sizeof(row->name), output->name);
	latch_text_copy(row->device, sizeof(row->device), output->device);
	latch_text_copy(row->mode, sizeof(row->mode), output->mode);
	latch_text_copy(row->renderer, sizeof(row->renderer), output->renderer);
	latch_text_copy(row->clock, sizeof(row->clock), output->clock);
	return true;
}

bool latch_stage_length(const struct latch_frame_record *record, enum latch_stage stage,
	int64_t *length_ns_out, bool *negative_out) {
	const int64_t submit = record->submit_start_ns;
	const int64_t signalled =
		record->signalled_ns > 0 ? latch_max(record->signalled_ns, record->commit_ns) : 0;
	/* What a client wanted to wait is nobody's time. */
	const int64_t unpaced = signalled > 0 ? latch_max(record->paced_ns, signalled) : 0;
	const int64_t bounds[LATCH_STAGES][2] = {
		[LATCH_STAGE_COMMIT_TO_SIGNALLED] = {record->commit_ns, signalled},
		[LATCH_STAGE_SIGNALLED_TO_SUBMIT] = {unpaced, submit},
		[LATCH_STAGE_SUBMIT_TO_FLIP] = {submit, record->flip_ns},
		[LATCH_STAGE_COMMIT_TO_FLIP] = {record->commit_ns, record->flip_ns},
		[LATCH_STAGE_INPUT_TO_COMMIT] = {record->input_ns, record->commit_ns},
		[LATCH_STAGE_INPUT_TO_FLIP] = {record->input_ns, record->flip_ns},
	};
	const int64_t from = bounds[stage][0], to = bounds[stage][1];
	if (from <= 0 || to <= 0) {
		return false;
	}
	*negative_out = to < from;
	*length_ns_out = latch_max(to - from, 0);
	return true;
}

const struct latch_stage_names latch_stages[LATCH_STAGES] = {
	[LATCH_STAGE_COMMIT_TO_SIGNALLED] = {"commit->signalled", "commit_to_signalled"},
	[LATCH_STAGE_SIGNALLED_TO_SUBMIT] = {"signalled->submit", "signalled_to_submit"},
	[LATCH_STAGE_SUBMIT_TO_FLIP] = {"submit->flip", "submit_to_flip"},
	[LATCH_STAGE_COMMIT_TO_FLIP] = {"commit->flip", "commit_to_flip"},
	[LATCH_STAGE_INPUT_TO_COMMIT] = {"input->commit", "input_to_commit"},
	[LATCH_STAGE_INPUT_TO_FLIP] = {"input->flip", "input_to_flip"},
};

unsigned latch_stages_told(const struct latch_surface_row *row) {
	return latch_durations_count(&row->stages[LATCH_STAGE_INPUT_TO_COMMIT]) > 0
		       ? LATCH_STAGES
		       : LATCH_STAGES_WITHOUT_INPUT;
}

static void add_presented(struct latch_surface_row *row, const struct latch_frame_record *record) {
	struct latch_surface_counts *counts = &row->counts;
	counts->frames++;
	counts->on_plane += record->placement == LATCH_ON_PLANE;
	unsigned type;
	if (record->plane_type != NULL &&
		latch_name_value(&latch_plane_type_names, record->plane_type, &type)) {
		counts->by_plane_type[type]++;
	}
	if (record->placement == LATCH_COMPOSED) {
		counts->composed++;
		row->composed_as = record->layer;
		/* A trace of another version may have more of them. */
		uint64_t left = record->reasons & ((UINT64_C(1) << LATCH_REASON_COUNT) - 1);
		for (; left != 0; left &= left - 1) {
			counts->by_reason[__builtin_ctzll(left)]++;
		}
	}
	row->output_id = record->output_id;

	bool incomplete = false, out_of_order = false, clamped = false;
	for (size_t i = 0; i < LATCH_STAGES; i++) {
		int64_t length_ns = 0;
		bool negative = false;
		if (!latch_stage_length(record, (enum latch_stage)i, &length_ns, &negative)) {
			incomplete |= i < LATCH_STAGES_WITHOUT_INPUT;
			continue;
		}
		out_of_order |= negative;
		const int error = latch_durations_add(&row->stages[i], length_ns);
		clamped |= error > 0;
		incomplete |= error < 0;
	}
	counts->incomplete += incomplete;
	counts->out_of_order += out_of_order;
	counts->clamped += clamped;
}

/* Returns what it was counted in. */
static struct latch_surface_counts *add_frame(
	struct latch_statistics *statistics, const struct latch_frame_record *record) {
	struct latch_surface_row *row =
		latch_statistics_find_surface(statistics, record->surface_id);
	if (row == NULL) {
		/* The last updates of a surface that has lost its row. */
		row = &statistics->others;
	}
	if (record->sync < LATCH_SYNC_KINDS) {
		row->counts.by_sync[record->sync]++;
	}
	row->counts.fence_errors += record->fence_error != 0;
	row->counts.superseded += !record->presented && record->superseded;
	row->counts.dropped += !record->presented && !record->superseded;
	if (record->presented) {
		add_presented(row, record);
	}
	return &row->counts;
}

void latch_statistics_add_frame(
	struct latch_statistics *statistics, const struct latch_frame_record *record) {
	struct latch_surface_counts *counts = add_frame(statistics, record);
	/* Of an update that was not presented nothing is missed. */
	const struct latch_missed missed = latch_missed_count(record);
	counts->missed += missed.total;
	for (size_t i = 0; i < LATCH_MISSED_CAUSES; i++) {
		counts->missed_by_cause[i] += missed.by_cause[i];
	}
	counts->unused += missed.unused;
}

/* The place of a cause's count; the last of the others takes what has no room. */
static uint64_t *find_cause(struct latch_statistics *statistics,
	struct latch_surface_counts *counts, const char *cause) {
	unsigned known;
	if (latch_name_value(&latch_missed_cause_names, cause, &known)) {
		return &counts->missed_by_cause[known];
	}
	for (size_t i = 0; i < LATCH_OTHER_CAUSES - 1; i++) {
		char *name = statistics->other_causes[i];
		if (*name == '\0') {
			latch_text_copy(name, sizeof(statistics->other_causes[i]), cause);
			return &counts->missed_by_other[i];
		}
		if (strcmp(name, cause) == 0) {
			return &counts->missed_by_other[i];
		}
	}
	latch_text_copy(statistics->other_causes[LATCH_OTHER_CAUSES - 1],
		sizeof(statistics->other_causes[0]), "others");
	return &counts->missed_by_other[LATCH_OTHER_CAUSES - 1];
}

void latch_statistics_add_told_frame(struct latch_statistics *statistics,
	const struct latch_frame_record *record, const struct latch_told_missed *missed,
	size_t length, uint32_t unused) {
	struct latch_surface_counts *counts = add_frame(statistics, record);
	for (size_t i = 0; i < length; i++) {
		counts->missed += missed[i].vblanks;
		*find_cause(statistics, counts, missed[i].cause) += missed[i].vblanks;
	}
	counts->unused += unused;
}

const char *latch_statistics_other_cause(const struct latch_statistics *statistics, size_t index) {
	return index < LATCH_OTHER_CAUSES && statistics->other_causes[index][0] != '\0'
		       ? statistics->other_causes[index]
		       : NULL;
}

void latch_statistics_add_flip(
	struct latch_statistics *statistics, const struct latch_flip_record *record) {
	struct latch_output_row *row = latch_statistics_find_output(statistics, record->output_id);
	if (row == NULL) {
		return;
	}
	row->flips++;
	row->all_planes += record->composed == 0;
	row->mixed += record->composed > 0 && record->on_planes > 0;
	row->all_composed += record->composed > 0 && record->on_planes == 0;
	if (record->refresh_ns > 0) {
		row->refresh_ns = record->refresh_ns;
	}
	enum latch_missed_cause cause;
	const uint32_t missed = latch_missed_by_frame(record, &cause);
	if (missed > 0) {
		row->late++;
		row->missed_by_cause[cause] += missed;
	}
	if (record->latch_ns > 0 && record->submit_end_ns >= record->latch_ns) {
		latch_durations_add(&row->stages[LATCH_OUTPUT_LATCH_TO_SUBMITTED],
			record->submit_end_ns - record->latch_ns);
	}
	if (record->submit_end_ns > 0 && record->flip_ns >= record->submit_end_ns) {
		latch_durations_add(&row->stages[LATCH_OUTPUT_SUBMITTED_TO_FLIP],
			record->flip_ns - record->submit_end_ns);
	}
}
