/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <yyjson.h>

/* What shows a document, by its root. */

/** Narrower than this, lines may be wider than asked for. */
#define TABLE_MIN_WIDTH 50

/**
 * Prints a document of planes for people, one block for each output: its planes, then its layers
 * with their planes, or with the reasons against one and what would help (see advice_add()). width:
 * columns of the terminal; long names are cut off and texts are wrapped to fit.
 */
void table_print(FILE *file, yyjson_mut_val *root, int width);

/**
 * Draws a document of planes: each output's screen to scale, one below the other, with every
 * layer's rectangle in the colour of its plane's kind, its name, plane and reasons; and a legend.
 */
void svg_draw(FILE *file, yyjson_mut_val *root);

/** The same into a file. Returns false and errno. */
bool svg_write(const char *path, yyjson_mut_val *root);

/** Prints a line for each update that is held. */
void held_print(FILE *file, yyjson_mut_val *root);

/**
 * Prints what happened in a span (see span.h) for people: lines of at most `width` columns, and not
 * more than `height` of them (0: as many as it takes). `end` comes after each line, a newline
 * included. only: the output whose places are told of, NULL for any.
 */
void top_table_print(
	FILE *file, yyjson_mut_val *span, const char *only, int width, int height, const char *end);

/** Takes from a span what is not of this output. */
void top_keep_output(yyjson_mut_val *span, const char *output);
