/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"

static const struct option_row rows[] = {
	{.help = "usage: latch explain [--expect EXPR] [latch's options] -- COMMAND [ARG ...]\n"
		 "\n"
		 "Runs COMMAND under latch and says at the end, for each of its surfaces, what happened to\n"
		 "its buffers: which were on planes, which were composed and why, what would help, and\n"
		 "where the latency went.\n"
		 "\n"},
	{"expect", "EXPR", "what it has to have been, for scripts: 'on-plane>=95% missed<=1%'",
		OPTION_CALL, .take = expect_take},
	{.help = "  --version, --help\n\n" EXPECT_FIGURES_HELP
		 "\n"
		 "Exit status: latch's own, which is COMMAND's (see 'latch --help'); 99 where that is 0 and\n"
		 "not all is as expected.\n"},
};

static const struct option_table table = {
	.program = "latch-explain",
	.rows = rows,
	.length = sizeof(rows) / sizeof(rows[0]),
	.column = 18,
	.usage_status = EXPLAIN_EXIT_USAGE,
};

/* How many words, from this one on, are an option of ours. */
static int own_words(const char *const *words) {
	const size_t length = strcspn(words[0], "=");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].name && strncmp(words[0], "--", 2) == 0 && length == strlen(rows[i].name) + 2 &&
			strncmp(words[0] + 2, rows[i].name, length - 2) == 0) {
			return words[0][length] == '=' || !words[1] ? 1 : 2;
		}
	}
	return (length == 6 && strncmp(words[0], "--help", 6) == 0) ||
	       strcmp(words[0], "--version") == 0;
}

static int refuse(const char *what) {
	fprintf(stderr, "latch-explain: %s; --help says how\n", what);
	return EXPLAIN_EXIT_USAGE;
}

/* Our own words go to `own`, all others to latch. */
static int sort_words(struct explain_options *options, int argc, char **argv, char **own) {
	int i = 1, own_len = 1;
	own[0] = argv[0];
	while (i < argc && strcmp(argv[i], "--") != 0) {
		const int ours = own_words((const char *const *)&argv[i]);
		if (ours == 0 && strncmp(argv[i], "--st", 4) == 0) {
			return refuse("--stats: what latch counts is taken by latch-explain itself");
		}
		if (ours == 0) {
			options->latch[options->latch_len++] = argv[i++];
		}
		for (int j = 0; j < ours; j++) {
			own[own_len++] = argv[i++];
		}
	}
	const int status = options_parse(&table, options, own_len, own);
	if (status >= 0) {
		return status;
	}
	if (i + 1 >= argc) {
		return refuse("which command? It stands behind --");
	}
	while (i < argc) {
		options->latch[options->latch_len++] = argv[i++];
	}
	return -1;
}

int explain_options_parse(struct explain_options *options, int argc, char **argv) {
	*options = (struct explain_options){.latch = calloc((size_t)argc + 1, sizeof(char *))};
	char **own = calloc((size_t)argc + 1, sizeof(char *));
	const int status =
		options->latch && own ? sort_words(options, argc, argv, own) : EXPLAIN_EXIT_FAILURE;
	free(own);
	return status;
}
