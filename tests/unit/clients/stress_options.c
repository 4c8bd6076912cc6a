/* latch-stress's command line. */
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

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void nothing(void **state) {
	assert_int_equal(parse((const char *const[]){NULL}), -1);
	assert_false(options.die || options.bad || options.list);
	assert_int_equal(options.fence.kind, FENCE_NEVER);
	assert_int_equal(options.sync, SYNC_AUTO);
	assert_int_equal(options.buffers, 3);
	assert_int_equal(options.surfaces, 1);
	assert_int_equal(options.repeat, 1);
	assert_int_equal(options.run_ns, 0);
	assert_false(options.flood);
	assert_null(options.json);
}

static void fences(void **state) {
	assert_int_equal(PARSE("--fence", "late:20", "--sync", "sync-file", "--buffers", "5",
				 "--surfaces=2", "--size", "64x32"),
		-1);
	assert_int_equal(options.fence.kind, FENCE_LATE);
	assert_int_equal(options.fence.late_ns, 20000000);
	assert_int_equal(options.sync, SYNC_FILE);
	assert_int_equal(options.buffers, 5);
	assert_int_equal(options.surfaces, 2);
	assert_int_equal(options.width, 64);
	assert_int_equal(options.height, 32);
	assert_int_equal(PARSE("--flood", "--interval=5", "--seed=9", "--seconds=0.25"), -1);
	assert_true(options.flood);
	assert_int_equal(options.interval_ns, 5000000);
	assert_int_equal(options.seed, 9);
	assert_int_equal(options.run_ns, 250000000);
	assert_int_equal(options.crowd, CROWD_NONE);
	assert_int_equal(PARSE("--crowd", "region", "--surfaces", "100000"), -1);
	assert_int_equal(options.crowd, CROWD_REGION);
	assert_int_equal(options.surfaces, 100000);
	assert_int_equal(PARSE("--crowd", "people"), 2);
}

static void other_modes(void **state) {
	assert_int_equal(PARSE("--bad"), -1);
	assert_true(options.bad);
	assert_null(options.bad_filter);
	assert_int_equal(PARSE("--bad=pipe", "--repeat", "1000", "--json", "-"), -1);
	assert_string_equal(options.bad_filter, "pipe");
	assert_int_equal(options.repeat, 1000);
	assert_string_equal(options.json, "-");
	assert_int_equal(PARSE("--list"), -1);
	assert_true(options.list);
	assert_int_equal(PARSE("--die", "pending", "--at-once=200"), -1);
	assert_true(options.die);
	assert_int_equal(options.die_step, DIE_PENDING);
	assert_int_equal(options.at_once, 200);
	assert_int_equal(PARSE("--die=all"), -1);
	assert_int_equal(options.die_step, DIE_ALL);
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
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (parse(bad[i]) != CLIENT_EXIT_USAGE) {
			fail_msg("row %zu, '%s', is not wrong", i, bad[i][0]);
		}
	}
}

static void steps_have_names(void **state) {
	for (int step = DIE_BIND; step <= DIE_ALL; step++) {
		assert_int_equal(PARSE("--die", die_step_names[step]), -1);
		assert_int_equal(options.die_step, step);
	}
}

TEST_MAIN("clients: hostile options", UNIT(nothing), UNIT(fences), UNIT(other_modes),
	UNIT(bad_ones), UNIT(steps_have_names))
