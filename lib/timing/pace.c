/* SPDX-License-Identifier: MIT */
#include "timing/pace.h"

#include <string.h>

#include "base/minmax.h"

#define NS_PER_US 1000

const char *const latch_pacing_names[] = {"early", "late", NULL};

/* All remembered answers but the longest one take no longer; nor does any of the newest row. */
static int64_t needed_ns(const struct latch_pace *pace) {
	uint32_t longest = 0, second = 0;
	for (int i = 0; i < LATCH_PACE_ROWS; i++) {
		const uint32_t row = pace->longest_us[i];
		if (row > longest) {
			second = longest;
			longest = row;
		} else if (row > second) {
			second = row;
		}
	}
	const int64_t took_us = latch_max(second, pace->longest_us[0]);
	return latch_max(took_us * NS_PER_US, pace->raised_ns);
}

int64_t latch_pace_time(const struct latch_pace *pace, enum latch_pacing pacing, int64_t now_ns,
	int64_t deadline_ns, int64_t refresh_ns) {
	if (pacing == LATCH_PACING_EARLY || deadline_ns == 0 || refresh_ns == 0 || pace->ahead ||
		pace->answers < LATCH_PACE_KNOWN) {
		return now_ns;
	}
	const int64_t took_ns = needed_ns(pace);
	const int64_t time_ns =
		deadline_ns - took_ns - took_ns / LATCH_PACE_SPARE_DEN - LATCH_PACE_SPARE_NS;
	/* The wrong deadline, of a display that has stopped: nobody waits for long. */
	if (time_ns > now_ns + 2 * refresh_ns) {
		return now_ns;
	}
	return latch_max(time_ns, now_ns);
}

void latch_pace_sent(struct latch_pace *pace, int64_t now_ns, int64_t deadline_ns) {
	/* The first one counts where several were sent: a client answers when it has all it waits
	 * for, but draws from the first on. */
	if (pace->sent_ns != 0) {
		return;
	}
	pace->sent_ns = now_ns;
	pace->aim_ns = deadline_ns;
}

int64_t latch_pace_commit(struct latch_pace *pace) {
	const int64_t sent_ns = pace->sent_ns;
	pace->sent_ns = 0;
	if (sent_ns == 0) {
		pace->in_turn = 0; // a client that does not wait for callbacks, or commits twice
	} else if (pace->in_turn < LATCH_PACE_KNOWN) {
		pace->in_turn++;
	}
	return sent_ns;
}

bool latch_pace_waits(const struct latch_pace *pace) {
	return pace->sent_ns == 0 && pace->in_turn >= LATCH_PACE_KNOWN;
}

bool latch_pace_is_long(const struct latch_pace *pace, int64_t refresh_ns) {
	return pace->ahead && needed_ns(pace) > refresh_ns;
}

static void remember(struct latch_pace *pace, int64_t took_ns, bool late) {
	if (pace->in_row == LATCH_PACE_ROW) {
		memmove(&pace->longest_us[1], &pace->longest_us[0],
			sizeof(pace->longest_us) - sizeof(pace->longest_us[0]));
		pace->longest_us[0] = 0;
		pace->in_row = 0;
	}
	pace->in_row++;
	pace->longest_us[0] =
		(uint32_t)latch_max(pace->longest_us[0], took_ns / NS_PER_US + 1);
	pace->raised_ns -= pace->raised_ns / LATCH_PACE_DECAY;
	if (late) {
		pace->raised_ns = latch_max(pace->raised_ns, took_ns);
	}
}

/* Whether it fits between a flip and the next deadline; by far, for one that runs ahead. */
static void judge(struct latch_pace *pace, int64_t took_ns, int64_t left_ns) {
	const int64_t spare_ns = pace->ahead ? took_ns / LATCH_PACE_FAR_DEN + LATCH_PACE_SPARE_NS
					     : LATCH_PACE_SENT_NS;
	if (took_ns + spare_ns > left_ns) {
		pace->misses += pace->misses < LATCH_PACE_AHEAD;
	} else if (pace->misses > 0) {
		pace->misses--;
	}
	pace->ahead = pace->ahead ? pace->misses > 0 : pace->misses == LATCH_PACE_AHEAD;
}

void latch_pace_ready(struct latch_pace *pace, const struct latch_pace_answer *answer,
	int64_t refresh_ns, int64_t left_ns) {
	const int64_t begun_ns = latch_max(answer->commit_ns, pace->ready_ns);
	pace->ready_ns = answer->ready_ns;
	if (answer->callback_ns == 0) {
		return;
	}
	const bool late = pace->aim_ns != 0 && answer->ready_ns > pace->aim_ns;
	if (late && answer->input_ns > answer->callback_ns) {
		return; // it is late by what it has waited for
	}
	/* As it would have been without a job before it. */
	const int64_t took_ns = answer->commit_ns -
				latch_max(answer->callback_ns, answer->input_ns) +
				latch_max(answer->ready_ns - begun_ns, 0);
	if (took_ns > LATCH_PACE_REFRESHES_MAX * refresh_ns) {
		pace->answers = 0;
		return;
	}
	remember(pace, took_ns, late);
	judge(pace, took_ns, left_ns);
	if (late) {
		pace->answers = 0;
	} else if (pace->answers < LATCH_PACE_KNOWN) {
		pace->answers++;
	}
}
