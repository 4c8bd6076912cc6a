/* One row per frame, for spreadsheets and programs. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include <stdio.h>

struct run;

/** Writes the names of the columns (RFC 4180, lines end with a newline alone). */
void csv_write_head(FILE *file);

/** Writes one row for each update of the run, those that were not shown too. */
void csv_write(FILE *file, const struct run *run);

#endif
