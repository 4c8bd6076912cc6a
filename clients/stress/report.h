#ifndef STRESS_REPORT_H
#define STRESS_REPORT_H

#include <stdbool.h>
#include <yyjson.h>

#include "die.h"
#include "hostile.h"

/** Writes the document, and frees it; "-" is standard output. Returns false, having said why.
 * @param complete false: it could not be made for want of memory */
bool stress_report_write(yyjson_mut_doc *doc, bool complete, const char *path);

/** Write what came of a run as JSON; "-" is standard output. Return false, having said why. */
bool stress_report_hostile(const struct stress_options *options,
	const struct hostile_report *report, enum stress_exit status);
bool stress_report_die(const struct stress_options *options, const struct die_report *report,
	enum stress_exit status);

#endif
