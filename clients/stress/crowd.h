#ifndef STRESS_CROWD_H
#define STRESS_CROWD_H

#include "hostile.h"

/**
 * Shows very many of something, and then draws a frame with each callback until its time is up.
 *
 * @param signal_fd a signalfd of the signals that end it
 * @param report    filled: commits, run_ns, closed
 */
enum stress_exit crowd_run(
	const struct stress_options *options, int signal_fd, struct hostile_report *report);

#endif
