/* Text of others in HTML, SVG and scripts, where it must stay text. */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Writes a text so that it is one, between tags and in a quoted attribute. */
void markup_text(FILE *file, const char *text);

/** Writes a string of JavaScript, with quotes, that can't end the script element it stands in. */
void markup_string(FILE *file, const char *text);

/** Writes a time in ms with a precision that suits: "0.123", "16.7", "1200". */
void markup_ms(FILE *file, int64_t ns);

/** A step for an axis from 0 to max with at most `most` steps: 1, 2 or 5 times a power of ten. */
double markup_step(double max, unsigned most);

/** Which of the eight colours of pictures: .c0 to .c7 in the style sheet. */
#define MARKUP_COLOURS 8

#endif
