#include "timing/pace.h"

#include <string.h>

#include "base/minmax.h"

bool latch_pacing_parse(const char *text, enum latch_pacing *pacing) {
	if (strcmp(text, "early") == 0) {
		*pacing = LATCH_PACING_EARLY;
	} else if (strcmp(text, "late") == 0) {
		*pacing = LATCH_PACING_LATE;
	} else {
		return false;
	}
	return true;
}

int64_t latch_pace_time(const struct latch_pace *pace, enum latch_pacing pacing, int64_t now_ns,
	int64_t deadline_ns, int64_t refresh_ns) {
	if (pacing == LATCH_PACING_EARLY || deadline_ns == 0 || refresh_ns == 0 ||
		pace->answers < LATCH_PACE_KNOWN) {
		return now_ns;
	}
	int64_t needed_ns =
		pace->took_ns + pace->took_ns / LATCH_PACE_SPARE_DEN + LATCH_PACE_SPARE_NS;
	int64_t time_ns = deadline_ns - needed_ns;
	/* The wrong deadline, of a display that has stopped: nobody waits for long. */
	if (time_ns > now_ns + 2 * refresh_ns) {
		return now_ns;
	}
	return latch_max(time_ns, now_ns);
}

void latch_pace_sent(struct latch_pace *pace, int64_t now_ns, int64_t deadline_ns) {
	/* The first one counts where several were sent: a client answers when it has all it waits
	 * for, but draws from the first on. */
	if (pace->sent_ns == 0) {
		pace->sent_ns = now_ns;
		pace->aim_ns = deadline_ns;
	}
}

bool latch_pace_waits(const struct latch_pace *pace) {
	return pace->sent_ns != 0 && pace->in_turn >= LATCH_PACE_KNOWN;
}

void latch_pace_ready(struct latch_pace *pace, int64_t ready_ns, int64_t refresh_ns) {
	if (pace->sent_ns == 0) {
		pace->in_turn = 0;
		return; // a client that does not wait for callbacks, or commits twice
	}
	pace->in_turn += pace->in_turn < LATCH_PACE_KNOWN;
	int64_t took_ns = ready_ns - pace->sent_ns;
	bool late = pace->aim_ns != 0 && ready_ns > pace->aim_ns;
	pace->sent_ns = 0;
	if (took_ns > LATCH_PACE_REFRESHES_MAX * refresh_ns) {
		pace->answers = 0;
		return;
	}
	if (took_ns > pace->took_ns) {
		pace->took_ns = took_ns;
	} else {
		pace->took_ns -= (pace->took_ns - took_ns) / LATCH_PACE_DECAY;
	}
	if (late) {
		pace->answers = 0;
	} else if (pace->answers < LATCH_PACE_KNOWN) {
		pace->answers++;
	}
}
