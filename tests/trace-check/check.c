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
	return update->told_ns != 0 ? update->told_ns : update->release_ns;
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
	if (update->records > 0 && update->release_ns <= 0) {
		FOUND_TEXT(subject, RULE_ONE_RELEASE, "has no time of its release");
	}
}

static void check_shown_early(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	if (!was_on_screen(update)) {
		return;
	}
	if (update->ready_ns <= 0 || update->ready_ns > update->first_latch_ns) {
		FOUND(subject, RULE_SHOWN_EARLY,
			"latched at %" PRId64 " for output %" PRIu32 ", ready at %" PRId64,
			update->first_latch_ns, update->first_output, update->ready_ns);
	}
	if (update->signalled_ns <= 0 || update->signalled_ns > update->first_latch_ns) {
		FOUND(subject, RULE_SHOWN_EARLY,
			"latched at %" PRId64 " for output %" PRIu32 ", flipped to at %" PRId64
			", its fence signalled at %" PRId64,
			update->first_latch_ns, update->first_output, update->first_flip_ns,
			update->signalled_ns);
	}
	if (update->fence_error != 0) {
		FOUND(subject, RULE_SHOWN_EARLY,
			"shown at %" PRId64 ", though its fence signalled with error %d",
			update->first_flip_ns, update->fence_error);
	}
}

/* A word with a fence is spoken before the flip: it has to be the fence of that very commit. */
static void check_told(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const bool in_submit = update->told_ns >= update->off_submit_start_ns &&
			       update->told_ns <= update->off_submit_end_ns;
	if (update->off_submit_start_ns != 0 && !in_submit) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"told at %" PRId64
			" with another out-fence than that of the flip at %" PRId64
			" that took it off, submitted from %" PRId64 " to %" PRId64,
			update->told_ns, update->off_ns, update->off_submit_start_ns,
			update->off_submit_end_ns);
	}
	if (update->told_ns > update->off_ns && update->off_submit_start_ns == 0) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"told at %" PRId64 " with a fence, though it was off at %" PRId64,
			update->told_ns, update->off_ns);
	}
}

static void check_release_early(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	if (update->release == RELEASE_COPY) {
		/* The composed picture is read, the buffer is not. */
		if (update->sync != SYNC_NONE || (was_on_screen(update) && !update->composed)) {
			FOUND(subject, RULE_RELEASE_EARLY,
				"given back at %" PRId64 " as copied, but planes or fences read it",
				update->told_ns);
		}
		return;
	}
	if (update->screens > 0) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"given back at %" PRId64 ", still on %" PRIu32 " outputs at the end",
			update->release_ns, update->screens);
	} else if (update->off_ns > update->release_ns) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"given back at %" PRId64 ", on screen until %" PRId64, update->release_ns,
			update->off_ns);
	}
	if (update->record_off_ns != update->off_ns) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"is said to be off at %" PRId64 ", the flip without it was at %" PRId64,
			update->record_off_ns, update->off_ns);
	}
	if (update->release == RELEASE_FENCE && was_on_screen(update)) {
		check_told(subject);
	} else if (update->release != RELEASE_AT_ONCE && update->off_ns == 0) {
		FOUND(subject, RULE_RELEASE_EARLY,
			"given back by \"%s\", but no flip ever took it off",
			release_names[update->release]);
	}
	if ((update->told_ns != 0) != (update->release == RELEASE_FENCE)) {
		FOUND(subject, RULE_RELEASE_EARLY, "given back by \"%s\", and told at %" PRId64,
			release_names[update->release], update->told_ns);
	}
}

static void check_times(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct {
		const char *before, *after;
		int64_t before_ns, after_ns;
	} pairs[] = {
		{"commit", "ready", update->record_commit_ns, update->ready_ns},
		{"signalled", "ready", update->signalled_ns, update->ready_ns},
		{"ready", "latch", update->ready_ns, update->latch_ns},
		{"latch", "submit", update->latch_ns, update->submit_start_ns},
		{"submit", "submit's end", update->submit_start_ns, update->submit_end_ns},
		{"flip", "release", update->flip_ns, update->release_ns},
		{"submit's end", "release", update->submit_end_ns, update->release_ns},
		{"ready", "release", update->ready_ns, update->release_ns},
		{"ready", "told", update->ready_ns, update->told_ns},
		{"told", "release", update->told_ns, update->release_ns},
		{"commit", "release", update->record_commit_ns, update->release_ns},
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
			update->submit_start_ns, update->flip_ns)) {
		FOUND(subject, RULE_TIMES, "submit at %" PRId64 ", after flip at %" PRId64,
			update->submit_start_ns, update->flip_ns);
	}
	if (update->committed && update->record_commit_ns != update->commit_ns) {
		FOUND(subject, RULE_TIMES, "committed at %" PRId64 ", its record says at %" PRId64,
			update->commit_ns, update->record_commit_ns);
	}
}

