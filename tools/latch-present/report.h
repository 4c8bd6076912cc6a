/* SPDX-License-Identifier: MIT */
/* What latch-present tells of all clients: a trace for latch-report, and a table at the end. */
#pragma once

#include "base/text.h"
#include "trace/event_file.h"
#include "trace/record.h"
#include "trace/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** What a buffer is, as its client has told the compositor. All 0: it is not known. */
struct report_look {
	const char *kind; /* static text: "dma-buf", "shm", ... */
	uint32_t width, height;
	uint32_t fourcc;
	bool has_modifier;
	bool fences; /* it can have implicit ones */
	uint64_t modifier;
};

struct report_surface {
	uint32_t id; /* a number that is never used again */
	int32_t pid;
	char label[LATCH_TEXT_MAX];
	uint64_t commits;	 /* with a buffer */
	uint64_t unmeasured;	 /* those of them without feedback */
	struct report_look look; /* of the last buffer */
	uint32_t output_id;	 /* that it was seen on last; 0: not known */
	int64_t flip_ns;	 /* of the update that was seen last */
	size_t waiting;		 /* updates whose report_frame() is still to come */
	bool gone;
};

struct present_report {
	struct latch_statistics *statistics;
	bool writes; /* a trace */
	struct latch_event_file file;
	struct report_surface **surfaces; /* in the order they came */
	size_t surfaces_length, surfaces_capacity;
	uint32_t last_id;
	char (*outputs)[LATCH_TEXT_MAX]; /* names; an id is a place here, counted from 1 */
	size_t outputs_length, outputs_capacity;
	bool without_presentation; /* on some connection the compositor had no wp_presentation */
};

/** Returns 0 or a negative errno. trace_path: NULL for no trace. */
int report_init(struct present_report *report, const char *trace_path);

/** Ends the trace, and frees all. Returns 0 or the first error of the trace's writes. */
int report_finish(struct present_report *report);

/** A new surface of a client; NULL without memory. The report owns it. */
struct report_surface *report_add_surface(
	struct present_report *report, int32_t pid, const char *label);

/** Gives the surface another name, its app id. */
void report_name_surface(
	struct present_report *report, struct report_surface *surface, const char *label);

/** The number of an output's name; 0 without memory. */
uint32_t report_output(struct present_report *report, const char *name);

/** A commit with a buffer. measured: report_frame() will follow. */
void report_commit(struct present_report *report, struct report_surface *surface,
	const struct report_look *look, const struct latch_frame_record *record, bool measured);

/** An update has ended: its whole record. */
void report_frame(struct present_report *report, const struct latch_frame_record *record);

/** The surface is gone. The caller must not use it again, but for updates that are waiting. */
void report_remove_surface(struct present_report *report, struct report_surface *surface);

/** Prints what was found, for people. */
void report_print(const struct present_report *report, FILE *file);
