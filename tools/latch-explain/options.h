/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

#include "expect.h"

enum explain_exit {
	EXPLAIN_EXIT_FAILURE = 100, /* as latch's own */
	EXPLAIN_EXIT_USAGE = 101,
};

struct explain_options {
	/** First: see expect_take(). */
	struct expect expect;
	/** For latch: its options, then "--" and the command. NULL-terminated, the words are argv's. */
	char **latch;
	int latch_len;
};

/**
 * Reads the command line: its own options are taken, all other words before "--" are latch's. Returns
 * -1 to go on, else the status to exit with, after the words for it were printed. The caller frees
 * options->latch in either case.
 */
int explain_options_parse(struct explain_options *options, int argc, char **argv);
