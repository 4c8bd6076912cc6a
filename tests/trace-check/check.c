/* SPDX-License-Identifier: MIT */
/* The rules. Each is told by itself, so that one wrong time does not hide another. */
#include "check.h"

#include <inttypes.h>

/* Where a finding is: what every message about an update begins with. */
#define WHO "surface %" PRIu32 " update %" PRIu64 ": "

struct subject {
	struct trace *trace;
	uint32_t surface;
	uint64_t number;
	const struct trace_update *update;
};

#define FOUND(subject, rule, format, ...)                                                          \
	trace_found((subject)->trace, (rule), WHO format, (subject)->surface, (subject)->number,   \
		__VA_ARGS__)
#define FOUND_TEXT(subject, rule, text) FOUND(subject, rule, "%s", text)

static bool was_on_screen(const struct trace_update *update) {
	return update->first_output != 0;
}

/* When its client was told that it has its buffer back, perhaps with a fence to wait for. */
static int64_t spoken_ns(const struct trace_update *update) {
	return update->record.told_ns != 0 ? update->record.told_ns : update->record.release_ns;
}

static void check_one_release(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	if (!update->committed) {
		FOUND_TEXT(subject, RULE_ONE_RELEASE,
			update->records > 0 ? "was given back, but never committed"
					    : "is missing: later ones were committed");
	} else if (update->records == 0 && !subject->trace->cut) {
		FOUND(subject, RULE_ONE_RELEASE, "committed at %" PRId64 ", never given back",
			update->commit_ns);
	}
	if (update->records > 1) {
		FOUND(subject, RULE_ONE_RELEASE, "was given back %" PRIu32 " times",
			update->records);
	}
	if (update->records > 0 && update->record.release_ns <= 0) {
		FOUND_TEXT(subject, RULE_ONE_RELEASE, "has no time of its release");
	}
}

static void check_shown_early(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	if (!was_on_screen(update)) {
		return;
	}
	if (record->ready_ns <= 0 || record->ready_ns > update->first_latch_ns) {
		FOUND(subject, RULE_SHOWN_EARLY,
			"latched at %" PRId64 " for output %" PRIu32 ", ready at %" PRId64,
			update->first_latch_ns, update->first_output, record->ready_ns);
	}
	if (record->signalled_ns <= 0 || record->signalled_ns > update->first_latch_ns) {
		FOUND(subject, RULE_SHOWN_EARLY,
			"latched at %" PRId64 " for output %" PRIu32 ", flipped to at %" PRId64
			", its fence signalled at %" PRId64,
			update->first_latch_ns, update->first_output, update->first_flip_ns,
			record->signalled_ns);
	}
	if (record->fence_error != 0) {
		FOUND(subject, RULE_SHOWN_EARLY,
			"shown at %" PRId64 ", though its fence signalled with error %d",
			update->first_flip_ns, record->fence_error);
	}
}

/* A word with a fence is spoken before the flip: it has to be the fence of that very commit. */
static void check_told(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	const bool in_submit = record->told_ns >= update->off_submit_start_ns &&
			       record->told_ns <= update->off_submit_end_ns;
	if (update->off_submit_start_ns != 0 && !in_submit) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"told at %" PRId64
			" with another out-fence than that of the flip at %" PRId64
			" that took it off, submitted from %" PRId64 " to %" PRId64,
			record->told_ns, update->off_ns, update->off_submit_start_ns,
			update->off_submit_end_ns);
	}
	if (record->told_ns > update->off_ns && update->off_submit_start_ns == 0) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"told at %" PRId64 " with a fence, though it was off at %" PRId64,
			record->told_ns, update->off_ns);
	}
}

static void check_release_early(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	if (record->release == LATCH_RELEASED_COPY) {
		/* The composed picture is read, the buffer is not. */
		if (record->sync != LATCH_SYNC_NONE ||
			(was_on_screen(update) && record->placement != LATCH_COMPOSED)) {
			FOUND(subject, RULE_RELEASE_EARLY,
				"given back at %" PRId64 " as copied, but planes or fences read it",
				record->told_ns);
		}
		return;
	}
	if (update->screens > 0) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"given back at %" PRId64 ", still on %" PRIu32 " outputs at the end",
			record->release_ns, update->screens);
	} else if (update->off_ns > record->release_ns) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"given back at %" PRId64 ", on screen until %" PRId64, record->release_ns,
			update->off_ns);
	}
	if (record->off_ns != update->off_ns) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"is said to be off at %" PRId64 ", the flip without it was at %" PRId64,
			record->off_ns, update->off_ns);
	}
	if (record->release == LATCH_RELEASED_FENCE && was_on_screen(update)) {
		check_told(subject);
	} else if (record->release != LATCH_RELEASED_AT_ONCE && update->off_ns == 0) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"given back by \"%s\", but no flip ever took it off",
			latch_name(&latch_record_release_names, record->release));
	}
	if ((record->told_ns != 0) != (record->release == LATCH_RELEASED_FENCE)) {
		FOUND(subject, RULE_RELEASE_EARLY, "given back by \"%s\", and told at %" PRId64,
			latch_name(&latch_record_release_names, record->release), record->told_ns);
	}
}

