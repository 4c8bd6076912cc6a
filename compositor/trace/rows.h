/* The rows that statistics consist of; for the files that print them. */
#ifndef LATCH_TRACE_ROWS_H
#define LATCH_TRACE_ROWS_H

#include "base/id_map.h"
#include "trace/durations.h"
#include "trace/statistics.h"
#include "base/text.h"

#include <stddef.h>

struct latch_surface_row {
	uint32_t id;
	int32_t pid;
	uint32_t output_id; /* of the last presented update */
	bool gone;
	char label[LATCH_TEXT_MAX];
	struct latch_surface_counts counts;
	struct latch_durations stages[LATCH_STAGES];
};

enum latch_output_stage {
	LATCH_OUTPUT_LATCH_TO_SUBMITTED, /* what latch itself needs for a frame */
	LATCH_OUTPUT_SUBMITTED_TO_FLIP,
};
#define LATCH_OUTPUT_STAGES 2

struct latch_output_row {
	uint32_t id;
	char name[LATCH_TEXT_MAX];
	char device[LATCH_TEXT_MAX];
	char mode[LATCH_TEXT_MAX];
	char renderer[LATCH_TEXT_MAX];
	char clock[LATCH_TEXT_MAX];
	int64_t refresh_ns;
	uint64_t flips;
	uint64_t late;	     /* more than half a refresh after the vblank that was meant */
	uint64_t missed_by_cause[LATCH_MISSED_CAUSES]; /* vblanks by which these were late */
	uint64_t all_planes; /* flips with no composed layer */
	uint64_t mixed;
	uint64_t all_composed;
	struct latch_durations stages[LATCH_OUTPUT_STAGES];
};

struct latch_statistics {
	struct latch_surface_row **surfaces; /* in the order they came, the gone ones too */
	size_t surfaces_length, surfaces_capacity;
	struct latch_id_map by_id; /* the same */
	size_t gone;
	bool keeps_gone;
	char other_causes[LATCH_OTHER_CAUSES][LATCH_TEXT_MAX]; /* "" ends them */
	struct latch_surface_row others; /* the sum of those that lost their row */
	uint64_t others_length;		 /* how many these are */
	struct latch_output_row **outputs;
	size_t outputs_length, outputs_capacity;
};

/** The row of an output, NULL when there is none. */
const struct latch_output_row *latch_statistics_find_output(
	const struct latch_statistics *statistics, uint32_t output_id);

#endif
