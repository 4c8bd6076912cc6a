/* All that the tables say, for programs. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct compare;
struct run;

/** Writes one object. compare may be NULL. Returns false when memory is out or it can't be written.
 */
bool json_write_report(
	FILE *file, const struct run *runs, size_t length, const struct compare *compare);

#endif
