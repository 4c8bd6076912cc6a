#ifndef STRESS_RUN_H
#define STRESS_RUN_H

#include "common/util.h"
#include "options.h"

/* What latch-stress does, by its modes, and what came of it. signal_fd is a signalfd of the signals
 * that end it. */

/** What a hostile client did, and how it ended. */
struct hostile_report {
	const char *sync; /* NULL: it did not come so far */
	uint64_t commits;
	uint64_t fences, ended; /* that had not signalled; and how many of them were ended */
	uint64_t busy;		/* buffers that were not released at the end */
	int64_t run_ns;
	bool closed; /* by the user, or by a signal */
};

/** Commits content updates with bad fences until its time is up. */
enum client_exit hostile_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report);

/** Shows very many of something, and then draws a frame with each callback until its time is up.
 * Of the report, commits, run_ns and closed are filled. */
enum client_exit crowd_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report);

/** What became of the clients that were to die. */
struct die_report {
	uint64_t killed;  /* where they should be */
	uint64_t escaped; /* ended otherwise: an error that was said, or they hung */
	uint64_t by_step[DIE_ALL];
};

/** Starts clients, each of which comes to its step and is killed there. */
enum client_exit die_run(
	const struct stress_options *options, int signal_fd, struct die_report *report);

/** What came of the invalid requests. */
struct bad_report {
	uint64_t ok, not_ok, skipped;
};

/** Runs the cases and prints TAP. */
enum client_exit bad_run(
	const struct stress_options *options, int signal_fd, struct bad_report *report);

/** Write what came of a run as JSON; "-" is standard output. Return false, having said why. */
bool stress_report_hostile(const struct stress_options *options,
	const struct hostile_report *report, enum client_exit status);
bool stress_report_die(const struct stress_options *options, const struct die_report *report,
	enum client_exit status);

#endif
