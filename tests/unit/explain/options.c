/* SPDX-License-Identifier: MIT */
/* Which words are latch-explain's, and which are latch's. */
#include "options.h"
#include "../test.h"

static int parse(struct explain_options *options, char **argv) {
	int argc = 0;
	while (argv[argc] != NULL) {
		argc++;
	}
	return explain_options_parse(options, argc, argv);
}

#define PARSE(options, ...) parse(options, (char *[]){"latch-explain", __VA_ARGS__, NULL})

static void latch_gets_its_own(void **state) {
	struct explain_options options;
	assert_int_equal(PARSE(&options, "--device", "/dev/x", "--expect", "frames>=1", "--trace=t",
				 "--expect=missed<=1% on-plane>=2", "--", "app", "--expect", "x"),
		-1);
	assert_int_equal(options.expect.length, 3);
	static const char *const wanted[] = {
		"--device", "/dev/x", "--trace=t", "--", "app", "--expect", "x"};
	assert_int_equal(options.latch_len, LEN(wanted));
	for (size_t i = 0; i < LEN(wanted); i++) {
		assert_string_equal(options.latch[i], wanted[i]);
	}
	assert_null(options.latch[LEN(wanted)]);
	free(options.latch);
}

static void wrong_words_are_refused(void **state) {
	static char *const rows[][4] = {{"--expect", "on-plain>1", "--", "app"}, {"--expect"},
		{"--expect", "frames>1"}, {"--device=x", "--"}, {"--stats=x", "--", "app"}};
	struct explain_options options;
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_int_equal(PARSE(&options, rows[i][0], rows[i][1], rows[i][2], rows[i][3]),
			EXPLAIN_EXIT_USAGE);
		free(options.latch);
	}
	assert_int_equal(PARSE(&options, "--version"), 0);
	free(options.latch);
}

TEST_MAIN("explain options", UNIT(latch_gets_its_own), UNIT(wrong_words_are_refused))
