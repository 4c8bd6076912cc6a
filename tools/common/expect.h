/* SPDX-License-Identifier: MIT */
/* What a run is expected to have been: "on-plane>=95% missed<=1%". */
#pragma once

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <yyjson.h>

/** What programs end with where not all is as expected. */
#define EXPECT_EXIT_NOT_MET 99

#define EXPECT_MAX 32
#define EXPECT_FIGURES_HELP                                                                        \
	"EXPR is FIGURE>=NUMBER, with <=, >, < or = as well, or several with blanks between them.\n"    \
	"A FIGURE is frames, on-plane, on-primary, on-overlay, on-cursor, composed,\n"              \
	"composed-REASON, missed, missed-CAUSE, superseded, dropped, fence-errors: a count, or with %\n" \
	"of the frames; or a stage's time in ms, as commit-to-flip-p99 (p50, p95, p99, max, mean).\n"    \
	"LABEL:FIGURE is of the surfaces of that label, else it is of all together.\n"

enum expect_kind {
	EXPECT_COUNT,  /* of frames or vblanks, which are added */
	EXPECT_REASON, /* a count, of the frames that were composed for it */
	EXPECT_TIME,   /* the longest of the surfaces' */
};

struct expectation {
	char text[2 * LATCH_TEXT_MAX];	/* as it was written */
	char label[LATCH_TEXT_MAX];	/* of the surfaces that it is of; "": of all */
	enum expect_kind kind;
	char where[LATCH_TEXT_MAX + 32]; /* a JSON pointer from a surface; of a reason its name */
	char order[3];		    /* ">=", ">", "=", "<=", "<" */
	double value;		    /* in percent of the frames, in ms, or as it is */
	bool is_percent;
};

struct expect {
	struct expectation list[EXPECT_MAX];
	size_t length;
};

/** Room for what is wrong with an expression. */
#define EXPECT_PROBLEM_MAX 256

/** Adds what an expression says. Returns false with what is wrong in one line. */
bool expect_parse(struct expect *expect, const char *text, char problem[EXPECT_PROBLEM_MAX]);

/** For OPTION_CALL, where the first of the options is a struct expect: the same, and what is wrong is
 * said on stderr. */
bool expect_take(const char *text, void *options);

/**
 * Prints a line for each expectation: whether a run meets it, and the figure. root: an object as
 * --stats writes it. What has no figure, as the share of no frames, is not met. Returns whether all
 * are met.
 */
bool expect_judge(const struct expect *expect, yyjson_mut_val *root, FILE *file);
