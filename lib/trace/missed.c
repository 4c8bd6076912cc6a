/* SPDX-License-Identifier: MIT */
#include "trace/missed.h"

#include "base/minmax.h"

/* No count gets larger, whatever the times are. */
#define MANY INT64_C(1000000000)

static int64_t first_known(int64_t a, int64_t b) {
	return a > 0 ? a : b;
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

/* What is left to the kernel, in bounds that no sum can leave. */
static int64_t kernel_ns(const struct latch_wake_record *wake) {
	return latch_clamp(wake->kernel_ns, 0, MANY);
}

/* The times of one update, in order: what is unknown is as late as what follows it. */
struct times {
	int64_t commit, ready, latch, start, end, flip;
};

static struct times put_in_order(const struct latch_frame_record *record) {
	struct times t = {.flip = record->flip_ns};
	/* Fill unknown times from behind, then put them in order from the front. */
	t.end = first_known(record->submit_end_ns, t.flip);
	t.start = first_known(record->submit_start_ns, t.end);
	t.latch = first_known(record->latch_ns, t.start);
	t.ready = first_known(record->ready_ns, first_known(record->signalled_ns, t.latch));
	t.commit = latch_max(first_known(record->commit_ns, t.ready), record->visible_ns);
	t.ready = latch_max(t.ready, t.commit);
	t.latch = latch_max(t.latch, t.ready);
	t.start = latch_max(t.start, t.latch);
	t.end = latch_max(t.end, t.start);
	return t;
}

/* Whether latch was awake for this vblank, and as punctual as it had planned to be. by_ns: when the
 * ioctl had to begin. */
static enum latch_missed_cause blame_latch(const struct latch_wake_record *wake, int64_t latch_ns,
	int64_t start_ns, int64_t by_ns) {
	const bool overslept = wake->planned_ns > 0 &&
			       latch_ns - wake->planned_ns >= start_ns - by_ns;
	return latch_ns > by_ns || overslept ? LATCH_MISSED_LATCH : LATCH_MISSED_COMPOSE;
}

/* Whose the first vblank after ready is, which latch did not submit for. */
static enum latch_missed_cause blame_first(
	const struct latch_frame_record *record, const struct times *t, int64_t missed_ns) {
	const int64_t refresh_ns = record->refresh_ns;
	const bool known = record->wake.margin_ns > 0;
	const int64_t head_start_ns = known ? record->wake.margin_ns : refresh_ns / 2;
	/* What came into view late, and not as its client had asked for, was ready all the same. */
	const bool seen_late = record->paced_ns == 0 && record->visible_ns >= t->ready &&
			       record->commit_ns > 0 && record->ready_ns > 0;
	const int64_t ready_ns =
		seen_late ? latch_max(record->ready_ns, record->commit_ns) : t->ready;
	const bool in_time = missed_ns - ready_ns >= head_start_ns;
	if (in_time || (!known && t->start - t->ready >= refresh_ns)) {
		return LATCH_MISSED_LATCH;
	}
	return missed_ns - t->commit >= head_start_ns ? LATCH_MISSED_FENCE : LATCH_MISSED_CLIENT;
}

/* The number of refreshes from one time to another, to the nearest: vblanks jitter. */
static int64_t refreshes_between(int64_t from_ns, int64_t to_ns, int64_t refresh_ns) {
	const int64_t length_ns = latch_max(to_ns - from_ns, 0);
	return length_ns / refresh_ns + (length_ns % refresh_ns > refresh_ns / 2);
}

/* How many of the vblanks first to last (as refreshes before the flip, first is the larger) were
 * those of a late frame: the ones after that it was meant for, up to and with its own flip. */
static int64_t count_blocked(
	const struct latch_frame_record *record, int64_t first, int64_t last) {
	const struct latch_blocked *blocked = &record->blocked;
	if (blocked->from_ns <= 0 || blocked->until_ns <= blocked->from_ns) {
		return 0;
	}
	const int64_t flip_ns = record->flip_ns, refresh_ns = record->refresh_ns;
	const int64_t from = refreshes_between(blocked->from_ns, flip_ns, refresh_ns) - 1;
	const int64_t until = refreshes_between(blocked->until_ns, flip_ns, refresh_ns);
	return latch_max(latch_min(from, first) - latch_max(until, last) + 1, 0);
}

/*
 * The run between the first vblank after ready and the first that was submitted for, which is
 * `skipped` before the flip. The first of it may be the client's; then some may be those of an
 * earlier frame, or of EBUSY; of the rest, latch slept through all but the last, and but for those
 * that passed while its own job was drawing.
 */
static void blame_run(const struct latch_frame_record *record, const struct times *t,
	int64_t skipped, int64_t count, struct latch_missed *missed) {
	const int64_t refresh_ns = record->refresh_ns;
	const struct latch_wake_record *wake = &record->wake;
	const struct latch_blocked *blocked = &record->blocked;
	const int64_t last_ns = t->flip - (skipped + 1) * refresh_ns;

	const enum latch_missed_cause cause =
		blame_first(record, t, t->flip - (skipped + count) * refresh_ns);
	if (cause != LATCH_MISSED_LATCH) {
		missed->by_cause[cause]++;
		count--;
	}
	if ((unsigned)blocked->cause < LATCH_MISSED_CAUSES) {
		const int64_t behind = count_blocked(record, skipped + count, skipped + 1);
		missed->by_cause[blocked->cause] += (uint32_t)behind;
		count -= behind;
	}
	if (count > 0 && wake->busy_ns > 0) {
		const int64_t behind = vblanks_before_flip(wake->busy_ns, t->flip, refresh_ns);
		const int64_t busy = latch_clamp(behind - skipped, 0, count);
		missed->by_cause[LATCH_MISSED_BUSY] += (uint32_t)busy;
		count -= busy;
	}
	if (count > 0) {
		const int64_t by_ns = latch_max(last_ns - kernel_ns(wake), 0);
		missed->by_cause[blame_latch(wake, t->latch, t->start, by_ns)]++;
		count--;
		const int64_t began = first_known(record->compose_start_ns, t->start);
		const int64_t after = vblanks_before_flip(began, t->flip, refresh_ns);
		const int64_t drew = latch_clamp(after - skipped - 1, 0, count);
		missed->by_cause[LATCH_MISSED_COMPOSE] += (uint32_t)drew;
		missed->by_cause[LATCH_MISSED_LATCH] += (uint32_t)(count - drew);
	}
}

struct latch_missed latch_missed_count(const struct latch_frame_record *record) {
	struct latch_missed missed = {0};
	const int64_t flip = record->flip_ns, refresh = record->refresh_ns;
	if (!record->presented || flip <= 0 || refresh <= 0) {
		return missed;
	}

	const struct times t = put_in_order(record);

	/* The vblanks that were free for this update, rounded as flips jitter by some us. */
	int64_t free_vblanks = MANY;
	if (record->replaced_flip_ns > 0) {
		free_vblanks = refreshes_between(record->replaced_flip_ns, flip, refresh) - 1;
		free_vblanks = latch_clamp(free_vblanks, 0, MANY);
	}

	/* To begin the ioctl closer to a vblank than the kernel needs is not to submit for it.
	 * (Where the kernel was quicker than that, and it flipped then, that vblank is the flip
	 * itself.) */
	const int64_t kernel = kernel_ns(&record->wake);
	const int64_t submitted = t.start >= flip - kernel ? flip : t.start + kernel;
	const int64_t ended = latch_max(latch_min(t.end, flip), submitted);
	const int64_t after_commit =
		latch_min(vblanks_before_flip(t.commit, flip, refresh), free_vblanks);
	const int64_t after_ready =
		latch_min(vblanks_before_flip(t.ready, flip, refresh), after_commit);
	const int64_t after_start =
		latch_min(vblanks_before_flip(submitted, flip, refresh), after_ready);
	const int64_t after_end = latch_min(vblanks_before_flip(ended, flip, refresh), after_start);

	if (record->replaced_flip_ns > 0) {
		missed.unused = (uint32_t)(free_vblanks - after_commit);
	}
	missed.total = (uint32_t)after_commit;
	missed.by_cause[LATCH_MISSED_FENCE] = (uint32_t)(after_commit - after_ready);
	missed.by_cause[LATCH_MISSED_IOCTL] = (uint32_t)(after_start - after_end);
	missed.by_cause[LATCH_MISSED_KERNEL] = (uint32_t)after_end;
	if (after_ready > after_start) {
		blame_run(record, &t, after_start, after_ready - after_start, &missed);
	}
	return missed;
}

uint32_t latch_missed_by_frame(
	const struct latch_flip_record *record, enum latch_missed_cause *cause) {
	const struct latch_wake_record *wake = &record->wake;
	const int64_t refresh_ns = record->refresh_ns, vblank_ns = wake->vblank_ns;
	if (refresh_ns <= 0 || vblank_ns <= 0 || record->flip_ns <= vblank_ns) {
		return 0;
	}
	const int64_t late = refreshes_between(vblank_ns, record->flip_ns, refresh_ns);
	const int64_t by_ns = latch_max(vblank_ns - kernel_ns(wake), 0);
	if (wake->busy_ns > 0 && wake->busy_ns <= vblank_ns) {
		*cause = LATCH_MISSED_BUSY;
	} else if (record->submit_start_ns > by_ns) {
		*cause = blame_latch(wake, record->latch_ns, record->submit_start_ns, by_ns);
	} else {
		*cause = record->submit_end_ns > vblank_ns ? LATCH_MISSED_IOCTL
							   : LATCH_MISSED_KERNEL;
	}
	return (uint32_t)latch_min(late, MANY);
}

struct latch_blocked latch_missed_blocked(const struct latch_flip_record *record) {
	struct latch_blocked blocked = {0};
	if (latch_missed_by_frame(record, &blocked.cause) > 0) {
		blocked.from_ns = record->wake.vblank_ns;
		blocked.until_ns = record->flip_ns;
		blocked.late = true;
	} else if (record->submit_end_ns > 0 && record->flip_ns > record->refresh_ns &&
		   record->flip_ns - record->submit_end_ns > record->wake.margin_ns) {
		/* In time, and before the deadline: its own vblank is what it took. */
		blocked.cause = LATCH_MISSED_BUSY;
		blocked.from_ns = record->flip_ns - record->refresh_ns;
		blocked.until_ns = record->flip_ns;
	}
	return blocked;
}

const char *latch_missed_cause_text(enum latch_missed_cause cause) {
	static const char *const texts[LATCH_MISSED_CAUSES] = {
		[LATCH_MISSED_FENCE] = "fence signalled late",
		[LATCH_MISSED_CLIENT] = "client committed late",
		[LATCH_MISSED_LATCH] = "latch woke late",
		[LATCH_MISSED_COMPOSE] = "planes or composing took long",
		[LATCH_MISSED_IOCTL] = "the ioctl took long",
		[LATCH_MISSED_KERNEL] = "kernel flipped late",
		[LATCH_MISSED_BUSY] = "another frame was under way",
	};
	return (unsigned)cause < LATCH_MISSED_CAUSES ? texts[cause] : "unknown";
}
