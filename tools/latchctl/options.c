/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "common/util.h"

#define MAX_WATCH_S 86400.0
#define MAX_LAST_S 30.0

static bool take_watch(const char *text, void *data) {
	struct latchctl_options *options = data;
	options->watch_s = 1;
	return text == NULL || option_parse_real(text, 0.1, MAX_WATCH_S, &options->watch_s);
}

/* A number of seconds, with or without its unit. */
static bool take_last(const char *text, void *data) {
	struct latchctl_options *options = data;
	char number[32];
	size_t length = strlen(text);
	length -= length > 0 && text[length - 1] == 's';
	return length < sizeof(number) &&
	       snprintf(number, sizeof(number), "%.*s", (int)length, text) > 0 &&
	       option_parse_real(number, 0.1, MAX_LAST_S, &options->last_s);
}

#define MEMBER(name) OPTION_MEMBER(struct latchctl_options, name)

static const struct option_row rows[] = {
	{.help = "Usage: latchctl planes [OPTION]...\n"
		 "       latchctl held [OPTION]...\n"
		 "       latchctl top [OPTION]...\n"
		 "       latchctl record [--last SECONDS] FILE\n"
		 "       latchctl bug [OPTION]... [FILE]\n"
		 "Asks a running latch which buffer is on which plane, and why others are not (planes); which\n"
		 "updates are held, for how long, and by whose fences (held); shows frames per second, latency\n"
		 "and missed vblanks of each surface, live (top); writes what happened just now as a trace\n"
		 "(record), or all that a report of a bug needs as one archive (bug).\n"
		 "\n"
		 "planes:\n"},
	{"json", NULL, "as JSON, for programs", OPTION_SET, MEMBER(json), .min = 1},
	{"svg", "FILE", "planes: draw the screens into FILE instead", OPTION_TEXT, MEMBER(svg)},
	{"as", "PROFILE[,PROFILE...]",
		"planes: where the layers would be on other devices: i915, amdgpu,\n"
		"msm, rk3399, rk3588, vc4, virtio_gpu, vkms, or files",
		OPTION_TEXT, MEMBER(as)},
	{"output", "NAME", "planes: one output only, as Virtual-1", OPTION_TEXT, MEMBER(output)},
	{"kernel", NULL, "planes: beside what the kernel says; the status is 3 where they differ",
		OPTION_SET, MEMBER(kernel), .min = 1},
	{"watch", "[=SECONDS]", "again and again, every second or so many", OPTION_CALL,
		.take = take_watch},
	{.help = "top:\n"},
	{"once", NULL, "one second, then it ends", OPTION_SET, MEMBER(once), .min = 1},
	{.help = "  --json               a line of JSON for each second, for programs\n"
		 "  --output NAME        surfaces on one output only\n"
		 "  --watch=SECONDS      other spans than a second\n"
		 "\n"
		 "record, bug:\n"},
	{"last", "SECONDS", "so much of the past, up to 30 (default: 10)", OPTION_CALL,
		.take = take_last},
	{"titles", NULL, "bug: with the titles of windows", OPTION_SET, MEMBER(titles), .min = 1},
	{.help = "  --version, --help\n"
		 "\n"
		 "WAYLAND_DISPLAY and XDG_RUNTIME_DIR say which compositor: run it inside the session.\n"
		 "\n"
		 "Exit status: 0 done; 1 no compositor, not latch, no such output, or a file can't be\n"
		 "written; 2 wrong usage; 3 the kernel says something else (--kernel).\n"},
};

static const struct option_table table = {
	.program = "latchctl",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 23,
	.rest = OPTION_REST_WORDS,
	.usage_status = LATCHCTL_EXIT_USAGE,
	.hint = "Try 'latchctl --help'.",
};

static int usage(void) {
	fprintf(stderr, "%s\n", table.hint);
	return LATCHCTL_EXIT_USAGE;
}

static const char *const commands[] = {
	[LATCHCTL_PLANES] = "planes", [LATCHCTL_HELD] = "held", [LATCHCTL_TOP] = "top",
	[LATCHCTL_RECORD] = "record", [LATCHCTL_BUG] = "bug", NULL};

/* Which of the options go with the command; says what does not. */
static bool check(const struct latchctl_options *options) {
	bool planes = options->command == LATCHCTL_PLANES, top = options->command == LATCHCTL_TOP;
	bool bug = options->command == LATCHCTL_BUG, files = options->command >= LATCHCTL_RECORD;
	const struct rule rules[] = {
		{options->svg && !planes, "--svg is for planes"},
		{options->as && !planes, "--as is for planes"},
		{options->as && options->svg, "--as and --svg: one of them at a time"},
		{options->output && !planes && !top, "--output is for planes and top"},
		{options->once && !top, "--once is for top; the others do it anyway"},
		{options->kernel && !planes, "--kernel is for planes"},
		{options->kernel && (options->json || options->svg || options->as ||
					    options->watch_s > 0),
			"--kernel goes with --output alone"},
		{options->json && files, "--json is not for record and bug"},
		{options->watch_s > 0 && files, "--watch is not for record and bug"},
		{options->last_s > 0 && !files, "--last is for record and bug"},
		{options->titles && !bug, "--titles is for bug"},
		{options->command == LATCHCTL_RECORD && !options->file, "record into which file?"},
		{options->json && options->svg, "--json and --svg: one of them at a time"},
		{options->watch_s > 0 && !top && (options->json || options->svg),
			"--watch is for people, not for --json or --svg"},
	};
	return rules_kept(rules, sizeof(rules) / sizeof(rules[0]));
}

uint32_t latchctl_last_ms(const struct latchctl_options *options) {
	return (uint32_t)((options->last_s > 0 ? options->last_s : 10) * 1000);
}

int latchctl_options_parse(struct latchctl_options *options, int argc, char **argv) {
	*options = (struct latchctl_options){0};
	int status = options_parse(&table, options, argc, argv);
	if (status >= 0) {
		return status;
	}
	if (optind == argc) {
		say("what to ask for? There is: planes, held, top, record, bug");
		return usage();
	}
	const char *name = argv[optind];
	while (commands[options->command] && strcmp(name, commands[options->command]) != 0) {
		options->command++;
	}
	if (!commands[options->command]) {
		say("there is no command '%s', only: planes, held, top, record, bug", name);
		return usage();
	}
	if (options->command >= LATCHCTL_RECORD && optind + 1 < argc) {
		options->file = argv[++optind];
	}
	if (optind + 1 < argc) {
		say("'%s' is too much", argv[optind + 1]);
		return usage();
	}
	return check(options) ? -1 : usage();
}
