/* SPDX-License-Identifier: MIT */
/* Frame statistics: counts and percentiles per surface and per output. */
#pragma once

#include "base/id_map.h"
#include "base/text.h"
#include "plan/reason.h"
#include "trace/durations.h"
#include "trace/missed.h"
#include "trace/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <yyjson.h>

/*
 * The stages that are told to people. "Submit" is the start of the ioctl. Every update that was
 * presented is in, the first ones of a session too; those that no input came before have no stage
 * of input.
 */
enum latch_stage {
	LATCH_STAGE_COMMIT_TO_SIGNALLED,
	LATCH_STAGE_SIGNALLED_TO_SUBMIT,
	LATCH_STAGE_SUBMIT_TO_FLIP,
	LATCH_STAGE_COMMIT_TO_FLIP,
	LATCH_STAGE_INPUT_TO_COMMIT, /* the client draws; it may have waited for its callback */
	LATCH_STAGE_INPUT_TO_FLIP,
};
#define LATCH_STAGES 6
#define LATCH_STAGES_WITHOUT_INPUT 4

/* Their stable names: "commit->signalled", and "commit_to_signalled" for JSON. */
extern const struct latch_stage_names { const char *name, *key; } latch_stages[LATCH_STAGES];

/* So many surfaces that are gone keep a row of their own; older ones share one. */
#define LATCH_STATISTICS_GONE_MAX 16

/* Causes that only another version of latch knows, whose trace is read. */
#define LATCH_OTHER_CAUSES 8

/* Numbers of one type alone: they are added as an array. */
struct latch_surface_counts {
	uint64_t frames; /* presented; the updates that percentiles are made of */
	uint64_t on_plane;
	uint64_t by_plane_type[LATCH_PLANE_TYPES]; /* on_plane, see latch_plane_type_names */
	uint64_t composed;
	uint64_t by_reason[LATCH_REASON_COUNT]; /* composed; a frame may have several reasons */
	uint64_t superseded;   /* replaced before their latch */
	uint64_t dropped;      /* neither presented nor superseded */
	uint64_t fence_errors; /* presented or not */
	uint64_t missed;
	uint64_t missed_by_cause[LATCH_MISSED_CAUSES];
	uint64_t missed_by_other[LATCH_OTHER_CAUSES]; /* see latch_statistics_other_cause() */
	uint64_t by_sync[LATCH_SYNC_KINDS];	      /* all updates, by their acquire fence */
	uint64_t unused;			      /* vblanks without a commit of the client */
	uint64_t incomplete;   /* presented, but a time that a stage needs was unknown */
	uint64_t out_of_order; /* a stage would have been negative, and counted as 0 */
	uint64_t clamped;      /* a stage was longer than LATCH_DURATIONS_MAX_NS */
};

struct latch_surface_row {
	uint32_t id;
	int32_t pid;
	uint32_t output_id; /* of the last presented update */
	bool gone;
	char label[LATCH_TEXT_MAX];
	struct latch_surface_counts counts;
	struct latch_record_layer composed_as; /* when it was composed last */
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
	bool keeps_gone; /* from now on, each in a row of its own, however many are gone */
	char other_causes[LATCH_OTHER_CAUSES][LATCH_TEXT_MAX]; /* "" ends them */
	struct latch_surface_row others; /* the sum of those that lost their row */
	uint64_t others_length;		 /* how many these are */
	struct latch_output_row *outputs;
	size_t outputs_length, outputs_capacity;
};

struct latch_statistics *latch_statistics_create(void);
void latch_statistics_destroy(struct latch_statistics *statistics);

/** Makes the surface's row, or renames it. Returns false when memory is out. */
bool latch_statistics_add_surface(
	struct latch_statistics *statistics, const struct latch_trace_surface *surface);

/** The surface is gone: its row stays, until LATCH_STATISTICS_GONE_MAX others went after it. */
void latch_statistics_surface_gone(struct latch_statistics *statistics, uint32_t surface_id);

/** Makes the output's row, or changes its texts. Returns false when memory is out. */
bool latch_statistics_add_output(
	struct latch_statistics *statistics, const struct latch_trace_output *output);

/**
 * Counts one update. Allocates only when its surface has no histograms yet. Updates of a
 * surface without a row count among the others.
 */
void latch_statistics_add_frame(
	struct latch_statistics *statistics, const struct latch_frame_record *record);

/* Vblanks that an update has missed, by the cause's name. */
struct latch_told_missed {
	const char *cause;
	uint32_t vblanks;
};

/**
 * Counts one update whose missed vblanks are known already, from the trace that latch wrote.
 * Causes that it does not know by name have counts of their own.
 */
void latch_statistics_add_told_frame(struct latch_statistics *statistics,
	const struct latch_frame_record *record, const struct latch_told_missed *missed,
	size_t length, uint32_t unused);

/** The name of one of the other causes, NULL when there are no more. */
const char *latch_statistics_other_cause(const struct latch_statistics *statistics, size_t index);

/** Counts one flip. Flips of an output that was not added are ignored. */
void latch_statistics_add_flip(
	struct latch_statistics *statistics, const struct latch_flip_record *record);

/**
 * The length of a stage in ns. A fence that signalled before the commit signalled at commit.
 * Returns false when a time it needs is unknown. *negative_out says that the times were out of
 * order and the length was made 0.
 */
bool latch_stage_length(const struct latch_frame_record *record, enum latch_stage stage,
	int64_t *length_ns_out, bool *negative_out);

/** How many of the stages there is something to tell of: those of input come last. */
unsigned latch_stages_told(const struct latch_surface_row *row);

/** The row of a surface; NULL when it has none of its own. */
struct latch_surface_row *latch_statistics_find_surface(
	const struct latch_statistics *statistics, uint32_t surface_id);

/** The row of an output, NULL when there is none. */
struct latch_output_row *latch_statistics_find_output(
	const struct latch_statistics *statistics, uint32_t output_id);

/** Prints the table for people, at most 100 columns wide. */
void latch_statistics_write_table(const struct latch_statistics *statistics, FILE *file);

/**
 * The same, and more, as a value of a JSON document, which borrows texts of the statistics. NULL
 * when memory is out.
 */
yyjson_mut_val *latch_statistics_to_json(
	const struct latch_statistics *statistics, yyjson_mut_doc *doc);

/** Adds an object with the durations' count, percentiles, maximum and mean. */
void latch_durations_to_json(const struct latch_durations *durations, yyjson_mut_doc *doc,
	yyjson_mut_val *to, const char *name);

/** Adds an object missed_by_cause: how many vblanks were missed by each cause. */
void latch_missed_to_json(
	const uint64_t missed[LATCH_MISSED_CAUSES], yyjson_mut_doc *doc, yyjson_mut_val *to);

/** Adds an array reasons: name, text, help (null for none) and frames of each that some were composed
 * for. */
void latch_reasons_to_json(
	const struct latch_surface_counts *counts, yyjson_mut_doc *doc, yyjson_mut_val *to);

/** Writes latch_statistics_to_json() as a document. Returns 0 or a negative errno. */
int latch_statistics_write_json(const struct latch_statistics *statistics, FILE *file);
