/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <yyjson.h>

#include "measure/measure.h"
#include "measure_run.h"

/** What came of a run of --measure. Nothing is owned. */
struct measure_report {
	const struct measure *run;
	struct measure_summary summary;
	const char *pace, *fence, *memory;
	uint64_t missed; /* refreshes without a new frame, of those that count */
};

/** Returns false without memory. */
bool measure_report_init(struct measure_report *report, const struct measure *run);

/** Prints it for people, on standard output. */
void measure_report_print(const struct measure_report *report);

/** Adds it to an object; false without memory. */
bool measure_report_add(
	const struct measure_report *report, yyjson_mut_doc *doc, yyjson_mut_val *root);
