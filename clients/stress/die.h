#ifndef STRESS_DIE_H
#define STRESS_DIE_H

#include "options.h"

/** What became of the clients that were to die. */
struct die_report {
	uint64_t killed;  /* where they should be */
	uint64_t escaped; /* ended otherwise: an error that was said, or they hung */
	uint64_t by_step[DIE_ALL];
};

/** Starts clients, each of which comes to its step and is killed there. */
enum stress_exit die_run(
	const struct stress_options *options, int signal_fd, struct die_report *report);

#endif
