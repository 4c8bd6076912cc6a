/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdio.h>
#include <yyjson.h>

struct latchctl_options;
struct session;

/** The kernel's view of a device, all in one text (debugfs, dri/N/state); the caller frees it. NULL
 * after a failure that it has told. node: the device's, as /dev/dri/card0. */
char *kernel_state_read(const char *node);

/**
 * Prints what the kernel has on each plane of an output, beside what latch says (a document of
 * planes), and what differs. state: NULL for an output without planes. Returns how many planes
 * differ.
 */
int kernel_compare(FILE *file, yyjson_mut_val *output, const char *state);

/** Asks latch and the kernel, and prints both. Returns the status to exit with. */
int kernel_run(struct session *session, const struct latchctl_options *options);
