/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/options.h"
#include "common/util.h"

#define MAX_SIZE 8192
#define MAX_SECONDS 1000000.0
#define MS UINT64_C(1000000)

const char *const die_step_names[] = {
	[DIE_BIND] = "bind",
	[DIE_BUFFERS] = "buffers",
	[DIE_FENCE] = "fence",
	[DIE_COMMITTED] = "committed",
	[DIE_PENDING] = "pending",
	[DIE_SHOWN] = "shown",
	[DIE_ALL] = "all",
	NULL,
};

static const char *const crowd_names[] = {
	[CROWD_SUBSURFACES] = "subsurfaces",
	[CROWD_WINDOWS] = "windows",
	[CROWD_REGION] = "region",
	[CROWD_CALLBACKS] = "callbacks",
	NULL,
};

static bool take_fence(const char *text, void *data) {
	struct stress_options *options = data;
	return fence_spec_parse(text, &options->fence);
}

static bool take_seconds(const char *text, void *data) {
	struct stress_options *options = data;
	double seconds;
	if (!option_parse_real(text, 0, MAX_SECONDS, &seconds) || seconds == 0) {
		return false;
	}
	options->run_ns = (int64_t)(seconds * 1e9);
	return true;
}

static bool take_begin(const char *text, void *data) {
	struct stress_options *options = data;
	double seconds;
	if (!option_parse_real(text, 0, MAX_SECONDS, &seconds)) {
		return false;
	}
	options->begin_ns = latch_now_ns() + (int64_t)(seconds * 1e9);
	return true;
}

void stress_wait_for_begin(const struct stress_options *options) {
	const struct timespec begin = latch_ns_timespec(options->begin_ns);
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &begin, NULL);
}

#define MEMBER(name) OPTION_MEMBER(struct stress_options, name)
#define GIVEN(name) .given = offsetof(struct stress_options, name)

static const struct option_row rows[] = {
	{.help = "Usage: latch-stress [OPTION]...\n"
		 "       latch-stress --bad[=TEXT] [--repeat N] [--json FILE]\n"
		 "       latch-stress --die=STEP [--repeat N] [--at-once N]\n"
		 "\n"
		 "The client that a compositor should survive: fences that never signal, floods "
		 "of\n"
		 "commits, invalid requests, deaths at the worst moment.\n"
		 "\n"},
	{"fence", "KIND",
		"ready, never, late[:MS], error, future, proxy, user,\n"
		"unmaterialised or random (default: never)",
		OPTION_CALL, .take = take_fence},
	{"sync", "MODE", "syncobj, sync-file, implicit or auto (default: auto)", OPTION_NAME,
		MEMBER(sync), .names = sync_mode_names},
	{"buffers", "N", "buffers of each surface (default: 3)", OPTION_NUMBER, MEMBER(buffers),
		.min = 1, .max = 100000},
	{"surfaces", "N", "windows (default: 1)", OPTION_NUMBER, MEMBER(surfaces), .min = 1,
		.max = 1000000},
	{"size", "WxH", "of each window's buffers (default: 256x256)", OPTION_SIZE, MEMBER(width),
		.max = MAX_SIZE},
	{"interval", "MS", "time between two commits of a surface (default: 16)", OPTION_NUMBER,
		MEMBER(interval_ns), .min = 1, .max = 60000, .unit = MS},
	{"flood", NULL, "commit without waiting for anything", OPTION_SET, MEMBER(flood), .min = 1},
	{"crowd", "KIND",
		"no fences, but as many subsurfaces, windows, region (rectangles\n"
		"in it) or callbacks as --surfaces says",
		OPTION_NAME, MEMBER(crowd), .names = crowd_names, .max = CROWD_CALLBACKS},
	{"seed", "N", "of the random fences (default: 1)", OPTION_NUMBER, MEMBER(seed), .min = 1,
		.max = UINT64_MAX},
	{.help = "\n"},
	{"bad", "[=TEXT]",
		"make every invalid request, each on a connection of its own,\n"
		"and compare the answers; with TEXT in their names only",
		OPTION_TEXT, MEMBER(bad_filter), GIVEN(bad)},
	{"list", NULL, "name those cases, and do nothing", OPTION_SET, MEMBER(list), .min = 1},
	{.help = "\n"},
	{"die", "STEP",
		"be killed when it has come so far: bind, buffers, fence,\n"
		"committed, pending, shown; or all in turn",
		OPTION_NAME, MEMBER(die_step), GIVEN(die), .names = die_step_names},
	{"at-once", "N", "as many such clients at a time (default: 1)", OPTION_NUMBER,
		MEMBER(at_once), .min = 1, .max = 10000},
	{.help = "\n"},
	{"begin-after", "S",
		"with bad fences or a crowd: connects and makes its buffers at once,\n"
		"but begins S seconds after its start (default: 0)",
		OPTION_CALL, .take = take_begin},
	{"seconds", "S", "ends after S seconds (default: when it is told to)", OPTION_CALL,
		.take = take_seconds},
	{"repeat", "N", "do it all N times, each on a new connection (default: 1)", OPTION_NUMBER,
		MEMBER(repeat), .min = 1, .max = UINT64_MAX},
	{"json", "FILE", "write what came of it as JSON; - is standard output", OPTION_TEXT,
		MEMBER(json)},
	{.help = "  --version, --help\n"
		 "\n"
		 "Exit status: 0 done; 1 a case was not ok, or a failure; 2 wrong usage; 3 no\n"
		 "compositor; 4 a protocol is missing; 5 no buffers, or no such fences, here;\n"
		 "6 the compositor ended the connection. See latch-stress(1).\n"},
};

static const struct option_table table = {
	.program = "latch-stress",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 22,
	.usage_status = CLIENT_EXIT_USAGE,
};

/* What no single option can know. Returns false, having said what is wrong. */
static bool check_together(const struct stress_options *options) {
	const bool points = options->sync == SYNC_SYNCOBJ || options->sync == SYNC_AUTO;
	const struct rule rules[] = {
		{options->fence.kind == FENCE_UNMATERIALISED && !points,
			"--fence unmaterialised needs --sync syncobj: only a timeline has points "
			"without fences"},
		{options->at_once > 1 && !options->die, "--at-once needs --die"},
		{options->begin_ns != 0 && (options->die || options->bad || options->list),
			"--begin-after is for bad fences and crowds"},
	};
	return rules_kept(rules, sizeof(rules) / sizeof(rules[0]));
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
	int status = options_parse(&table, options, argc, argv);
	return status >= 0 || check_together(options) ? status : CLIENT_EXIT_USAGE;
}
