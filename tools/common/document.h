/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <yyjson.h>

/*
 * What latch answers is a JSON document, see docs/inspector.md. It is kept as it came; these find
 * things in it. A path is a JSON pointer from a value: "/mode/width". What is not there counts as
 * nothing: "", 0, false.
 */

/** The document in a file of latch's. NULL without memory, or when it is none; errno is set. */
yyjson_mut_doc *document_read(int fd, size_t size);

/** The document of a text, NULL when it is none. */
yyjson_mut_doc *document_parse(const char *text, size_t size);

const char *get_text(yyjson_mut_val *value, const char *path);
double get_number(yyjson_mut_val *value, const char *path);
int64_t get_int(yyjson_mut_val *value, const char *path);
bool get_bool(yyjson_mut_val *value, const char *path);

/** Prints it as JSON, with a newline at the end. Returns false without memory. */
bool document_print(yyjson_mut_doc *doc, yyjson_write_flag flags);

/** Whether there is this text. */
bool has_text(yyjson_mut_val *value, const char *path, const char *text);

/** The object of an array that has this number or text for a path; NULL when there is none. */
yyjson_mut_val *find_number(yyjson_mut_val *array, const char *path, int64_t number);
yyjson_mut_val *find_text(yyjson_mut_val *array, const char *path, const char *text);

/** Takes every object from the array that has another text for the path. */
void keep_text(yyjson_mut_val *array, const char *path, const char *text);

/** What people know a layer by: its app id, else its title, "surface 3", "cursor". */
const char *layer_name(yyjson_mut_val *layer, char *text, size_t size);

/** Reads a file or a pipe up to its end or a byte of 0; the caller frees it. NULL: there is
 * nothing, or errno says why not. */
char *text_read(FILE *file);

/** Appends to what is there, as much as fits. */
__attribute__((format(printf, 3, 4))) void text_append(
	char *text, size_t size, const char *format, ...);

/** Bytes of the first characters of a text, of all when it has less. */
int text_bytes(const char *text, int characters);
