#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"

#define MAX_WATCH_S 86400.0

static const char help_text[] =
	"Usage: latchctl planes [OPTION]...\n"
	"       latchctl top [OPTION]...\n"
	"Asks a running latch which buffer is on which plane, and why others are not (planes), or\n"
	"shows frames per second, latency and missed vblanks of each surface, live (top).\n"
	"\n"
	"planes:\n"
	"  --json               as JSON, for programs\n"
	"  --svg FILE           draw the screens into FILE instead\n"
	"  --output NAME        one output only, as Virtual-1\n"
	"  --watch[=SECONDS]    again and again, every second or so many\n"
	"top:\n"
	"  --once               one second, then it ends\n"
	"  --json               a line of JSON for each second, for programs\n"
	"  --output NAME        surfaces on one output only\n"
	"  --watch=SECONDS      other spans than a second\n"
	"  --version, --help\n"
	"\n"
	"WAYLAND_DISPLAY and XDG_RUNTIME_DIR say which compositor: run it inside the session.\n"
	"\n"
	"Exit status: 0 done; 1 no compositor, not latch, no such output, or a file can't be\n"
	"written; 2 wrong usage.\n";

enum option_code {
	OPTION_JSON = 256,
	OPTION_SVG,
	OPTION_OUTPUT,
	OPTION_WATCH,
	OPTION_ONCE,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"json", no_argument, NULL, OPTION_JSON},
	{"svg", required_argument, NULL, OPTION_SVG},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"watch", optional_argument, NULL, OPTION_WATCH},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static bool parse_seconds(double *seconds, const char *text) {
	if (!text) {
		*seconds = 1;
		return true;
	}
	char *end;
	errno = 0;
	*seconds = strtod(text, &end);
	return errno == 0 && end != text && *end == '\0' && *seconds >= 0.1 &&
	       *seconds <= MAX_WATCH_S;
}

static int usage(void) {
	fputs("Try 'latchctl --help'.\n", stderr);
	return LATCHCTL_EXIT_USAGE;
}

static int check_planes(const struct latchctl_options *options) {
	if (options->json && options->svg) {
		say("--json and --svg: one of them at a time");
		return usage();
	}
	if (options->watch_s > 0 && (options->json || options->svg)) {
		say("--watch is for the table, not for --json or --svg");
		return usage();
	}
	if (options->once) {
		say("--once is for top; planes does it anyway");
		return usage();
	}
	return -1;
}

static int check_top(const struct latchctl_options *options) {
	if (options->svg) {
		say("--svg is for planes");
		return usage();
	}
	return -1;
}

int latchctl_options_parse(struct latchctl_options *options, int argc, char **argv) {
	*options = (struct latchctl_options){0};
	int code;
	optind = 1;
	/* getopt_long() itself says what is wrong with an option. */
	while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (code) {
		case OPTION_JSON:
			options->json = true;
			break;
		case OPTION_SVG:
			options->svg = optarg;
			break;
		case OPTION_OUTPUT:
			options->output = optarg;
			break;
		case OPTION_WATCH:
			if (!parse_seconds(&options->watch_s, optarg)) {
				say("--watch wants seconds, from 0.1 to a day, not '%s'", optarg);
				return usage();
			}
			break;
		case OPTION_ONCE:
			options->once = true;
			break;
		case OPTION_VERSION:
			puts("latchctl " LATCH_VERSION);
			return LATCHCTL_EXIT_OK;
		case OPTION_HELP:
			fputs(help_text, stdout);
			return LATCHCTL_EXIT_OK;
		default:
			return usage();
		}
	}
	if (optind == argc) {
		say("what to ask for? There is: planes, top");
		return usage();
	}
	if (strcmp(argv[optind], "top") == 0) {
		options->command = LATCHCTL_TOP;
	} else if (strcmp(argv[optind], "planes") != 0) {
		say("there is no command '%s', only: planes, top", argv[optind]);
		return usage();
	}
	if (optind + 1 < argc) {
		say("'%s' is too much", argv[optind + 1]);
		return usage();
	}
	return options->command == LATCHCTL_TOP ? check_top(options) : check_planes(options);
}
