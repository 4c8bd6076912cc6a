/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct latchctl_options;
struct session;

/** The live view, until interrupted, or once. Returns false after a failure: session->problem. */
bool top_run(struct session *session, const struct latchctl_options *options);
