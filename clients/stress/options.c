#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/util.h"

#define MAX_SIZE 8192
#define MAX_SECONDS 1000000.0

static const char help_text[] =
	"Usage: latch-stress [OPTION]...\n"
	"       latch-stress --bad[=TEXT] [--repeat N] [--json FILE]\n"
	"       latch-stress --die=STEP [--repeat N] [--at-once N]\n"
	"\n"
	"The client that a compositor should survive: fences that never signal, floods of\n"
	"commits, invalid requests, deaths at the worst moment.\n"
	"\n"
	"  --fence KIND        ready, never, late[:MS], error, future, proxy, user,\n"
	"                      unmaterialised or random (default: never)\n"
	"  --sync MODE         syncobj, sync-file, implicit or auto (default: auto)\n"
	"  --buffers N         buffers of each surface (default: 3)\n"
	"  --surfaces N        windows (default: 1)\n"
	"  --size WxH          of each window's buffers (default: 256x256)\n"
	"  --interval MS       time between two commits of a surface (default: 16)\n"
	"  --flood             commit without waiting for anything\n"
	"  --crowd KIND        no fences, but as many subsurfaces, windows, region (rectangles\n"
	"                      in it) or callbacks as --surfaces says\n"
	"  --seed N            of the random fences (default: 1)\n"
	"\n"
	"  --bad[=TEXT]        make every invalid request, each on a connection of its own,\n"
	"                      and compare the answers; with TEXT in their names only\n"
	"  --list              name those cases, and do nothing\n"
	"\n"
	"  --die STEP          be killed when it has come so far: bind, buffers, fence,\n"
	"                      committed, pending, shown; or all in turn\n"
	"  --at-once N         as many such clients at a time (default: 1)\n"
	"\n"
	"  --seconds S         end after so long (default: when it is told to)\n"
	"  --repeat N          do it all N times, each on a new connection (default: 1)\n"
	"  --json FILE         write what came of it as JSON; - is standard output\n"
	"  --version, --help\n"
	"\n"
	"Exit status: 0 done; 1 a case was not ok, or a failure; 2 wrong usage; 3 no\n"
	"compositor; 4 a protocol is missing; 5 no buffers, or no such fences, here;\n"
	"6 the compositor ended the connection. See latch-stress(1).\n";

enum {
	OPTION_FENCE = 256,
	OPTION_SYNC,
	OPTION_BUFFERS,
	OPTION_SURFACES,
	OPTION_SIZE,
	OPTION_INTERVAL,
	OPTION_FLOOD,
	OPTION_CROWD,
	OPTION_SEED,
	OPTION_BAD,
	OPTION_LIST,
	OPTION_DIE,
	OPTION_AT_ONCE,
	OPTION_SECONDS,
	OPTION_REPEAT,
	OPTION_JSON,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"fence", required_argument, NULL, OPTION_FENCE},
	{"sync", required_argument, NULL, OPTION_SYNC},
	{"buffers", required_argument, NULL, OPTION_BUFFERS},
	{"surfaces", required_argument, NULL, OPTION_SURFACES},
	{"size", required_argument, NULL, OPTION_SIZE},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"flood", no_argument, NULL, OPTION_FLOOD},
	{"crowd", required_argument, NULL, OPTION_CROWD},
	{"seed", required_argument, NULL, OPTION_SEED},
	{"bad", optional_argument, NULL, OPTION_BAD},
	{"list", no_argument, NULL, OPTION_LIST},
	{"die", required_argument, NULL, OPTION_DIE},
	{"at-once", required_argument, NULL, OPTION_AT_ONCE},
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{"repeat", required_argument, NULL, OPTION_REPEAT},
	{"json", required_argument, NULL, OPTION_JSON},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static const char *const step_names[] = {
	[DIE_BIND] = "bind",
	[DIE_BUFFERS] = "buffers",
	[DIE_FENCE] = "fence",
	[DIE_COMMITTED] = "committed",
	[DIE_PENDING] = "pending",
	[DIE_SHOWN] = "shown",
	[DIE_ALL] = "all",
};

const char *die_step_name(enum die_step step) {
	return step_names[step];
}

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *value) {
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || number < min ||
		number > max) {
		return false;
	}
	*value = number;
	return true;
}

static bool parse_int(const char *text, uint64_t max, int *value) {
	uint64_t number;
	if (!parse_number(text, 1, max, &number)) {
		return false;
	}
	*value = (int)number;
	return true;
}

static bool parse_size(const char *text, uint32_t *width, uint32_t *height) {
	char rest;
	return sscanf(text, "%5ux%5u%c", width, height, &rest) == 2 && *width > 0 && *height > 0 &&
	       *width <= MAX_SIZE && *height <= MAX_SIZE;
}

static bool parse_seconds(const char *text, int64_t *time_ns) {
	char *end;
	double seconds = strtod(text, &end);
	/* Not a number is not above 0 either. */
	if (end == text || *end != '\0' || !(seconds > 0.0) || seconds > MAX_SECONDS) {
		return false;
	}
	*time_ns = (int64_t)(seconds * 1e9);
	return true;
}

