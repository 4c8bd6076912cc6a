#include "trace/missed.h"

/* No count gets larger, whatever the times are. */
#define MANY INT64_C(1000000000)

/* Later than this before a vblank, nobody can be blamed for not showing an update at it. */
static int64_t head_start(int64_t refresh_ns) {
	return refresh_ns / 2;
}

static int64_t first_known(int64_t a, int64_t b) {
	return a > 0 ? a : b;
}

static int64_t latest(int64_t a, int64_t b) {
	return a > b ? a : b;
}

static int64_t lesser(int64_t a, int64_t b) {
	return a < b ? a : b;
}

/*
 * How many whole refreshes the first vblank after `when` lies before the flip: 0 when it is
 * the flip itself.
 */
static int64_t vblanks_before_flip(int64_t when_ns, int64_t flip_ns, int64_t refresh_ns) {
	if (when_ns >= flip_ns) {
		return 0;
	}
	return (flip_ns - when_ns - 1) / refresh_ns;
}

/* Whose the vblanks are between the first after ready and the first after submit end. */
static enum latch_missed_cause blame_wait_for_latch(const struct latch_frame_record *record,
	int64_t commit_ns, int64_t ready_ns, int64_t submit_start_ns, int64_t missed_ns) {
	const int64_t refresh_ns = record->refresh_ns;
	const bool in_time = missed_ns - ready_ns >= head_start(refresh_ns);
	if (in_time || submit_start_ns - ready_ns >= refresh_ns) {
		return LATCH_MISSED_LATCH;
	}
	if (missed_ns - commit_ns >= head_start(refresh_ns)) {
		return LATCH_MISSED_FENCE;
	}
	return LATCH_MISSED_CLIENT;
}

struct latch_missed latch_missed_count(const struct latch_frame_record *record) {
	struct latch_missed missed = {0};
	const int64_t flip = record->flip_ns, refresh = record->refresh_ns;
	if (!record->presented || flip <= 0 || refresh <= 0) {
		return missed;
	}

	/* Fill unknown times from behind, then put them in order from the front. */
	int64_t end = first_known(record->submit_end_ns, flip);
	int64_t start = first_known(record->submit_start_ns, end);
	int64_t ready = first_known(record->ready_ns,
		first_known(record->signalled_ns, first_known(record->latch_ns, start)));
	const int64_t commit = latest(first_known(record->commit_ns, ready), record->visible_ns);
	ready = latest(ready, commit);
	start = latest(start, ready);
	end = latest(end, start);

	/* The vblanks that were free for this update, rounded as flips jitter by some us. */
	int64_t free_vblanks = MANY;
	if (record->replaced_flip_ns > 0) {
		const int64_t since = latest(flip - record->replaced_flip_ns, 0);
		const int64_t rounded = since / refresh + (since % refresh > refresh / 2 ? 1 : 0);
		free_vblanks = latest(rounded - 1, 0);
	}

	const int64_t after_commit =
		lesser(vblanks_before_flip(commit, flip, refresh), lesser(free_vblanks, MANY));
	const int64_t after_ready = lesser(vblanks_before_flip(ready, flip, refresh), after_commit);
	const int64_t after_end = lesser(vblanks_before_flip(end, flip, refresh), after_ready);

	if (record->replaced_flip_ns > 0) {
		missed.unused = (uint32_t)(lesser(free_vblanks, MANY) - after_commit);
	}
	missed.total = (uint32_t)after_commit;
	missed.by_cause[LATCH_MISSED_FENCE] = (uint32_t)(after_commit - after_ready);
	missed.by_cause[LATCH_MISSED_KERNEL] = (uint32_t)after_end;
	if (after_ready > after_end) {
		const int64_t first_missed = flip - after_ready * refresh;
		const enum latch_missed_cause cause =
			blame_wait_for_latch(record, commit, ready, start, first_missed);
		missed.by_cause[cause] += (uint32_t)(after_ready - after_end);
	}
	return missed;
}

const char *latch_missed_cause_text(enum latch_missed_cause cause) {
	switch (cause) {
	case LATCH_MISSED_FENCE:
		return "fence signalled late";
	case LATCH_MISSED_CLIENT:
		return "client committed late";
	case LATCH_MISSED_LATCH:
		return "latch submitted late";
	case LATCH_MISSED_KERNEL:
		return "kernel flipped late";
	}
	return "unknown";
}

const char *latch_missed_cause_name(enum latch_missed_cause cause) {
	switch (cause) {
	case LATCH_MISSED_FENCE:
		return "fence";
	case LATCH_MISSED_CLIENT:
		return "client";
	case LATCH_MISSED_LATCH:
		return "latch";
	case LATCH_MISSED_KERNEL:
		return "kernel";
	}
	return "unknown";
}
