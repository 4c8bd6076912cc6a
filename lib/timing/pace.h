/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/**
 * When a surface hears that it may draw again (wl_surface.frame): plain arithmetic.
 *
 * Early: right after the flip of its frame. The client has the whole refresh, and what it draws
 * waits for the rest of it. Late: so that a client that takes as long as it did before, from the
 * callback until its fence has signalled, just makes the next deadline; what it shows is as young
 * as can be. A client that is not known, or was late, hears early until it is known again.
 *
 * A client whose job takes longer than there is from a flip to the next deadline would have its GPU
 * stand still from the end of a job to the flip. It is let run ahead: it hears with the submit of
 * its frame, or, while its job goes on, at the next vblank.
 */

enum latch_pacing {
	LATCH_PACING_EARLY,
	LATCH_PACING_LATE,
};

/** What is kept free beside the time that the client takes, ... */
#define LATCH_PACE_SPARE_NS INT64_C(300000)
/** ... and this part of that time. */
#define LATCH_PACE_SPARE_DEN 16
/** A client that takes longer than this many refreshes does not draw because of the callback. */
#define LATCH_PACE_REFRESHES_MAX 2
/** So many answers in a row until a client is known. */
#define LATCH_PACE_KNOWN 8
/** Of so many answers in a row the longest one is remembered, for so many rows. A single answer
 * that is longer than all others counts in its own row alone: it costs less than one frame in a
 * thousand. */
#define LATCH_PACE_ROW 32
#define LATCH_PACE_ROWS 32
/** An answer that came too late counts for longer, by this part less with each that follows. */
#define LATCH_PACE_DECAY 32
/** From a flip until an early callback is sent. */
#define LATCH_PACE_SENT_NS INT64_C(150000)
/** A client runs ahead when of its answers so many more took longer than there is from a flip to the
 * next deadline than did not; ... */
#define LATCH_PACE_AHEAD 4
/** ... and no more when as many more would fit, were they longer by this part. */
#define LATCH_PACE_FAR_DEN 4

/** Of one surface. */
struct latch_pace {
	/** The callback that is not answered yet. */
	int64_t sent_ns;
	/** The deadline that the last callback was meant for, 0: none. */
	int64_t aim_ns;
	/** When the last update was ready. */
	int64_t ready_ns;
	/** The longest answers, in us, the newest row first; and how many are in that one. */
	uint32_t longest_us[LATCH_PACE_ROWS];
	unsigned in_row;
	/** What a late answer took, less and less. */
	int64_t raised_ns;
	/** Answers in a row that came in time. */
	unsigned answers;
	/** Commits in a row that were answers. */
	unsigned in_turn;
	/** Answers that took too long for early callbacks, less those that did not. */
	unsigned misses;
	/** It runs ahead: the client is to hear while its job goes on. */
	bool ahead;
};

/** An update that has passed the gate. */
struct latch_pace_answer {
	/** The callback that its commit answered, see latch_pace_commit(). */
	int64_t callback_ns;
	/** What else the client was told of, and may have waited for; 0: nothing. */
	int64_t input_ns;
	int64_t commit_ns, ready_ns;
};

/** By enum latch_pacing; NULL ends them. */
extern const char *const latch_pacing_names[];

/**
 * When to send the callback: now_ns, or later. deadline_ns: the one that the answer is to make; 0
 * when it is not known. refresh_ns: 0 when it is not known.
 */
int64_t latch_pace_time(const struct latch_pace *pace, enum latch_pacing pacing, int64_t now_ns,
	int64_t deadline_ns, int64_t refresh_ns);

/** The callback was sent. deadline_ns: as above; 0 for one of a client that runs ahead. */
void latch_pace_sent(struct latch_pace *pace, int64_t now_ns, int64_t deadline_ns);

/** The client has committed. Returns when the callback was sent that it answers, 0: none. */
int64_t latch_pace_commit(struct latch_pace *pace);

/** Whether the client commits once for each callback, and has for the last one: it shows nothing
 * newer before it hears again. */
bool latch_pace_waits(const struct latch_pace *pace);


/** Whether it runs ahead because of its own work, which takes longer than a refresh. */
bool latch_pace_is_long(const struct latch_pace *pace, int64_t refresh_ns);

/** An update of the surface has passed the gate. refresh_ns as above; left_ns: the time from a flip
 * to the next deadline, below 0 where the output itself needs longer than a refresh. */
void latch_pace_ready(struct latch_pace *pace, const struct latch_pace_answer *answer,
	int64_t refresh_ns, int64_t left_ns);
