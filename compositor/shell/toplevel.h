/*
 * One window: an xdg_toplevel, where it is, and what state it is in.
 */
#ifndef LATCH_SHELL_TOPLEVEL_H
#define LATCH_SHELL_TOPLEVEL_H

#include <stdint.h>

struct latch_toplevel;

/** A number that is never used again, for logs and traces. */
uint64_t latch_toplevel_id(const struct latch_toplevel *toplevel);

/** The title as the client sets it, "" when it has none. Valid until it changes. */
const char *latch_toplevel_title(const struct latch_toplevel *toplevel);

/** The app_id as the client sets it, "" when it has none. Valid until it changes. */
const char *latch_toplevel_app_id(const struct latch_toplevel *toplevel);

#endif