static bool parse_step(const char *text, enum die_step *step) {
	for (size_t i = 0; i < sizeof(step_names) / sizeof(step_names[0]); i++) {
		if (strcmp(text, step_names[i]) == 0) {
			*step = (enum die_step)i;
			return true;
		}
	}
	return false;
}

static bool parse_crowd(const char *text, enum crowd_kind *crowd) {
	static const char *const names[] = {
		[CROWD_SUBSURFACES] = "subsurfaces",
		[CROWD_WINDOWS] = "windows",
		[CROWD_REGION] = "region",
		[CROWD_CALLBACKS] = "callbacks",
	};
	for (size_t i = CROWD_SUBSURFACES; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*crowd = (enum crowd_kind)i;
			return true;
		}
	}
	return false;
}

static bool parse_interval(const char *text, int64_t *interval_ns) {
	uint64_t ms;
	if (!parse_number(text, 1, 60000, &ms)) {
		return false;
	}
	*interval_ns = (int64_t)ms * 1000000;
	return true;
}

/* Takes one option. Returns false when its argument is not good. */
static bool take_option(struct stress_options *options, int code, const char *arg) {
	switch (code) {
	case OPTION_FENCE:
		return fence_spec_parse(arg, &options->fence);
	case OPTION_SYNC:
		return sync_mode_parse(arg, &options->sync);
	case OPTION_BUFFERS:
		return parse_int(arg, 100000, &options->buffers);
	case OPTION_SURFACES:
		return parse_int(arg, 1000000, &options->surfaces);
	case OPTION_SIZE:
		return parse_size(arg, &options->width, &options->height);
	case OPTION_INTERVAL:
		return parse_interval(arg, &options->interval_ns);
	case OPTION_FLOOD:
		options->flood = true;
		return true;
	case OPTION_CROWD:
		return parse_crowd(arg, &options->crowd);
	case OPTION_SEED:
		return parse_number(arg, 1, UINT64_MAX, &options->seed);
	case OPTION_BAD:
		options->mode = STRESS_BAD;
		options->bad_filter = arg;
		return true;
	case OPTION_LIST:
		options->mode = STRESS_BAD;
		options->list = true;
		return true;
	case OPTION_DIE:
		options->mode = STRESS_DIE;
		return parse_step(arg, &options->die_step);
	case OPTION_AT_ONCE:
		return parse_int(arg, 10000, &options->at_once);
	case OPTION_SECONDS:
		return parse_seconds(arg, &options->run_ns);
	case OPTION_REPEAT:
		return parse_number(arg, 1, UINT64_MAX, &options->repeat);
	case OPTION_JSON:
		options->json = arg;
		return true;
	default:
		return false;
	}
}

/* What no single option can know. Returns false, having said what is wrong. */
static bool check_together(const struct stress_options *options) {
	if (options->fence.kind == FENCE_UNMATERIALISED && options->sync != SYNC_SYNCOBJ &&
		options->sync != SYNC_AUTO) {
		say("--fence unmaterialised needs --sync syncobj: only a timeline has points "
		    "without fences");
		return false;
	}
	if (options->at_once > 1 && options->mode != STRESS_DIE) {
		say("--at-once needs --die");
		return false;
	}
	return true;
}

int stress_options_parse(struct stress_options *options, int argc, char **argv) {
	*options = (struct stress_options){
		.fence = {.kind = FENCE_NEVER},
		.sync = SYNC_AUTO,
		.buffers = 3,
		.surfaces = 1,
		.width = 256,
		.height = 256,
		.interval_ns = 16000000,
		.die_step = DIE_ALL,
		.at_once = 1,
		.repeat = 1,
		.seed = 1,
	};
	opterr = 0;
	optind = 1;
	int code, index = 0;
	while ((code = getopt_long(argc, argv, ":", long_options, &index)) != -1) {
		switch (code) {
		case OPTION_HELP:
			fputs(help_text, stdout);
			return STRESS_EXIT_OK;
		case OPTION_VERSION:
			puts("latch-stress " LATCH_VERSION);
			return STRESS_EXIT_OK;
		case ':':
			say("%s needs an argument; --help lists the options", argv[optind - 1]);
			return STRESS_EXIT_USAGE;
		case '?':
			say(optopt >= OPTION_FENCE ? "%s takes no argument"
						   : "unknown option %s; --help lists the options",
				argv[optind - 1]);
			return STRESS_EXIT_USAGE;
		default:
			if (!take_option(options, code, optarg)) {
				say("--%s does not take '%s'; see --help", long_options[index].name,
					optarg);
				return STRESS_EXIT_USAGE;
			}
		}
	}
	if (optind < argc) {
		say("unknown argument '%s'; --help lists the options", argv[optind]);
		return STRESS_EXIT_USAGE;
	}
	return check_together(options) ? -1 : STRESS_EXIT_USAGE;
}
