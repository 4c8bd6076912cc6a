#ifndef STRESS_REPORT_H
#define STRESS_REPORT_H

#include <stdbool.h>

#include "die.h"
#include "hostile.h"

/** Write what came of a run as JSON; "-" is standard output. Return false, having said why. */
bool stress_report_hostile(const struct stress_options *options,
	const struct hostile_report *report, enum stress_exit status);
bool stress_report_die(const struct stress_options *options, const struct die_report *report,
	enum stress_exit status);

#endif
