/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How much of latch's time one client may have: a token bucket of nanoseconds. It fills with time,
 * a percentage of it, up to a burst; what the client's requests take is taken out. Below zero
 * the client has to wait. No clock and no client in here.
 */

#include <stdint.h>

/**
 * Percent of the time. A client that commits 1000 times a second takes less than one percent on a
 * computer of today; with eight windows of 60 frames a second it takes seven where everything is
 * emulated.
 */
#define LATCH_SHARE_PERCENT 8
/** What a client may take at once after a pause: a toolkit that starts takes some milliseconds. */
#define LATCH_SHARE_BURST_NS INT64_C(25000000)
/** A client that waits goes on when it has so much again, not for each microsecond. */
#define LATCH_SHARE_RESUME_NS INT64_C(1000000)

struct latch_share {
	unsigned percent;    /* 1 to 100 */
	int64_t credit_ns;   /* what is left; negative: owed */
	int64_t counted_ns;  /* up to when the credit has grown */
};

/** With all of a burst. */
void latch_share_init(struct latch_share *share, unsigned percent, int64_t now_ns);

/** Takes spent_ns, which ended at now_ns. */
void latch_share_spend(struct latch_share *share, int64_t now_ns, int64_t spent_ns);

/** When the share will have LATCH_SHARE_RESUME_NS; a time that has passed if it has never less. */
int64_t latch_share_resume_ns(const struct latch_share *share);
