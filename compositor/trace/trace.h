/* SPDX-License-Identifier: MIT */
/* What the rest of latch calls to have its frames recorded. */
#pragma once

#include "trace/record.h"

#include <stddef.h>
#include <stdint.h>

struct latch_statistics;
struct latch_trace;
struct wl_event_loop;

struct latch_trace_options {
	const char *trace_path; /* --trace: events for ui.perfetto.dev, or NULL */
	const char *stats_path; /* --stats: statistics as JSON at the end, or NULL */

	/* The last seconds are kept in memory in any case; without a loop they can't be written. */
	struct wl_event_loop *event_loop;
	const char *record_folder; /* --record: they are written into it, or NULL */
	uint64_t record_files;	   /* so many files; then the oldest is written anew */
	int64_t record_limit_ns;   /* a percentile 99 from commit to flip above it is a reason to
				    * write one; 0: it is none */
};

/**
 * Starts to record. Statistics are always kept; the files are opened (and truncated) at
 * once, so that a path which can't be written is told before the session begins.
 * Returns NULL with errno set, after a log line that says what is wrong.
 */
struct latch_trace *latch_trace_create(const struct latch_trace_options *options);

/**
 * Writes what is left, the --stats file too, and frees everything. Call it after the last
 * update was released. NULL is fine.
 */
void latch_trace_destroy(struct latch_trace *trace);

/**
 * Tells who a surface is, before its first record or whenever its label changes. Texts are copied.
 */
void latch_trace_add_surface(struct latch_trace *trace, const struct latch_trace_surface *surface);

/** No further surface of this number will come; records of its last updates may. */
void latch_trace_remove_surface(struct latch_trace *trace, uint32_t surface_id);

/** Tells what an output is, when it appears and after each change of its mode or renderer. */
void latch_trace_add_output(struct latch_trace *trace, const struct latch_trace_output *output);

/**
 * Records one content update. Call it exactly once per update, when nothing in it will change
 * any more: after its release, or when it is dropped. Allocates nothing, except at the first
 * record of a surface. The record is not kept.
 */
void latch_trace_frame(struct latch_trace *trace, const struct latch_frame_record *record);

/** Records one flip, after its event. Allocates nothing. */
void latch_trace_flip(struct latch_trace *trace, const struct latch_flip_record *record);

/**
 * Records that an update was taken in: only ids and commit_ns of the record count. Exactly one
 * latch_trace_frame() is owed for it. Allocates nothing, except at the first of a surface.
 */
void latch_trace_commit(struct latch_trace *trace, const struct latch_frame_record *record);

/**
 * Records what an output shows from now on: updates of clients alone. After the flip's own record,
 * with its time and sequence; and whenever a screen goes dark or another picture than the one that
 * was to come is up, with the present time and 0. Allocates nothing.
 */
void latch_trace_shown(struct latch_trace *trace, uint32_t output_id, int64_t time_ns,
	uint64_t sequence, const struct latch_shown_record *shown, size_t length);

/**
 * Writes the records of the last span_ns, at most LATCH_RING_NS, to a regular file, which it takes
 * over, as a trace that says since when it is whole. done is called by the event loop, with 0 or a
 * negative errno, unless this returns one: -EBUSY while another file is written, -EINVAL for what
 * is no regular file, -ENOMEM. This and the next function need a trace that has an event loop.
 */
int latch_trace_record(struct latch_trace *trace, int fd, int64_t span_ns,
	void (*done)(void *data, int error), void *data);

/** Writes the last 10 s into the folder of --record; the log says where, or why not. */
void latch_trace_record_file(struct latch_trace *trace, const char *why);

/** What was counted so far, to look at until the next call of a function here. */
const struct latch_statistics *latch_trace_statistics(const struct latch_trace *trace);
