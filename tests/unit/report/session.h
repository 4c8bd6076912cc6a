/* SPDX-License-Identifier: MIT */
/* A run of latch that never was: its trace and statistics, written by latch's own code. */
#pragma once

#include "../trace/frame.h"

#include "run.h"

struct session {
	char trace_path[64], stats_path[64];
	/* All updates that were recorded. */
	struct latch_frame_record *records;
	size_t records_length;
	/* Its trace, as it was read. */
	struct run run;
};

/*
 * Writes a session of `frames` random updates on each of three surfaces, two of them called label,
 * and of as many flips on two outputs; and reads it.
 */
void session_begin(struct session *session, unsigned seed, size_t frames, const char *label);

/* One of so many surfaces that come one after the other and go, each with three updates. */
void session_begin_many(struct session *session, uint32_t surfaces);

/* Removes the files. */
void session_end(struct session *session);

/* Writes a text into a new file, whose path it returns in a buffer that the next call changes. */
const char *write_file(const char *text, size_t length);

/* Reads a trace that has to be good. */
void read_good(struct run *run, const char *path);
