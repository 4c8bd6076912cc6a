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
	"       latchctl held [OPTION]...\n"
	"       latchctl top [OPTION]...\n"
	"Asks a running latch which buffer is on which plane, and why others are not (planes); which\n"
	"updates are held, for how long, and by whose fences (held); or shows frames per second,\n"
	"latency and missed vblanks of each surface, live (top).\n"
	"\n"
	"planes:\n"
	"  --json               as JSON, for programs\n"
	"  --svg FILE           planes: draw the screens into FILE instead\n"
	"  --output NAME        planes: one output only, as Virtual-1\n"
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

static bool parse_command(enum latchctl_command *command, const char *name) {
	static const char *const names[] = {
		[LATCHCTL_PLANES] = "planes",
		[LATCHCTL_HELD] = "held",
		[LATCHCTL_TOP] = "top",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0) {
			*command = (enum latchctl_command)i;
			return true;
		}
	}
	return false;
}

/* Which of the options go with the command; says what does not. */
static bool check(const struct latchctl_options *options) {
	bool planes = options->command == LATCHCTL_PLANES, top = options->command == LATCHCTL_TOP;
	if (options->svg && !planes) {
		say("--svg is for planes");
	} else if (options->output && !planes && !top) {
		say("--output is for planes and top");
	} else if (options->once && !top) {
		say("--once is for top; the others do it anyway");
	} else if (options->json && options->svg) {
		say("--json and --svg: one of them at a time");
	} else if (options->watch_s > 0 && !top && (options->json || options->svg)) {
		say("--watch is for people, not for --json or --svg");
	} else {
		return true;
	}
	return false;
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
		say("what to ask for? There is: planes, held, top");
		return usage();
	}
	if (!parse_command(&options->command, argv[optind])) {
		say("there is no command '%s', only: planes, held, top", argv[optind]);
		return usage();
	}
	if (optind + 1 < argc) {
		say("'%s' is too much", argv[optind + 1]);
		return usage();
	}
	return check(options) ? -1 : usage();
}
