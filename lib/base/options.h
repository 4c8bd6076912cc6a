/* SPDX-License-Identifier: MIT */
/* A program's command line as one table: it is parsed by it, and --help is written from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What becomes of an option, and of its argument. */
enum option_kind {
	OPTION_SET,    /* no argument: a bool or an enum becomes `min` */
	OPTION_TEXT,   /* a const char * of argv; NULL where an optional one is missing */
	OPTION_NUMBER, /* a decimal number from `min` to `max`, stored multiplied by `unit` */
	OPTION_SIZE,   /* WxH, each from 1 to `max`: two uint32_t, one behind the other */
	OPTION_NAME,   /* one of `names`: an enum or a bool becomes its place there; `min` where an
			* optional one is missing */
	OPTION_CALL,   /* whatever take() makes of it */
};

/** One option, or, where name is NULL, a text that --help has at this place. */
struct option_row {
	const char *name;     /* without the dashes */
	const char *argument; /* as --help shows it; NULL: none; "[=X]": optional */
	const char *help;     /* what it is; lines after the first are indented as that */
	enum option_kind kind;
	size_t offset, size; /* of the member that is set, see OPTION_MEMBER */
	size_t given;	     /* of a bool that is true when the option is there; 0: none */
	uint64_t min, max, unit;  /* unit 0 is 1 */
	const char *const *names; /* ends with NULL, or has holes up to `max` where that is set */
	/* Returns false where the argument is not good. It is NULL where none was given. */
	bool (*take)(const char *argument, void *options);
};

#define OPTION_MEMBER(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

/** What may follow the options. */
enum option_rest {
	OPTION_REST_NONE,
	OPTION_REST_WORDS,   /* anywhere between the options */
	OPTION_REST_COMMAND, /* the first word and all behind it belong to a command */
};

/** --version and --help are there without a row. */
struct option_table {
	const char *program;
	const struct option_row *rows;
	size_t length; /* OPTIONS_MAX at most */
	int column;    /* where the texts of --help begin */
	enum option_rest rest;
	int usage_status;
	/* What to read, said after getopt_long() itself has said what is wrong. NULL: all is said
	 * here, in one line. */
	const char *hint;
};

#define OPTIONS_MAX 64

/**
 * Reads a command line into the struct that the rows' offsets are of. optind is then at the first
 * word that is no option. --help=bash, which --help does not tell of, prints what completes the
 * program's words in bash.
 *
 * @return -1 to go on, 0 after --help or --version, or usage_status after what is wrong was said on
 *         stderr
 */
int options_parse(const struct option_table *table, void *options, int argc, char **argv);

/** A number in digits alone, from min to max. */
bool option_parse_number(const char *text, int base, uint64_t min, uint64_t max, uint64_t *value);

/** A number with decimals, from min to max. */
bool option_parse_real(const char *text, double min, double max, double *value);
