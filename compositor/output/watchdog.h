#ifndef LATCH_OUTPUT_WATCHDOG_H
#define LATCH_OUTPUT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

/** A look at a flip that is under way. */
struct latch_watchdog_look {
	/** Now, and when the look was planned for. */
	int64_t now_ns, planned_ns;
	int64_t submit_ns;
	/** Of the mode; 0 when unknown. */
	int64_t refresh_ns;
	/** The commit set a mode: links are trained, panels are powered. */
	bool modeset;
};

/** When to look again; 0: the flip is lost. Plain function. */
int64_t latch_watchdog_next(const struct latch_watchdog_look *look);

#endif
