/* Frame statistics: counts and percentiles per surface and per output. */
#ifndef LATCH_TRACE_STATISTICS_H
#define LATCH_TRACE_STATISTICS_H

#include "trace/missed.h"
#include "trace/record.h"
#include "trace/trace.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct latch_durations;
struct latch_statistics;
struct yyjson_mut_doc;
struct yyjson_mut_val;

/*
 * The four stages that are told to people. "Submit" is the start of the ioctl. Every update
 * that was presented is in, the first ones of a session too.
 */
enum latch_stage {
	LATCH_STAGE_COMMIT_TO_SIGNALLED,
	LATCH_STAGE_SIGNALLED_TO_SUBMIT,
	LATCH_STAGE_SUBMIT_TO_FLIP,
	LATCH_STAGE_COMMIT_TO_FLIP,
};
#define LATCH_STAGES 4

/* So many surfaces that are gone keep a row of their own; older ones share one. */
#define LATCH_STATISTICS_GONE_MAX 16

/* Causes that only another version of latch knows, whose trace is read. */
#define LATCH_OTHER_CAUSES 8

struct latch_surface_counts {
	uint64_t frames; /* presented; the updates that percentiles are made of */
	uint64_t on_plane;
	uint64_t composed;
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

/** Every surface keeps a row of its own from now on, however many are gone. */
void latch_statistics_keep_gone(struct latch_statistics *statistics);

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

/** A stable name: "commit->signalled", ... */
const char *latch_stage_name(enum latch_stage stage);

/** A surface's counts so far. Returns false for a surface without a row of its own. */
bool latch_statistics_get_counts(const struct latch_statistics *statistics, uint32_t surface_id,
	struct latch_surface_counts *counts_out);

/** The percentile (0 to 100) of a stage in ns, 0 when there is nothing to tell from. */
int64_t latch_statistics_get_percentile(const struct latch_statistics *statistics,
	uint32_t surface_id, enum latch_stage stage, double percentile);

/** Prints the table for people, at most 100 columns wide. */
void latch_statistics_write_table(const struct latch_statistics *statistics, FILE *file);

/** A JSON object's name of the stage: "commit_to_signalled", ... */
const char *latch_stage_key(enum latch_stage stage);

/**
 * The same, and more, as a value of a JSON document, which borrows texts of the statistics. NULL
 * when memory is out.
 */
struct yyjson_mut_val *latch_statistics_to_json(
	const struct latch_statistics *statistics, struct yyjson_mut_doc *doc);

/** Adds an object with the durations' count, percentiles, maximum and mean. */
void latch_durations_to_json(const struct latch_durations *durations, struct yyjson_mut_doc *doc,
	struct yyjson_mut_val *to, const char *name);

/** Writes that as a document. Returns 0 or a negative errno. */
int latch_statistics_write_json(const struct latch_statistics *statistics, FILE *file);

#endif
