#ifndef LATCHCTL_TOP_TABLE_H
#define LATCHCTL_TOP_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "span.h"

/**
 * Prints what happened in the span for people: lines of at most `width` columns, and not more than
 * `height` of them (0: as many as it takes). `end` comes after each line, a newline included.
 * only: the name of the one output to tell of, NULL for all.
 */
void top_table_print(FILE *file, const struct span *span, const char *only, int width, int height,
	const char *end);

/** The same, and more, as one line of JSON. Returns false without memory. */
bool top_json_print(FILE *file, const struct span *span, const char *only);

/** Whether a surface is on an output; NULL is any, and then hidden ones count too. */
bool top_is_on(const struct counted_surface *surface, const char *output);

#endif
