/* SPDX-License-Identifier: MIT */
/* A command line that is read by a table. */
#include "base/options.h"
#include "../test.h"

struct values {
	bool flag, lights, has_alpha;
	const char *text;
	int number;
	int64_t time_ns;
	uint32_t width, height;
	enum { NONE, ONE, TWO } name;
	double alpha;
};

static bool take_alpha(const char *text, void *data) {
	struct values *values = data;
	return option_parse_real(text, 0, 1, &values->alpha);
}

static const char *const on_off[] = {"off", "on", NULL};
static const char *const names[] = {[ONE] = "one", [TWO] = "two", NULL};

#define MEMBER(name) OPTION_MEMBER(struct values, name)

static const struct option_row rows[] = {
	{.help = "usage: try\n\n"},
	{"flag", NULL, "a flag", OPTION_SET, MEMBER(flag), .min = 1},
	{"dark", NULL, "no lights", OPTION_SET, MEMBER(lights)},
	{"lights", "on|off", "lights", OPTION_NAME, MEMBER(lights), .names = on_off},
	{"text", "TEXT", "a text", OPTION_TEXT, MEMBER(text)},
	{"number", "N", "of something,\nand more", OPTION_NUMBER, MEMBER(number), .min = 2,
		.max = 16},
	{"time-that-is-long", "MS", "a time", OPTION_NUMBER, MEMBER(time_ns), .max = 1000,
		.unit = 1000000},
	{"size", "WxH", "a size", OPTION_SIZE, MEMBER(width), .max = 100},
	{"name", "[=NAME]", "one, two", OPTION_NAME, MEMBER(name), .names = names, .min = TWO,
		.max = TWO},
	{"alpha", "A", "a real one", OPTION_CALL, .take = take_alpha,
		.given = offsetof(struct values, has_alpha)},
	{.help = "  --version, --help\n"},
};

static struct values values;

static int parse(enum option_rest rest, const char *const *words) {
	const struct option_table table = {
		.program = "try",
		.rows = rows,
		.length = LEN(rows),
		.column = 14,
		.rest = rest,
		.usage_status = 7,
	};
	char *argv[16] = {(char *)"try"};
	int argc = 1;
	for (; words[argc - 1] != NULL; argc++) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	}
	values = (struct values){.lights = true};
	return options_parse(&table, &values, argc, argv);
}

#define PARSE(...) parse(OPTION_REST_NONE, (const char *const[]){__VA_ARGS__, NULL})

static void each_kind(void **state) {
	assert_int_equal(
		PARSE("--flag", "--dark", "--text", "t", "--number=16", "--time-that-is-long=5",
			"--size", "7x9", "--name=one", "--alpha=0.5"),
		-1);
	assert_true(values.flag && !values.lights && values.has_alpha);
	assert_string_equal(values.text, "t");
	assert_int_equal(values.number, 16);
	assert_int_equal(values.time_ns, 5000000);
	assert_int_equal(values.width, 7);
	assert_int_equal(values.height, 9);
	assert_int_equal(values.name, ONE);
	assert_true(values.alpha == 0.5);
	assert_int_equal(PARSE("--name", "--lights=off"), -1);
	assert_int_equal(values.name, TWO);
	assert_false(values.lights || values.has_alpha);
	assert_int_equal(PARSE("--dark", "--lights=on"), -1);
	assert_true(values.lights);
}

static void bad_ones(void **state) {
	static const char *const bad[] = {"--number=1", "--number=17", "--number=-3", "--number=3x",
		"--number=", "--number", "--flag=1", "--lights=dim", "--name=", "--name=three",
		"--size=0x1", "--size=101x1", "--size=1", "--size=1x1x1", "--alpha=1.5",
		"--alpha=nan", "--alpha=", "--nothing", "-x", "word", "--help=me",
		"--time-that-is-long=1001"};
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_int_equal(PARSE(bad[i]), 7);
	}
}

static void what_follows(void **state) {
	assert_int_equal(
		parse(OPTION_REST_WORDS, (const char *const[]){"a", "--flag", "b", NULL}), -1);
	assert_true(values.flag);
	assert_int_equal(optind, 2);
	assert_int_equal(
		parse(OPTION_REST_COMMAND, (const char *const[]){"a", "--flag", "b", NULL}), -1);
	assert_false(values.flag);
	assert_int_equal(optind, 1);
}

/* What the program prints on standard output with this option. */
static void printed(const char *option, char *text, size_t size) {
	fflush(stdout);
	int old = dup(STDOUT_FILENO), file = memfd_create("stdout", MFD_CLOEXEC);
	dup2(file, STDOUT_FILENO);
	int status = PARSE(option);
	fflush(stdout);
	dup2(old, STDOUT_FILENO);
	close(old);
	ssize_t length = pread(file, text, size - 1, 0);
	close(file);
	assert_int_equal(status, 0);
	assert_true(length > 0);
	text[length] = '\0';
}

static void help_is_made_of_it(void **state) {
	char text[4096];
	printed("--help", text, sizeof(text));
	assert_string_equal(text, "usage: try\n\n"
				  "  --flag      a flag\n"
				  "  --dark      no lights\n"
				  "  --lights on|off\n"
				  "              lights\n"
				  "  --text TEXT a text\n"
				  "  --number N  of something,\n"
				  "              and more\n"
				  "  --time-that-is-long MS\n"
				  "              a time\n"
				  "  --size WxH  a size\n"
				  "  --name[=NAME]\n"
				  "              one, two\n"
				  "  --alpha A   a real one\n"
				  "  --version, --help\n");
	printed("--version", text, sizeof(text));
	assert_string_equal(text, "try " LATCH_VERSION "\n");
}

TEST_MAIN("base options", UNIT(each_kind), UNIT(bad_ones), UNIT(what_follows),
	UNIT(help_is_made_of_it))