static void check_times(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	const struct {
		const char *before, *after;
		int64_t before_ns, after_ns;
	} pairs[] = {
		{"commit", "ready", record->commit_ns, record->ready_ns},
		{"signalled", "ready", record->signalled_ns, record->ready_ns},
		{"ready", "latch", record->ready_ns, record->latch_ns},
		{"latch", "submit", record->latch_ns, record->submit_start_ns},
		{"submit", "submit's end", record->submit_start_ns, record->submit_end_ns},
		{"flip", "release", record->flip_ns, record->release_ns},
		{"submit's end", "release", record->submit_end_ns, record->release_ns},
		{"ready", "release", record->ready_ns, record->release_ns},
		{"ready", "told", record->ready_ns, record->told_ns},
		{"told", "release", record->told_ns, record->release_ns},
		{"commit", "release", record->commit_ns, record->release_ns},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].before_ns != 0 && pairs[i].after_ns != 0 &&
			pairs[i].before_ns > pairs[i].after_ns) {
			FOUND(subject, RULE_TIMES, "%s at %" PRId64 ", after %s at %" PRId64,
				pairs[i].before, pairs[i].before_ns, pairs[i].after,
				pairs[i].after_ns);
		}
	}
	if (was_on_screen(update) &&
		!trace_flip_fits(&subject->trace->outputs[update->first_output],
			record->submit_start_ns, record->flip_ns)) {
		FOUND(subject, RULE_TIMES, "submit at %" PRId64 ", after flip at %" PRId64,
			record->submit_start_ns, record->flip_ns);
	}
	if (update->committed && record->commit_ns != update->commit_ns) {
		FOUND(subject, RULE_TIMES, "committed at %" PRId64 ", its record says at %" PRId64,
			update->commit_ns, record->commit_ns);
	}
}

/* A newer update of the surface that was there when this one went. */
static bool has_successor(const struct subject *subject) {
	const struct trace_surface *surface = &subject->trace->surfaces[subject->surface];
	for (size_t i = (size_t)(subject->number - surface->before); i < surface->len; i++) {
		const struct trace_update *next = &surface->updates[i];
		/* Of one under way in a trace that is cut nothing but the commit is known. */
		const int64_t ready_ns =
			next->records > 0 ? next->record.ready_ns : next->commit_ns;
		if (next->committed && next->record.fence_error == 0 && ready_ns != 0 &&
			ready_ns <= subject->update->record.release_ns) {
			return true;
		}
	}
	return false;
}

static void check_end(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	const struct trace_surface *surface = &subject->trace->surfaces[subject->surface];
	if ((record->end == LATCH_END_SHOWN) != was_on_screen(update) ||
		record->presented != was_on_screen(update)) {
		FOUND(subject, RULE_END, "ends as \"%s\", %spresented, and was on %s screen",
			latch_name(&latch_record_end_names, record->end),
			record->presented ? "" : "not ",
			was_on_screen(update) ? "a" : "no");
	}
	if (was_on_screen(update) && record->flip_ns != update->first_flip_ns) {
		FOUND(subject, RULE_END,
			"its flip is said to be at %" PRId64 ", the first with it was at %" PRId64,
			record->flip_ns, update->first_flip_ns);
	}
	if ((record->end == LATCH_END_FENCE_ERROR) != (record->fence_error != 0)) {
		FOUND(subject, RULE_END, "ends as \"%s\", its fence's error is %d",
			latch_name(&latch_record_end_names, record->end), record->fence_error);
	}
	if (record->end == LATCH_END_UNKNOWN) {
		FOUND_TEXT(subject, RULE_END, "has no end");
	} else if (record->end == LATCH_END_SUPERSEDED && !has_successor(subject)) {
		FOUND(subject, RULE_END,
			"superseded at %" PRId64 ", but no newer one was ready by then",
			record->release_ns);
	} else if (record->end == LATCH_END_SURFACE_GONE && !surface->gone) {
		FOUND_TEXT(subject, RULE_END, "went with its surface, which is still there");
	}
}

/* Of neighbours in the order of commits. */
static void check_ready_order(const struct subject *subject, const struct trace_update *before) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	if (before->committed && update->committed && before->commit_ns > update->commit_ns) {
		FOUND(subject, RULE_READY_ORDER, "committed at %" PRId64 ", before the one before",
			update->commit_ns);
	}
	if (record->ready_ns == 0 || before->records == 0) {
		return;
	}
	/* One that never got ready (its surface went, it was refused) had nobody ready behind it.
	 */
	if (before->record.ready_ns == 0 || before->record.ready_ns > record->ready_ns) {
		FOUND(subject, RULE_READY_ORDER, "ready at %" PRId64 ", the one before at %" PRId64,
			record->ready_ns, before->record.ready_ns);
	}
}

