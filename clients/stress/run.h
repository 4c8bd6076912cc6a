/* SPDX-License-Identifier: MIT */
#pragma once

#include <yyjson.h>

#include "common/util.h"
#include "options.h"

/* What latch-stress does, by its modes. signal_fd is a signalfd of the signals that end it. */

/** What a hostile client did on all its connections, and how the last one ended. */
struct hostile_report {
	const char *sync; /* NULL: it did not come so far */
	uint64_t commits;
	uint64_t fences, ended; /* that had not signalled; and how many of them were ended */
	uint64_t busy;		/* buffers that were not released at the end */
	int64_t run_ns;
	bool closed; /* by the user, or by a signal */
};

/** Commits content updates with bad fences until its time is up. Adds to the report. */
enum client_exit hostile_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report);

/** Shows very many of something, and then draws a frame with each callback until its time is up.
 * Adds to the report's commits and run_ns, and fills closed. */
enum client_exit crowd_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report);

/** Starts clients, each of which comes to its step and is killed there; and says, and writes as
 * JSON, what became of them. */
enum client_exit die_run(const struct stress_options *options, int signal_fd);

/** Runs the cases of invalid requests and prints TAP; and writes JSON. */
enum client_exit bad_run(const struct stress_options *options, int signal_fd);

/** Begins what is written of a run as JSON: what was asked for, and its status. Returns false
 * without memory. */
bool stress_report_begin(const struct stress_options *options, enum client_exit status,
	yyjson_mut_doc **doc, yyjson_mut_val **root);
