/* SPDX-License-Identifier: MIT */
/* From a trace file to a run. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct run;

struct read_options {
	/* Surfaces that are long gone keep rows of their own. */
	bool all_surfaces;
	/* Called now and then with how much of the file is read; size is 0 where it is unknown.
	 * NULL for nothing. */
	void (*progress)(const char *path, uint64_t done, uint64_t size);
};

/**
 * Reads the trace into an empty run, whose path is the file; "-" is standard input. A file without
 * its end is fine (run->cut). Returns NULL, or what is wrong in one line without the file's name,
 * valid until the next call; the run has to be finished in either case.
 */
const char *read_trace(struct run *run, const struct read_options *options);
