/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum latchctl_exit {
	LATCHCTL_EXIT_OK = 0,
	/** No compositor, not latch, no such output, a file that can't be written. */
	LATCHCTL_EXIT_FAILURE = 1,
	LATCHCTL_EXIT_USAGE = 2,
	/** The kernel says something else of a plane than latch. */
	LATCHCTL_EXIT_DIFFERENT = 3,
};

enum latchctl_command {
	LATCHCTL_PLANES,
	LATCHCTL_HELD,
	LATCHCTL_TOP,
	LATCHCTL_RECORD,
	LATCHCTL_BUG,
};

struct latchctl_options {
	enum latchctl_command command;
	bool json;
	/** NULL: no picture. */
	const char *svg;
	/** planes: where layers would be on these display engines, with commas between; NULL: none. */
	const char *as;
	/** NULL: all. */
	const char *output;
	/** planes: again and again, after so many seconds each; 0: once. top: how long a span is;
	 * 0: not said. */
	double watch_s;
	/** top: one span, then it ends. */
	bool once;
	/** planes: beside what the kernel says. */
	bool kernel;
	/** bug: titles of windows may be in it. */
	bool titles;
	/** record, bug: how much of the past. */
	double last_s;
	/** record, bug: what is written. */
	const char *file;
};

/** How much of the past record and bug write. */
uint32_t latchctl_last_ms(const struct latchctl_options *options);

/**
 * Reads the command line. Strings are borrowed from argv. Returns -1 when there is something to do,
 * else the status to exit with, after the words for it were printed.
 */
int latchctl_options_parse(struct latchctl_options *options, int argc, char **argv);
