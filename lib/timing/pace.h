#ifndef LATCH_TIMING_PACE_H
#define LATCH_TIMING_PACE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * When a surface hears that it may draw again: plain arithmetic.
 *
 * Early: right after the flip of its frame. The client has the whole refresh, and what it draws
 * waits for the rest of it. (Earlier still, after the submit, would only make what it draws older:
 * the flip to come is taken.) Late: so that a client that takes as long as it did before, from the
 * callback until its fence has signalled, just makes the next deadline; what it shows is as young
 * as can be. A client that is not known, or was late, hears early until it is known again.
 */

enum latch_pacing {
	LATCH_PACING_EARLY,
	LATCH_PACING_LATE,
};

/** What is kept free beside the time that the client takes, ... */
#define LATCH_PACE_SPARE_NS INT64_C(1000000)
/** ... and this part of that time. */
#define LATCH_PACE_SPARE_DEN 4
/** A client that takes longer than this many refreshes does not draw because of the callback. */
#define LATCH_PACE_REFRESHES_MAX 2
/** So many answers in a row until a client is known. */
#define LATCH_PACE_KNOWN 8
/** A client that took longer is believed at once, a quicker one by this part of the difference. */
#define LATCH_PACE_DECAY 32

/** Of one surface. */
struct latch_pace {
	/** The callback that is not answered yet, and the deadline it was meant for (0: none). */
	int64_t sent_ns, aim_ns;
	/** From a callback until the update that answers it is ready. */
	int64_t took_ns;
	/** Answers in a row that came in time. */
	unsigned answers;
	/** Updates in a row that were answers. */
	unsigned in_turn;
};

/** "early" or "late". Returns false, leaving *pacing, for others. */
bool latch_pacing_parse(const char *text, enum latch_pacing *pacing);

/**
 * When to send the callback: now_ns, or later. deadline_ns: the one that the answer is to make; 0
 * when it is not known. refresh_ns: 0 when it is not known.
 */
int64_t latch_pace_time(const struct latch_pace *pace, enum latch_pacing pacing, int64_t now_ns,
	int64_t deadline_ns, int64_t refresh_ns);

/** The callback was sent. deadline_ns as above. */
void latch_pace_sent(struct latch_pace *pace, int64_t now_ns, int64_t deadline_ns);

/** Whether the client commits once for each callback, and has not yet for the last one: it shows
 * nothing newer than what it commits now before it hears again. */
bool latch_pace_waits(const struct latch_pace *pace);

/** An update of the surface has passed the gate. */
void latch_pace_ready(struct latch_pace *pace, int64_t ready_ns, int64_t refresh_ns);

#endif
