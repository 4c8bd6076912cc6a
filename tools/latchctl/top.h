#ifndef LATCHCTL_TOP_H
#define LATCHCTL_TOP_H

#include <stdbool.h>
#include <stdio.h>
#include <yyjson.h>

struct latchctl_options;
struct session;

/** The live view, until interrupted, or once. Returns false after a failure: session->problem. */
bool top_run(struct session *session, const struct latchctl_options *options);

/**
 * Prints what happened in a span (see span.h) for people: lines of at most `width` columns, and not
 * more than `height` of them (0: as many as it takes). `end` comes after each line, a newline
 * included. only: the output whose places are told of, NULL for any.
 */
void top_table_print(FILE *file, yyjson_mut_val *span, const char *only, int width, int height,
	const char *end);

/** Takes from a span what is not of this output. */
void top_keep_output(yyjson_mut_val *span, const char *output);

#endif
