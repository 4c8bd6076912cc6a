/* SPDX-License-Identifier: MIT */
/* The forms of a report. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct report;

/*
 * Each writes all of the report. They return false when memory is out; whether the file took it all
 * is for the caller to ask.
 */

/** One HTML file that needs nothing else: no other file, no network. */
bool html_write(FILE *file, const struct report *report);

/** Its part: the data of the timelines, and the script that shows them. */
bool html_write_timelines(FILE *file, const struct report *report);

/** All that the tables say, as one object. */
bool json_write_report(FILE *file, const struct report *report);

/** One row for each update, those that were not shown too, below the names of the columns (RFC
 * 4180, lines end with a newline alone). */
bool csv_write(FILE *file, const struct report *report);

/** The picture of a frame's life in the first run, as a file of SVG. */
bool svg_write(FILE *file, const struct report *report);
