/* A report as one HTML file that needs nothing else: no other file, no network. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct compare;
struct run;

/**
 * Writes the page. compare may be NULL. Returns false when memory is out; whether the file took
 * it all is for the caller to ask.
 */
bool html_write(FILE *file, const struct run *runs, size_t length, const struct compare *compare);

/** The data of the timelines, and the script that shows them. */
bool html_write_timelines(FILE *file, const struct run *runs, size_t length);

#endif
