#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const char help_text[] =
	"Usage: latch-report [OPTION]... TRACE [TRACE]...\n"
	"Reads what 'latch --trace TRACE' wrote and says how long each step of a frame took.\n"
	"One trace, or more than two: a table of each. Two: one beside the other, with ratios.\n"
	"- is standard input.\n"
	"\n"
	"  --html FILE   write a report to look at into FILE as well, with a timeline\n"
	"  --svg FILE    draw a frame's life into FILE as well (of the first trace)\n"
	"  --json        all that the tables say as JSON, for programs, instead of the tables\n"
	"  --csv         a row for each frame instead of the tables\n"
	"  --all         a row for each surface, also for those that are long gone\n"
	"  --version, --help\n"
	"\n"
	"FILE may be -, standard output; there is no table then.\n"
	"\n"
	"Exit status: 0 done; 1 a file can't be written; 2 wrong usage, or a trace that can't be\n"
	"read (the others are reported nevertheless).\n";

enum option_code {
	OPTION_HTML = 256,
	OPTION_SVG,
	OPTION_JSON,
	OPTION_CSV,
	OPTION_ALL,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"html", required_argument, NULL, OPTION_HTML},
	{"svg", required_argument, NULL, OPTION_SVG},
	{"json", no_argument, NULL, OPTION_JSON},
	{"csv", no_argument, NULL, OPTION_CSV},
	{"all", no_argument, NULL, OPTION_ALL},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static int usage(const char *what) {
	if (what != NULL) {
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	}
	fputs("Try 'latch-report --help'.\n", stderr);
	return REPORT_EXIT_INPUT;
}

static bool is_stdout(const char *path) {
	return path != NULL && strcmp(path, "-") == 0;
}

static int check(const struct report_options *options) {
	int to_stdout = is_stdout(options->html) + is_stdout(options->svg) +
			(options->format != REPORT_TABLE);
	size_t from_stdin = 0;
	for (size_t i = 0; i < options->traces_len; i++) {
		from_stdin += strcmp(options->traces[i], "-") == 0;
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
	int code;
	optind = 1;
	/* getopt_long() itself says what is wrong with an option. */
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (code) {
		case OPTION_HTML:
			options->html = optarg;
			break;
		case OPTION_SVG:
			options->svg = optarg;
			break;
		case OPTION_JSON:
		case OPTION_CSV:
			if (options->format != REPORT_TABLE) {
				return usage("--json and --csv: one of them at a time");
			}
			options->format = code == OPTION_JSON ? REPORT_JSON : REPORT_CSV;
			break;
		case OPTION_ALL:
			options->all_surfaces = true;
			break;
		case OPTION_VERSION:
			puts("latch-report " LATCH_VERSION);
			return REPORT_EXIT_OK;
		case OPTION_HELP:
			fputs(help_text, stdout);
			return REPORT_EXIT_OK;
		default:
			return usage(NULL);
		}
	}
	options->traces = argv + optind;
	options->traces_len = (size_t)(argc - optind);
	return check(options);
}
