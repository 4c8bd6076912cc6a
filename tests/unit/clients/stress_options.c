/* SPDX-License-Identifier: MIT */
/* What latch-stress's command line must not have. */
#include "../test.h"
#include "common/util.h"
#include "options.h"

#define MAX_ARGS 12

static struct stress_options options;

static int parse(const char *const *args) {
	char *argv[MAX_ARGS + 1] = {(char *)"latch-stress"};
	int argc = 1;
	for (; args[argc - 1] != NULL; argc++) {
		argv[argc] = (char *)(uintptr_t)args[argc - 1];
	}
	return stress_options_parse(&options, argc, argv);
}

static void bad_ones(void **state) {
	static const char *const bad[][3] = {
		{"--fence"}, {"--fence", "sometimes"}, {"--sync", "sync_file"}, {"--buffers=0"},
		{"--surfaces=-1"}, {"--surfaces=many"}, {"--size=0x4"}, {"--size=4"},
		{"--interval=0"}, {"--seed=0"}, {"--seconds=0"}, {"--seconds=nan"},
		{"--seconds=1e30"}, {"--repeat=0"}, {"--die", "never"}, {"--flood=yes"},
		{"--no-such-option"}, {"word"}, {"--at-once=2"}, {"--begin-after=1", "--bad"},
		{"--fence=unmaterialised", "--sync=implicit"},
	};
	for (size_t i = 0; i < LEN(bad); i++) {
		if (parse(bad[i]) != CLIENT_EXIT_USAGE) {
			fail_msg("row %zu, '%s', is not wrong", i, bad[i][0]);
		}
	}
}

static void steps_have_names(void **state) {
	for (int step = DIE_BIND; step <= DIE_ALL; step++) {
		const char *const args[] = {"--die", die_step_names[step], NULL};
		assert_int_equal(parse(args), -1);
		assert_int_equal(options.die_step, step);
	}
}

TEST_MAIN("clients: hostile options", UNIT(bad_ones), UNIT(steps_have_names))
