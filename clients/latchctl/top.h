#ifndef LATCHCTL_TOP_H
#define LATCHCTL_TOP_H

#include <stdbool.h>

struct latchctl_options;
struct wl_display;
struct zlatch_inspector_v1;

/** The live view, until interrupted, or once. Returns false after a failure that it has told. */
bool top_run(struct wl_display *display, struct zlatch_inspector_v1 *inspector,
	const struct latchctl_options *options);

#endif
