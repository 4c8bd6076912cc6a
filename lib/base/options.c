/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What getopt_long() returns: these, or the row's number after them. */
enum {
	CODE_VERSION = 256,
	CODE_HELP,
	CODE_ROWS,
};

bool option_parse_number(const char *text, int base, uint64_t min, uint64_t max, uint64_t *value) {
	char *end;
	errno = 0;
	unsigned long long number = strtoull(text, &end, base);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || number < min ||
		number > max) {
		return false;
	}
	*value = number;
	return true;
}

bool option_parse_real(const char *text, double min, double max, double *value) {
	char *end;
	errno = 0;
	*value = strtod(text, &end);
	/* Not a number is not within any bounds. */
	return errno == 0 && end != text && *end == '\0' && *value >= min && *value <= max;
}

/* WxH, each from 1 to max. */
static bool parse_size(const char *text, uint32_t max, uint32_t size[2]) {
	char rest;
	return sscanf(text, "%5ux%5u%c", &size[0], &size[1], &rest) == 2 && size[0] > 0 &&
	       size[1] > 0 && size[0] <= max && size[1] <= max;
}

static bool is_optional(const struct option_row *row) {
	return row->argument != NULL && row->argument[0] == '[';
}

static void store(const struct option_row *row, void *options, uint64_t value) {
	void *member = (char *)options + row->offset;
	const uint32_t narrow = (uint32_t)value;
	const bool truth = value != 0;
	switch (row->size) {
	case sizeof(truth):
		memcpy(member, &truth, sizeof(truth));
		break;
	case sizeof(narrow):
		memcpy(member, &narrow, sizeof(narrow));
		break;
	default:
		assert(row->size == sizeof(value));
		memcpy(member, &value, sizeof(value));
	}
}

static bool find_name(const struct option_row *row, const char *text, uint64_t *place) {
	for (*place = 0; row->names[*place] != NULL || *place < row->max; (*place)++) {
		if (row->names[*place] != NULL && strcmp(row->names[*place], text) == 0) {
			return true;
		}
	}
	return false;
}

static bool take(const struct option_row *row, void *options, const char *text) {
	uint64_t value = row->min;
	switch (row->kind) {
	case OPTION_TEXT:
		memcpy((char *)options + row->offset, &text, sizeof(text));
		return true;
	case OPTION_SIZE:
		return parse_size(text, (uint32_t)row->max,
			(uint32_t *)(void *)((char *)options + row->offset));
	case OPTION_CALL:
		return row->take(text, options);
	case OPTION_NUMBER:
		if (!option_parse_number(text, 10, row->min, row->max, &value)) {
			return false;
		}
		value *= row->unit > 0 ? row->unit : 1;
		break;
	case OPTION_NAME:
		if (text != NULL && !find_name(row, text, &value)) {
			return false;
		}
		break;
	case OPTION_SET:
		break;
	}
	store(row, options, value);
	return true;
}

static void print_help(const struct option_table *table) {
	for (size_t i = 0; i < table->length; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->name == NULL) {
			fputs(row->help, stdout);
			continue;
		}
		int used = printf("  --%s%s%s", row->name,
			row->argument == NULL || is_optional(row) ? "" : " ",
			row->argument != NULL ? row->argument : "");
		if (used >= table->column) {
			putchar('\n');
			used = 0;
		}
		printf("%*s", table->column - used, "");
		for (const char *at = row->help; *at != '\0'; at++) {
			putchar(*at);
			if (*at == '\n') {
				printf("%*s", table->column, "");
			}
		}
		putchar('\n');
	}
}

