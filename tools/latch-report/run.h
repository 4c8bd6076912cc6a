/* SPDX-License-Identifier: MIT */
/* One run of latch, as its trace tells it. */
#pragma once

#include "base/text.h"
#include "trace/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One update never misses through more causes than this. */
#define RUN_CAUSES 6

/*
 * Names of causes, reasons, kinds of fence and planes are texts that the run owns, one copy of
 * each: the trace may come from a latch that has more of them than this one.
 */
struct run_frame {
	struct latch_frame_record record;
	const char *sync;
	const char *reasons; /* names with commas between them; "" for none */
	struct latch_told_missed missed[RUN_CAUSES];
	size_t missed_length;
	uint32_t unused; /* vblanks without a commit of the client before it */
};

/** Texts, one copy of each, which have numbers. All zero is none. */
struct texts {
	char **texts;
	size_t length, capacity;
};

/** The number of the text, which is added where it is not there; SIZE_MAX when memory is out. */
size_t texts_find(struct texts *texts, const char *text);
void texts_finish(struct texts *texts);

struct run_surface {
	uint32_t id;
	int32_t pid;
	char label[LATCH_TEXT_MAX]; /* "" when it has none */
};

struct run {
	char *path;
	char version[LATCH_TEXT_MAX]; /* of the latch that has written it */
	/* All of it, in the file's order: of the ends of the updates' lives. */
	struct run_frame *frames;
	size_t frames_length, frames_capacity;
	struct latch_flip_record *flips;
	size_t flips_length, flips_capacity;
	struct run_surface *surfaces;
	size_t surfaces_length, surfaces_capacity;
	struct texts names;

	struct latch_statistics *statistics; /* the same as latch itself had, and the outputs */
	bool cut;			     /* the end of the file is missing */
	uint64_t bytes, events;		     /* of the file */
	int64_t begin_ns, end_ns; /* the first and the last thing that happened; 0 for nothing */
};

/** Those that are told: p50, p95, p99, max. */
#define PERCENTILES 4
extern const struct percentile { const char *name; double value; } told_percentiles[PERCENTILES];

/** What is reported. */
struct report {
	struct run *runs;
	size_t length;
	const struct compare *compare; /* NULL unless there are two runs */
};

/** Makes an empty run. Returns false when memory is out. */
bool run_init(struct run *run, const char *path);

void run_finish(struct run *run);

/** Append one zeroed element. NULL when memory is out. Valid until the next call. */
struct run_frame *run_add_frame(struct run *run);
struct latch_flip_record *run_add_flip(struct run *run);

/** The surface with that number, made when there is none. NULL when memory is out. */
struct run_surface *run_get_surface(struct run *run, uint32_t id);

/** NULL when there is none. */
const struct run_surface *run_find_surface(const struct run *run, uint32_t id);

/** The run's own copy of a name, without control characters. NULL when memory is out. */
const char *run_name(struct run *run, const char *name);

/** Makes the times of the run known: call it with every time of an event. 0 is ignored. */
void run_note_time(struct run *run, int64_t ns);

/** The causes of them with their numbers, "fence:2 latch:1" with ":" and " ". Returns the text. */
#define RUN_MISSED_MAX (RUN_CAUSES * (LATCH_TEXT_MAX + 16))
const char *run_frame_missed_text(const struct run_frame *frame, const char *of,
	const char *separator, char text[RUN_MISSED_MAX]);

/** How many vblanks the update has missed, through all causes. */
uint32_t run_frame_missed(const struct run_frame *frame);
