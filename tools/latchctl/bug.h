/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct latchctl_options;
struct session;

/**
 * Writes an archive with all that a report needs. What identifies a person or a monitor is left out
 * or replaced by stars: serial numbers, the user's name and home, titles of windows unless they are
 * asked for. Returns false after a failure that it has told, or with session->problem.
 */
bool bug_run(struct session *session, const struct latchctl_options *options);