static void print_bash(const struct option_table *table) {
	printf("_%s() {\n\tcase $3 in\n", table->program);
	for (size_t i = 0; i < table->length; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->name == NULL || row->argument == NULL || is_optional(row)) {
			continue;
		}
		/* Without words of its own an argument is completed as a file's name. */
		printf("\t--%s) COMPREPLY=(", row->name);
		if (row->kind == OPTION_NAME) {
			fputs("$(compgen -W '", stdout);
			for (size_t j = 0; row->names[j] != NULL || j < row->max; j++) {
				printf("%s ", row->names[j] != NULL ? row->names[j] : "");
			}
			fputs("' -- \"$2\")", stdout);
		}
		puts(") ;;");
	}
	fputs("\t*) COMPREPLY=($(compgen -W '", stdout);
	for (size_t i = 0; i < table->length; i++) {
		if (table->rows[i].name != NULL) {
			printf("--%s ", table->rows[i].name);
		}
	}
	printf("--version --help' -- \"$2\")) ;;\n\tesac\n}\ncomplete -o default -F _%s %s\n",
		table->program, table->program);
}

/* Returns the status to end with. */
static int say_wrong(const struct option_table *table, const char *name, const char *takes) {
	fprintf(stderr, "%s: --%s takes %s, not '%s'; see --help\n", table->program, name, takes,
		optarg);
	return table->usage_status;
}

static int help(const struct option_table *table) {
	if (optarg == NULL) {
		print_help(table);
	} else if (strcmp(optarg, "bash") == 0) {
		print_bash(table);
	} else {
		return say_wrong(table, "help", "no word");
	}
	return 0;
}

/* What getopt_long() does not take: ':' where an argument is missing. */
static int say_unknown(const struct option_table *table, int code, const char *word) {
	if (table->hint != NULL) {
		fprintf(stderr, "%s\n", table->hint);
	} else if (code == ':') {
		fprintf(stderr, "%s: %s needs an argument; --help lists the options\n",
			table->program, word);
	} else if (optopt >= CODE_VERSION) {
		fprintf(stderr, "%s: %s takes no argument\n", table->program, word);
	} else {
		fprintf(stderr, "%s: unknown option %s; --help lists the options\n",
			table->program, word);
	}
	return table->usage_status;
}

static void list_options(const struct option_table *table, struct option list[OPTIONS_MAX + 3]) {
	size_t length = 0;
	list[length++] = (struct option){"version", no_argument, NULL, CODE_VERSION};
	list[length++] = (struct option){"help", optional_argument, NULL, CODE_HELP};
	assert(table->length <= OPTIONS_MAX);
	for (size_t i = 0; i < table->length; i++) {
		const struct option_row *row = &table->rows[i];
		if (row->name != NULL) {
			list[length++] = (struct option){row->name,
				row->argument == NULL ? no_argument
				: is_optional(row)    ? optional_argument
						      : required_argument,
				NULL, CODE_ROWS + (int)i};
		}
	}
	list[length] = (struct option){0};
}

int options_parse(const struct option_table *table, void *options, int argc, char **argv) {
	struct option list[OPTIONS_MAX + 3];
	list_options(table, list);
	opterr = table->hint != NULL;
	optind = 0; /* glibc's way to begin anew, whatever was read before in whichever order */
	const char *how = table->rest == OPTION_REST_COMMAND ? "+" : opterr ? "" : ":";
	int code;
	while ((code = getopt_long(argc, argv, how, list, NULL)) != -1) {
		if (code == CODE_VERSION) {
			printf("%s " LATCH_VERSION "\n", table->program);
			return 0;
		}
		if (code == CODE_HELP) {
			return help(table);
		}
		if (code < CODE_ROWS) {
			return say_unknown(table, code, argv[optind - 1]);
		}
		const struct option_row *row = &table->rows[code - CODE_ROWS];
		if (!take(row, options, optarg)) {
			return say_wrong(table, row->name, row->argument);
		}
		if (row->given > 0) {
			*((bool *)options + row->given) = true;
		}
	}
	if (optind < argc && table->rest == OPTION_REST_NONE) {
		fprintf(stderr, "%s: unknown argument '%s'; --help lists the options\n",
			table->program, argv[optind]);
		return table->usage_status;
	}
	return -1;
}
