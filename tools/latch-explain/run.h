/* SPDX-License-Identifier: MIT */
#pragma once

#include <yyjson.h>

struct explain_options;

/**
 * Runs latch with the options' words, and waits for its end. SIGINT, SIGTERM, SIGHUP and SIGUSR1
 * go on to it. Returns its exit status, 128 and the signal's number where one has ended it, or
 * EXPLAIN_EXIT_FAILURE after a sentence on stderr. *stats: what it has counted, NULL where it wrote
 * nothing; the caller frees it.
 */
int run_latch(const struct explain_options *options, yyjson_mut_doc **stats);

/** Asks latch for what the device can do, as 'latch --list=json'. NULL where it can't be had. */
yyjson_mut_doc *run_list(const char *node);