/* A newer update of the surface that was there when this one went. */
static bool has_successor(const struct subject *subject) {
	const struct trace_surface *surface = &subject->trace->surfaces[subject->surface];
	for (size_t i = (size_t)subject->number; i < surface->len; i++) {
		const struct trace_update *next = &surface->updates[i];
		/* Of one under way in a trace that is cut nothing but the commit is known. */
		const int64_t ready_ns = next->records > 0 ? next->ready_ns : next->commit_ns;
		if (next->committed && next->fence_error == 0 && ready_ns != 0 &&
			ready_ns <= subject->update->release_ns) {
			return true;
		}
	}
	return false;
}

static void check_end(const struct subject *subject) {
	const struct trace_update *update = subject->update;
	const struct trace_surface *surface = &subject->trace->surfaces[subject->surface];
	if ((update->end == END_SHOWN) != was_on_screen(update) ||
		update->presented != was_on_screen(update)) {
		FOUND(subject, RULE_END, "ends as \"%s\", %spresented, and was on %s screen",
			end_names[update->end], update->presented ? "" : "not ",
			was_on_screen(update) ? "a" : "no");
	}
	if (was_on_screen(update) && update->flip_ns != update->first_flip_ns) {
		FOUND(subject, RULE_END,
			"its flip is said to be at %" PRId64 ", the first with it was at %" PRId64,
			update->flip_ns, update->first_flip_ns);
	}
	if ((update->end == END_FENCE_ERROR) != (update->fence_error != 0)) {
		FOUND(subject, RULE_END, "ends as \"%s\", its fence's error is %d",
			end_names[update->end], update->fence_error);
	}
	if (update->end == END_UNKNOWN) {
		FOUND_TEXT(subject, RULE_END, "has no end");
	} else if (update->end == END_SUPERSEDED && !has_successor(subject)) {
		FOUND(subject, RULE_END,
			"superseded at %" PRId64 ", but no newer one was ready by then",
			update->release_ns);
	} else if (update->end == END_SURFACE_GONE && !surface->gone) {
		FOUND_TEXT(subject, RULE_END, "went with its surface, which is still there");
	}
}

/* Of neighbours in the order of commits. */
static void check_ready_order(const struct subject *subject, const struct trace_update *before) {
	const struct trace_update *update = subject->update;
	if (before->committed && update->committed && before->commit_ns > update->commit_ns) {
		FOUND(subject, RULE_READY_ORDER, "committed at %" PRId64 ", before the one before",
			update->commit_ns);
	}
	if (update->ready_ns == 0 || before->records == 0) {
		return;
	}
	/* One that never got ready (its surface went, it was refused) had nobody ready behind it.
	 */
	if (before->ready_ns == 0 || before->ready_ns > update->ready_ns) {
		FOUND(subject, RULE_READY_ORDER, "ready at %" PRId64 ", the one before at %" PRId64,
			update->ready_ns, before->ready_ns);
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
	const bool shown = was_on_screen(update);
	const bool under_way = !shown && update->submit_start_ns != 0; /* a frame held it */
	if (update->release == RELEASE_COPY || update->several_outputs || under_way ||
		update->end == END_FENCE_ERROR || update->end == END_REFUSED) {
		return;
	}
	const struct trace_update **last = shown ? last_shown : last_unseen;
	const struct trace_update *before = *last;
	*last = update;
	if (before == NULL || before->first_output != update->first_output) {
		return;
	}
	if (before->release_ns > update->release_ns || spoken_ns(before) > spoken_ns(update) ||
		(update->screens == 0 && before->off_ns > update->off_ns)) {
		FOUND(subject, RULE_RELEASE_ORDER,
			"given back at %" PRId64 " (told %" PRId64 ", off %" PRId64
			"), one before it at %" PRId64 " (told %" PRId64 ", off %" PRId64 ")",
			update->release_ns, update->told_ns, update->off_ns, before->release_ns,
			before->told_ns, before->off_ns);
	}
}

static void count(const struct trace_update *update, struct summary *summary) {
	summary->commits += update->committed;
	if (summary->first_ns == 0 || update->commit_ns < summary->first_ns) {
		summary->first_ns = update->commit_ns;
	}
	if (update->records == 0) {
		summary->under_way += update->committed;
		return;
	}
	summary->records += update->records;
	summary->by_sync[update->sync]++;
	summary->by_end[update->end]++;
	summary->by_release[update->release]++;
	summary->late += update->signalled_ns > update->record_commit_ns;
	if (was_on_screen(update)) {
		summary->shown++;
		summary->on_planes += !update->composed;
		summary->composed += update->composed;
	}
	if (update->release_ns > summary->last_ns) {
		summary->last_ns = update->release_ns;
	}
}

static void check_surface(struct trace *trace, uint32_t id, struct summary *summary) {
	const struct trace_surface *surface = &trace->surfaces[id];
	const struct trace_update *last_shown = NULL, *last_unseen = NULL;
	for (size_t i = 0; i < surface->len; i++) {
		const struct trace_update *update = &surface->updates[i];
		const struct subject subject = {trace, id, i + 1, update};
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
	const struct trace_buffer *buffer = &trace->buffers[id];
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
