/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/options.h"

#define FLAG(name) OPTION_SET, OPTION_MEMBER(struct report_options, name), .min = 1
#define TEXT(name) OPTION_TEXT, OPTION_MEMBER(struct report_options, name)

static const struct option_row rows[] = {
	{.help = "Usage: latch-report [OPTION]... TRACE [TRACE]...\n"
		 "Reads what 'latch --trace TRACE' wrote and says how long each step of a frame took.\n"
		 "One trace, or more than two: a table of each. Two: one beside the other, with ratios.\n"
		 "- is standard input.\n"
		 "\n"},
	{"html", "FILE", "write a report to look at into FILE as well, with a timeline",
		TEXT(html)},
	{"svg", "FILE", "draw a frame's life into FILE as well (of the first trace)", TEXT(svg)},
	{"json", NULL, "all that the tables say as JSON, for programs, instead of the tables",
		FLAG(json)},
	{"csv", NULL, "a row for each frame instead of the tables", FLAG(csv)},
	{"all", NULL, "a row for each surface, also for those that are long gone",
		FLAG(all_surfaces)},
	{"expect", "EXPR", "what each trace has to have been, as 'on-plane>=95% missed<=1%'",
		OPTION_CALL, .take = expect_take},
	{.help = "  --version, --help\n"
		 "\n" EXPECT_FIGURES_HELP
		 "\n"
		 "FILE may be -, standard output; there is no table then.\n"
		 "\n"
		 "Exit status: 0 done; 1 a file can't be written; 2 wrong usage, or a trace that can't be\n"
		 "read (the others are reported nevertheless); 99 a trace is not as expected.\n"},
};

static const struct option_table table = {
	.program = "latch-report",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 16,
	.rest = OPTION_REST_WORDS,
	.usage_status = REPORT_EXIT_INPUT,
	.hint = "Try 'latch-report --help'.",
};

static int usage(const char *what) {
	fprintf(stderr, "%s: %s\n%s\n", program_invocation_short_name, what, table.hint);
	return REPORT_EXIT_INPUT;
}

bool report_options_is_stdout(const char *path) {
	return path != NULL && strcmp(path, "-") == 0;
}

static int check(const struct report_options *options) {
	int to_stdout = report_options_is_stdout(options->html) +
			report_options_is_stdout(options->svg) + (options->json || options->csv);
	size_t from_stdin = 0;
	for (size_t i = 0; i < options->traces_len; i++) {
		from_stdin += strcmp(options->traces[i], "-") == 0;
	}
	if (options->json && options->csv) {
		return usage("--json and --csv: one of them at a time");
	}
	if (options->traces_len == 0) {
		return usage("which trace? latch writes one with --trace");
	}
	if (to_stdout > 1) {
		return usage("one thing at a time can go to standard output");
	}
	if (from_stdin > 1) {
		return usage("standard input can be read only once");
	}
	return -1;
}

int report_options_parse(struct report_options *options, int argc, char **argv) {
	*options = (struct report_options){0};
	int status = options_parse(&table, options, argc, argv);
	if (status >= 0) {
		return status;
	}
	options->traces = argv + optind;
	options->traces_len = (size_t)(argc - optind);
	return check(options);
}
