/* SPDX-License-Identifier: MIT */
/* The fields of all records, by their keys in a trace: what writes and what reads one is driven by
 * these tables. */
#pragma once

#include "trace/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct yyjson_val;

/* Raised when a key of a trace is taken away or changes its meaning. */
#define LATCH_TRACE_FORMAT 2

/* The member's type in C. */
enum latch_field_kind {
	LATCH_FIELD_BOOL,
	LATCH_FIELD_INT,
	LATCH_FIELD_INT64,
	LATCH_FIELD_UINT32, /* an enum too, which has names */
	LATCH_FIELD_UINT64,
	LATCH_FIELD_TEXT,
};

struct latch_field {
	const char *key;
	const struct latch_names *names; /* of an enum's values, which a trace has as texts */
	enum latch_field_kind kind;
	uint16_t offset;
	/* Of a time without which it says nothing, and is told as an empty text; 0: of none. */
	uint16_t needs;
	bool column; /* latch-report --csv has it */
};

struct latch_fields {
	const struct latch_field *fields;
	size_t length;
};

extern const struct latch_fields latch_frame_fields;   /* of struct latch_frame_record */
extern const struct latch_fields latch_commit_fields;  /* of the same, when it was taken in */
extern const struct latch_fields latch_flip_fields;    /* of struct latch_flip_record */
extern const struct latch_fields latch_surface_fields; /* of struct latch_trace_surface */
extern const struct latch_fields latch_output_fields;  /* of struct latch_trace_output */

/* Room for the text of a number. */
#define LATCH_FIELD_MAX 24

/** A number as decimal text, somewhere in the buffer. Quicker than printf(). */
const char *latch_number_text(
	char buffer[static LATCH_FIELD_MAX], bool negative, uint64_t value);

/** Whether its value is a text for JSON, in quotes. */
static inline bool latch_field_is_text(const struct latch_field *field) {
	return field->kind == LATCH_FIELD_TEXT || field->names != NULL;
}

/**
 * The value as a text: a number, true or false, a name, or the record's own text as it is ("" for
 * NULL). Valid as long as the buffer and the record's text are. Allocates nothing.
 */
const char *latch_field_text(
	const struct latch_field *field, const void *record, char buffer[static LATCH_FIELD_MAX]);

/**
 * Sets the record's fields from the arguments of an event. What is missing or of another kind is 0,
 * an empty text, or what its names say for one that they don't know. Texts are what keep_text makes
 * of them; NULL leaves them out. Returns the key of the first such field, NULL when all are there.
 */
const char *latch_fields_read(const struct latch_fields *fields, struct yyjson_val *args,
	void *record, const char *(*keep_text)(void *data, const char *text), void *data);
