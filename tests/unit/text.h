/* SPDX-License-Identifier: MIT */
/* Texts that a function prints to a FILE, and JSON. */
#pragma once

#include <yyjson.h>

#include "test.h"

static struct {
	FILE *file;
	char *text;
	size_t size;
} test_text;

/** A file in memory, to be read with text_end(). */
static inline FILE *text_begin(void) {
	free(test_text.text);
	test_text.text = NULL;
	test_text.file = open_memstream(&test_text.text, &test_text.size);
	assert_non_null(test_text.file);
	return test_text.file;
}

/** What was written to it; valid until the next text_begin(). */
static inline char *text_end(void) {
	assert_int_equal(fclose(test_text.file), 0);
	return test_text.text;
}

/** All of a file. The caller frees it. */
static inline char *text_of_file(const char *path) {
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	char *text = NULL;
	size_t size = 0;
	assert_true(getdelim(&text, &size, EOF, file) > 0);
	fclose(file);
	return text;
}

/** The same as text_end(), of JSON; the caller frees it. */
static inline yyjson_doc *text_end_json(void) {
	const char *text = text_end();
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	assert_non_null(doc);
	return doc;
}

/** How wide the text's widest line is, in characters of UTF-8. */
static inline int text_width(const char *text) {
	int widest = 0, width = 0;
	for (; *text != '\0'; text++) {
		width = *text == '\n' ? 0 : width + (((unsigned char)*text & 0xc0) != 0x80);
		widest = width > widest ? width : widest;
	}
	return widest;
}

/** All of these are somewhere in the text. */
#define ASSERT_HAS(text, ...) assert_has(text, (const char *const[]){__VA_ARGS__, NULL})

static inline void assert_has(const char *text, const char *const *words) {
	for (; *words != NULL; words++) {
		if (strstr(text, *words) == NULL) {
			fail_msg("no '%s' in\n%s", *words, text);
		}
	}
}

/** JSON that has ' in the place of each ". The caller frees it. */
static inline yyjson_doc *json_parse(const char *source) {
	char *text = strdup(source);
	for (char *at = text; (at = strchr(at, '\'')) != NULL;) {
		*at = '"';
	}
	yyjson_doc *doc = yyjson_read(text, strlen(text), 0);
	free(text);
	if (doc == NULL) {
		fail_msg("no JSON: %s", source);
	}
	return doc;
}

/** The same, to be changed. */
static inline yyjson_mut_doc *json_parse_mut(const char *source) {
	yyjson_doc *doc = json_parse(source);
	yyjson_mut_doc *copy = yyjson_doc_mut_copy(doc, NULL);
	yyjson_doc_free(doc);
	return copy;
}

struct json_fact {
	const char *path;
	const char *value;
};

/** These paths, JSON pointers, have these values, as JSON writes them but with '. */
#define ASSERT_JSON(root, ...) assert_json(root, (const struct json_fact[]){__VA_ARGS__, {0}})

static inline void assert_json(yyjson_val *root, const struct json_fact *facts) {
	for (; facts->path != NULL; facts++) {
		yyjson_val *value = yyjson_ptr_get(root, facts->path);
		yyjson_doc *wanted = json_parse(facts->value);
		if (!yyjson_equals(value, yyjson_doc_get_root(wanted))) {
			fail_msg("%s is %s instead of %s", facts->path,
				yyjson_val_write(value, 0, NULL), facts->value);
		}
		yyjson_doc_free(wanted);
	}
}
