/* SPDX-License-Identifier: MIT */
#include "limits/share.h"

void latch_share_init(struct latch_share *share, unsigned percent, int64_t now_ns) {
	*share = (struct latch_share){
		.percent = percent,
		.credit_ns = LATCH_SHARE_BURST_NS,
		.counted_ns = now_ns,
	};
}

/* Longer than any burst takes to fill, short enough not to overflow. */
static int64_t fill_ns(const struct latch_share *share, int64_t missing_ns) {
	return missing_ns * 100 / (int64_t)share->percent;
}

static void grow(struct latch_share *share, int64_t now_ns) {
	int64_t elapsed_ns = now_ns - share->counted_ns;
	if (elapsed_ns <= 0) {
		return;
	}
	share->counted_ns = now_ns;
	if (elapsed_ns >= fill_ns(share, LATCH_SHARE_BURST_NS - share->credit_ns)) {
		share->credit_ns = LATCH_SHARE_BURST_NS;
	} else {
		share->credit_ns += elapsed_ns * (int64_t)share->percent / 100;
	}
}

void latch_share_spend(struct latch_share *share, int64_t now_ns, int64_t spent_ns) {
	grow(share, now_ns);
	share->credit_ns -= spent_ns;
}

int64_t latch_share_resume_ns(const struct latch_share *share) {
	int64_t missing_ns = LATCH_SHARE_RESUME_NS - share->credit_ns;
	/* Rounded up: at that time it has it. */
	return missing_ns <= 0 ? share->counted_ns
			       : share->counted_ns + fill_ns(share, missing_ns) + 1;
}