/*
 * Neither protocol demands an order among all: one that is superseded goes back while an older one
 * is still on the screen. But what was on one screen leaves it in order, and what was never shown
 * has nothing to wait for.
 */
static void check_release_order(const struct subject *subject,
	const struct trace_update **last_shown, const struct trace_update **last_unseen) {
	const struct trace_update *update = subject->update;
	const struct latch_frame_record *record = &update->record;
	const bool shown = was_on_screen(update);
	const bool under_way = !shown && record->submit_start_ns != 0; /* a frame held it */
	if (record->release == LATCH_RELEASED_COPY || update->several_outputs || under_way ||
		record->end == LATCH_END_FENCE_ERROR || record->end == LATCH_END_REFUSED) {
		return;
	}
	const struct trace_update **last = shown ? last_shown : last_unseen;
	const struct trace_update *before = *last;
	*last = update;
	if (before == NULL || before->first_output != update->first_output) {
		return;
	}
	if (before->record.release_ns > record->release_ns ||
		spoken_ns(before) > spoken_ns(update) ||
		(update->screens == 0 && before->off_ns > update->off_ns)) {
		FOUND(subject, RULE_RELEASE_ORDER,
			"given back at %" PRId64 " (told %" PRId64 ", off %" PRId64
			"), one before it at %" PRId64 " (told %" PRId64 ", off %" PRId64 ")",
			record->release_ns, record->told_ns, update->off_ns,
			before->record.release_ns,
			before->record.told_ns, before->off_ns);
	}
}

static void count(const struct trace_update *update, struct summary *summary) {
	const struct latch_frame_record *record = &update->record;
	summary->commits += update->committed;
	if (summary->first_ns == 0 || update->commit_ns < summary->first_ns) {
		summary->first_ns = update->commit_ns;
	}
	if (update->records == 0) {
		summary->under_way += update->committed;
		return;
	}
	summary->records += update->records;
	summary->by_sync[record->sync]++;
	summary->by_end[record->end]++;
	summary->by_release[record->release]++;
	summary->late += record->signalled_ns > record->commit_ns;
	if (was_on_screen(update)) {
		summary->shown++;
		summary->on_planes += record->placement != LATCH_COMPOSED;
		summary->composed += record->placement == LATCH_COMPOSED;
	}
	if (record->release_ns > summary->last_ns) {
		summary->last_ns = record->release_ns;
	}
}

static void check_surface(struct trace *trace, uint32_t id, struct summary *summary) {
	const struct trace_surface *surface = &trace->surfaces[id];
	const struct trace_update *last_shown = NULL, *last_unseen = NULL;
	for (size_t i = 0; i < surface->len; i++) {
		const struct trace_update *update = &surface->updates[i];
		const struct subject subject = {trace, id, surface->before + i + 1, update};
		count(update, summary);
		check_one_release(&subject);
		if (i > 0) {
			check_ready_order(&subject, &surface->updates[i - 1]);
		}
		if (update->records == 0) {
			continue;
		}
		check_shown_early(&subject);
		check_release_early(&subject);
		check_release_order(&subject, &last_shown, &last_unseen);
		check_times(&subject);
		check_end(&subject);
	}
}

static void check_buffer(struct trace *trace, uint32_t id) {
	const struct trace_use_list *buffer = &trace->buffers[id];
	for (size_t i = 1; i < buffer->len; i++) {
		const struct trace_use *a = &buffer->uses[i - 1], *b = &buffer->uses[i];
		const struct trace_update *first = trace_find_update(trace, a->surface, a->number);
		const struct trace_update *second = trace_find_update(trace, b->surface, b->number);
		if (first->records == 0 || second->commit_ns < spoken_ns(first)) {
			trace_found(trace, RULE_BUFFER,
				WHO "brought buffer %" PRIu32 " at %" PRId64 ", given back by " WHO
				    "%" PRId64,
				b->surface, b->number, id, second->commit_ns, a->surface, a->number,
				first->records > 0 ? spoken_ns(first) : 0);
		}
	}
}

void trace_check(struct trace *trace, struct summary *summary) {
	*summary = (struct summary){0};
	for (size_t i = 0; i < trace->surfaces_len; i++) {
		summary->surfaces += trace->surfaces[i].len > 0;
		summary->gone += trace->surfaces[i].len > 0 && trace->surfaces[i].gone;
		check_surface(trace, (uint32_t)i, summary);
	}
	for (size_t i = 0; i < trace->buffers_len; i++) {
		summary->buffers += trace->buffers[i].len > 0;
		check_buffer(trace, (uint32_t)i);
	}
	for (size_t i = 0; i < trace->outputs_len; i++) {
		summary->outputs += trace->outputs[i].flips > 0;
		summary->flips += trace->outputs[i].flips;
	}
	for (int i = 0; i < RULES; i++) {
		summary->findings += trace->findings[i];
	}
}
