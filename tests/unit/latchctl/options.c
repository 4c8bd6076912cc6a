/* SPDX-License-Identifier: MIT */
/* The command line. */

#include "../test.h"
#include "options.h"

#define MAX_ARGS 8

static struct latchctl_options options;

/* What is said of the usage is for people: not here. */
static int parse(const char *const *args) {
	char *argv[MAX_ARGS + 1] = {(char *)"latchctl"};
	int argc = 1;
	for (; args[argc - 1] != NULL; argc++) {
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	}
	return latchctl_options_parse(&options, argc, argv);
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void good_ones(void **state) {
	assert_int_equal(PARSE("planes"), -1);
	assert_false(options.json || options.svg != NULL || options.output != NULL);
	assert_true(options.command == LATCHCTL_PLANES && options.watch_s == 0);
	assert_int_equal(PARSE("planes", "--json", "--output", "DP-1"), -1);
	assert_true(options.json);
	assert_string_equal(options.output, "DP-1");
	assert_int_equal(PARSE("--svg=file.svg", "planes"), -1);
	assert_string_equal(options.svg, "file.svg");
	assert_int_equal(PARSE("planes", "--watch"), -1);
	assert_true(options.watch_s == 1);
	assert_int_equal(PARSE("held", "--watch=0.5"), -1);
	assert_true(options.command == LATCHCTL_HELD && options.watch_s == 0.5);
	assert_int_equal(PARSE("held", "--json"), -1);
	assert_int_equal(PARSE("top", "--json", "--watch=2", "--output=DP-1"), -1);
	assert_int_equal(options.command, LATCHCTL_TOP);
	assert_true(options.json && options.watch_s == 2 && !options.once);
	assert_int_equal(PARSE("top", "--once"), -1);
	assert_true(options.once);
	assert_int_equal(PARSE("record", "--last", "2.5s", "FILE"), -1);
	assert_int_equal(latchctl_last_ms(&options), 2500);
	assert_string_equal(options.file, "FILE");
	assert_int_equal(PARSE("bug"), -1);
	assert_int_equal(latchctl_last_ms(&options), 10000);
	assert_null(options.file);
	assert_int_equal(PARSE("planes", "--kernel"), -1);
}

static void bad_ones(void **state) {
	static const char *const bad[][5] = {{"plains"}, {"planes", "planes"},
		{"planes", "--no-such-option"}, {"planes", "--svg"}, {"planes", "--json=x"},
		{"planes", "--json", "--svg", "x"}, {"planes", "--json", "--watch"},
		{"planes", "--watch=0"}, {"planes", "--watch=-1"}, {"planes", "--watch=nan"},
		{"planes", "--watch=soon"}, {"held", "planes"}, {"held", "--svg", "x"},
		{"held", "--output", "DP-1"}, {"planes", "--once"}, {"top", "--svg=x"}, {"record"},
		{"record", "a", "b"}, {"record", "--last=31", "a"}, {"record", "--last=s", "a"},
		{"record", "--last=", "a"}, {"planes", "--last=1"}, {"held", "--kernel"},
		{"planes", "--kernel", "--json"}, {"planes", "--kernel", "--watch"}, {"record", "--titles", "a"}};
	assert_int_equal(parse((const char *const[]){NULL}), LATCHCTL_EXIT_USAGE);
	for (size_t i = 0; i < LEN(bad); i++) {
		if (parse(bad[i]) != LATCHCTL_EXIT_USAGE) {
			fail_msg("row %zu, '%s', is not wrong", i, bad[i][0]);
		}
	}
}

TEST_MAIN("options", UNIT(good_ones), UNIT(bad_ones))
