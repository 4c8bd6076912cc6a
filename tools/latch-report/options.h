/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "expect.h"

enum report_exit {
	REPORT_EXIT_OK = 0,
	/** A file can't be written, or memory is out. */
	REPORT_EXIT_FAILURE = 1,
	/** Wrong usage, or a trace that can't be read; what of the others was asked for is done. */
	REPORT_EXIT_INPUT = 2,
	/** All is done, and a trace is not as expected. */
	REPORT_EXIT_NOT_MET = EXPECT_EXIT_NOT_MET,
};

struct report_options {
	/** What each of the traces has to meet. It comes first: see expect_take(). */
	struct expect expect;
	/** One of them instead of the tables. */
	bool json, csv;
	/** NULL: not asked for. "-" is standard output, which then has nothing else. */
	const char *html, *svg;
	/** Surfaces that are long gone have rows of their own too. */
	bool all_surfaces;
	/** Borrowed from argv; at least one. */
	char **traces;
	size_t traces_len;
};

/**
 * Reads the command line. Returns -1 when there is something to do, else the status to exit with,
 * after the words for it were printed.
 */
int report_options_parse(struct report_options *options, int argc, char **argv);

/** Whether a path is there, and stands for standard output. */
bool report_options_is_stdout(const char *path);
