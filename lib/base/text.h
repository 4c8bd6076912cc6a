/* SPDX-License-Identifier: MIT */
/* Text of clients, made harmless for terminals and files. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Room for a label, an output's name or the like, in bytes with the final 0. */
#define LATCH_TEXT_MAX 96

/**
 * Copies a text, which may be anything a client sent: control characters and what is not
 * UTF-8 become '?', and it is cut at a whole character when it is too long. NULL is "".
 * size is at least 1.
 */
void latch_text_copy(char *to, size_t size, const char *text);

/** How many characters the text has (of a copy by latch_text_copy). */
size_t latch_text_length(const char *text);

/** Prints a copied text as one paragraph of lines that have `width` columns at most, where no word is
 * longer. The first begins in column `indent`, the others two further in. */
void latch_text_print_wrapped(FILE *file, const char *text, int indent, int width);

/** Escapes a copied text for a JSON string. Room for twice its length is enough. */
void latch_text_escape(char *to, size_t size, const char *text);
