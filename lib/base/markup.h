/* SPDX-License-Identifier: MIT */
/* HTML, SVG and scripts, where the text of others must stay text. */
#pragma once

#include <stdint.h>
#include <stdio.h>

/**
 * Prints as fprintf() does, but writes what a %s stands for so that it is a text between tags or in
 * a quoted attribute, whatever is in it. Of the conversions s, d, u, f and g with the lengths l, ll
 * and z; no `*`.
 */
void markup_print(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Writes a string of JavaScript, with quotes, that can't end the script element it stands in. */
void markup_string(FILE *file, const char *text);

/** Writes a time in ms with a precision that suits: "0.123", "16.7", "1200". */
void markup_ms(FILE *file, int64_t ns);

/** The text, or the other one where it is empty. */
const char *markup_or(const char *text, const char *other);

/** Begins an svg element in the units of pixels, see style.css of the report for its look. */
void markup_open_picture(
	FILE *file, const char *attributes, int width, int height, const char *title);

/** A step for an axis from 0 to max with at most `most` steps: 1, 2 or 5 times a power of ten. */
double markup_step(double max, unsigned most);

struct markup_axis {
	double max;	  /* it begins at 0 */
	const char *unit; /* behind the 0: " ms" */
	unsigned steps;	  /* at most */
	int left, width, top, bottom;
};

/** Draws lines from top to bottom, and the numbers below them. */
void markup_draw_axis(FILE *file, const struct markup_axis *axis);

/** Which of the eight colours of pictures: .c0 to .c7 in the style sheet. */
#define MARKUP_COLOURS 8
