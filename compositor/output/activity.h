#ifndef LATCH_OUTPUT_ACTIVITY_H
#define LATCH_OUTPUT_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Which sources change what an output shows, and whether there is only one: plain arithmetic. A latch
 * that goes at once takes the next vblank from any other source that commits before it.
 */

/** A source counts as alone after it was the only one to change anything for this long. */
#define LATCH_ALONE_NS INT64_C(100000000)
/** After this long, without any input, it is expected to stay alone until the next flip. Input may
 * wake up clients that were idle. */
#define LATCH_QUIET_NS INT64_C(1000000000)

/** Sources, beside surfaces by their numbers (struct latch_surface.id). */
#define LATCH_SOURCE_CURSOR 0
#define LATCH_SOURCE_OTHER UINT32_MAX

/** Zeroed: nothing was ever changed. */
struct latch_activity {
	/** The last one and when; when it last was another; when input was last sent to a client. */
	uint32_t source;
	int64_t last_ns, other_ns, input_ns;
};

/** A source has something new to show. */
void latch_activity_note(struct latch_activity *activity, uint32_t source, int64_t now_ns);

/** A key, button, wheel or touch event is sent to a client. */
void latch_activity_note_input(struct latch_activity *activity, int64_t now_ns);

/** Nobody but the last source has had anything new for LATCH_ALONE_NS. */
bool latch_activity_is_alone(const struct latch_activity *activity, int64_t now_ns);

/** Nobody but the last source has had anything new for LATCH_QUIET_NS, and there was no input. */
bool latch_activity_is_quiet(const struct latch_activity *activity, int64_t now_ns);

#endif
