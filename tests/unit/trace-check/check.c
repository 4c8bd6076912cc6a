/* SPDX-License-Identifier: MIT */
/* A trace that is right, and the same with one thing wrong: each rule finds its own, and no other
 * rule cries. */
#include "check.h"

#include <inttypes.h>

#include "../text.h"
#include "../trace/frame.h"
#include "trace/fields.h"

#define UPDATES 6
#define FLIPS 5

/* What the trace is printed from. Update n, by n - 1, is shown from flip n to flip n + 1, on two
 * buffers in turn; the fifth is superseded by the sixth, whose surface goes. */
struct film {
	struct latch_frame_record commits[UPDATES], updates[UPDATES];
	int commits_count[UPDATES], records[UPDATES]; /* how often each is printed */
	struct latch_flip_record flips[FLIPS];
	int shows[FLIPS];      /* an update's index, -1: none */
	int64_t last_shown_ns; /* a sixth flip, that shows the last update; 0: there is none */
	int64_t dark_ns;       /* 0: it never gets dark */
	bool surface_gone, whole, simulated;
	const char *format;
};

static int64_t flip_at(int n) {
	return test_frame(3, (uint64_t)n + 1).flip_ns;
}

static void never_show(struct latch_frame_record *update) {
	update->end = LATCH_END_SUPERSEDED;
	update->release = LATCH_RELEASED_AT_ONCE;
	update->presented = false;
	update->latch_ns = update->submit_start_ns = update->submit_end_ns = update->flip_ns = 0;
	update->told_ns = update->off_ns = 0;
}

static struct film good(void) {
	struct film film = {.surface_gone = true, .whole = true, .format = "2"};
	for (int i = 0; i < UPDATES; i++) {
		struct latch_frame_record *update = &film.updates[i];
		*update = test_frame(3, (uint64_t)i + 1);
		update->buffer_id = (uint32_t)(i < 4 ? 1 + i % 3 : i);
		update->told_ns = flip_at(i + 1) - 5 * MS / 2;
		update->release_ns = flip_at(i + 1) + MS / 2;
		film.commits[i] = *update;
		film.commits_count[i] = film.records[i] = 1;
		if (i < FLIPS) {
			film.flips[i] = test_flip(update);
			film.shows[i] = i < 4 ? i : -1;
		}
	}
	never_show(&film.updates[4]);
	never_show(&film.updates[5]);
	film.updates[5].end = LATCH_END_SURFACE_GONE;
	return film;
}

static void print_event(FILE *file, char phase, const char *name, const struct latch_fields *fields,
	const void *record) {
	fprintf(file, "{\"ph\":\"%c\",\"name\":\"%s\",\"args\":{", phase, name);
	for (size_t i = 0; i < fields->length; i++) {
		const struct latch_field *field = &fields->fields[i];
		char number[LATCH_FIELD_MAX];
		const char *quote = latch_field_is_text(field) ? "\"" : "";
		fprintf(file, "%s\"%s\":%s%s%s", i > 0 ? "," : "", field->key, quote,
			latch_field_text(field, record, number), quote);
	}
	fputs("}},\n", file);
}

static void print_commit(FILE *file, const struct film *film, int i) {
	for (int n = 0; n < film->commits_count[i]; n++) {
		print_event(file, 'i', "commit", &latch_commit_fields, &film->commits[i]);
	}
}

static void print_record(FILE *file, const struct film *film, int i) {
	for (int n = 0; n < film->records[i]; n++) {
		print_event(file, 'B', "on plane", &latch_frame_fields, &film->updates[i]);
		fputs("{\"ph\":\"B\",\"name\":\"gate\",\"args\":{\"update\":1}},\n", file);
		fputs("{\"ph\":\"E\",\"ts\":1.0},\n", file);
	}
}

static void print_shown(FILE *file, int64_t time_ns, int shows) {
	fprintf(file,
		"{\"ph\":\"i\",\"name\":\"shown\",\"args\":{\"output\":1,\"time_ns\":%" PRId64
		",\"more\":false,\"updates\":[",
		time_ns);
	if (shows >= 0) {
		fprintf(file, "[3,%d,31]", shows + 1);
	}
	fputs("]}},\n", file);
}

static void print_flip(FILE *file, const struct film *film, int i) {
	print_event(file, 'B', "frame", &latch_flip_fields, &film->flips[i]);
	print_shown(file, film->flips[i].flip_ns, film->shows[i]);
}

static char *print(const struct film *film) {
	FILE *file = text_begin();
	fprintf(file,
		"[\n{\"ph\":\"i\",\"name\":\"latch\",\"args\":{\"format\":%s}},\n"
		"{\"ph\":\"i\",\"name\":\"output\",\"args\":{\"id\":1,\"clock\":\"%s\"}},\n",
		film->format, film->simulated ? "simulated" : "hardware");
	for (int i = 0; i < UPDATES; i++) {
		print_commit(file, film, i);
		if (i < FLIPS) {
			print_flip(file, film, i);
		}
		/* What a flip took off goes back after it. */
		if (i > 0) {
			print_record(file, film, i - 1);
		}
	}
	if (film->last_shown_ns != 0) {
		struct film more = *film;
		more.flips[4].flip_ns = film->last_shown_ns;
		more.flips[4].latch_ns = more.flips[4].submit_start_ns =
			more.flips[4].submit_end_ns = film->updates[UPDATES - 1].latch_ns;
		more.flips[4].sequence++;
		more.shows[4] = UPDATES - 1;
		print_flip(file, &more, 4);
	}
	if (film->dark_ns != 0) {
		print_shown(file, film->dark_ns, -1);
	}
	if (film->surface_gone) {
		fputs("{\"ph\":\"i\",\"name\":\"surface gone\",\"args\":{\"id\":3}},\n", file);
	}
	print_record(file, film, UPDATES - 1);
	fputs("{\"ph\":\"E\",\"ts\":1.0}", file);
	fputs(film->whole ? "\n]\n" : "", file);
	return text_end();
}

static struct summary judge_text(char *text, uint64_t findings[RULES], bool *cut) {
	FILE *file = fmemopen(text, strlen(text), "r");
	assert_non_null(file);
	struct trace trace;
	struct summary summary;
	trace_init(&trace, NULL, 0);
	assert_true(trace_read(&trace, file));
	trace_check(&trace, &summary);
	memcpy(findings, trace.findings, sizeof(trace.findings));
	*cut = trace.cut;
	trace_finish(&trace);
	fclose(file);
	return summary;
}

static struct summary judge(const struct film *film, uint64_t findings[RULES]) {
	bool cut;
	const struct summary summary = judge_text(print(film), findings, &cut);
	assert_int_equal(cut, !film->whole);
	return summary;
}

#define BIT(rule) (1u << (rule))

/* Something of this rule is found, and of these others at most. */
static void assert_found(const struct film *film, enum rule rule, unsigned others) {
	uint64_t findings[RULES];
	const struct summary summary = judge(film, findings);
	assert_true(findings[rule] > 0);
	assert_true(summary.findings > 0);
	for (unsigned i = 0; i < RULES; i++) {
		if (((BIT(rule) | others) & BIT(i)) == 0 && findings[i] > 0) {
			fail_msg("rule %s found something, too", latch_name(&rule_names, i));
		}
	}
}

static void assert_clean(const struct film *film) {
	uint64_t findings[RULES];
	assert_int_equal(judge(film, findings).findings, 0);
}

/* A good film f with something changed: what is found then, of other rules too. */
#define FIND_AMONG(change, rule, others) \
	do { \
		struct film f = good(); \
		change; \
		assert_found(&f, rule, others); \
	} while (0)
#define FIND(change, rule) FIND_AMONG(change, rule, 0)

/* Nothing is. */
#define FIND_NONE(change) \
	do { \
		struct film f = good(); \
		change; \
		assert_clean(&f); \
	} while (0)

static void test_good(void **state) {
	struct film film = good();
	uint64_t findings[RULES];
	const struct summary summary = judge(&film, findings);
	assert_int_equal(summary.findings, 0);
	assert_int_equal(summary.commits, UPDATES);
	assert_int_equal(summary.records, UPDATES);
	assert_int_equal(summary.shown, 4);
	assert_int_equal(summary.on_planes, 4);
	assert_int_equal(summary.under_way, 0);
	assert_int_equal(summary.flips, FLIPS);
	assert_int_equal(summary.late, UPDATES);
	assert_int_equal(summary.by_sync[LATCH_SYNC_SYNCOBJ], UPDATES);
	assert_int_equal(summary.by_end[LATCH_END_SUPERSEDED], 1);
	assert_int_equal(summary.by_end[LATCH_END_SURFACE_GONE], 1);
	assert_int_equal(summary.by_release[LATCH_RELEASED_FENCE], 4);
	assert_int_equal(summary.surfaces, 1);
	assert_int_equal(summary.gone, 1);
	assert_int_equal(summary.buffers, 5);
}

static void test_one_release(void **state) {
	/* Its buffer came again, three updates later. */
	FIND(f.records[2] = 0, RULE_ONE_RELEASE);
	FIND(f.records[2] = 2, RULE_ONE_RELEASE);
	FIND(f.commits_count[2] = 0, RULE_ONE_RELEASE);
	FIND(f.commits_count[2] = 2, RULE_ONE_RELEASE);
	FIND_AMONG(f.commits_count[2] = f.records[2] = 0; f.shows[2] = -1, RULE_ONE_RELEASE,
		BIT(RULE_RELEASE_EARLY));
}

/* In a trace without its end, nobody knows what became of the last ones. */
static void test_cut(void **state) {
	struct film film = good();
	film.whole = false;
	film.records[UPDATES - 1] = 0;
	uint64_t findings[RULES];
	const struct summary summary = judge(&film, findings);
	assert_int_equal(summary.findings, 0);
	assert_int_equal(summary.under_way, 1);
}

/* One of the last seconds has records of what was committed before it. */
static void test_late_begin(void **state) {
	struct film film = good();
	film.whole = false;
	film.commits_count[0] = film.commits_count[1] = 0;
	assert_found(&film, RULE_ONE_RELEASE, 0);
	film.format = "2,\"from_ns\":5";
	uint64_t findings[RULES];
	const struct summary summary = judge(&film, findings);
	assert_int_equal(summary.findings, 0);
	assert_int_equal(summary.commits, UPDATES - 2);
	assert_int_equal(summary.records, UPDATES - 2);
	film.records[3] = 2;
	assert_found(&film, RULE_ONE_RELEASE, 0);
}

static void commit_at(struct film *film, int update, int64_t time_ns) {
	film->commits[update].commit_ns = film->updates[update].commit_ns = time_ns;
}

static void test_ready_order(void **state) {
	FIND(commit_at(&f, 1, f.commits[0].commit_ns);
		f.updates[1].ready_ns = f.updates[1].signalled_ns = f.updates[0].ready_ns - 1,
		RULE_READY_ORDER);
	FIND(commit_at(&f, 1, f.commits[0].commit_ns - 1), RULE_READY_ORDER);
}

static void test_shown_early(void **state) {
	FIND_AMONG(f.updates[1].signalled_ns = f.flips[1].latch_ns + 1, RULE_SHOWN_EARLY,
		BIT(RULE_TIMES));
	FIND_AMONG(f.updates[1].ready_ns = f.flips[1].latch_ns + 1, RULE_SHOWN_EARLY,
		BIT(RULE_TIMES));
	FIND(f.updates[1].signalled_ns = 0, RULE_SHOWN_EARLY);
	FIND_AMONG(f.updates[1].fence_error = -5, RULE_SHOWN_EARLY, BIT(RULE_END));
}

static void test_release_early(void **state) {
	/* Given back before the flip that took it off. */
	FIND(f.updates[1].release_ns = flip_at(2) - 1, RULE_RELEASE_EARLY);
	/* The fence is that of the flip before. */
	FIND(f.updates[1].told_ns = f.flips[1].submit_end_ns, RULE_RELEASE_EARLY);
	/* Nothing was told, and no flip is said to have taken it off. */
	FIND(f.updates[1].off_ns = 0, RULE_RELEASE_EARLY);
	/* It is on the screen for longer than said. */
	FIND(f.shows[2] = 1; never_show(&f.updates[2]); f.updates[2].release_ns = flip_at(3),
		RULE_RELEASE_EARLY);
	/* It never goes off. */
	FIND(f.shows[4] = 3, RULE_RELEASE_EARLY);
	/* Given back by a flip that there was not. */
	FIND(f.updates[4].release = LATCH_RELEASED_FLIP, RULE_RELEASE_EARLY);
	/* Copied: not what a plane reads. */
	FIND(f.updates[1].release = LATCH_RELEASED_COPY, RULE_RELEASE_EARLY);
	/* It comes to the screen again after it was given back. */
	FIND_AMONG(f.shows[4] = 0; f.dark_ns = flip_at(4) + 8 * MS, RULE_RELEASE_EARLY,
		BIT(RULE_RELEASE_ORDER));
}

static void test_copy(void **state) {
	struct film film = good();
	film.updates[1].release = LATCH_RELEASED_COPY;
	film.updates[1].sync = LATCH_SYNC_NONE;
	film.updates[1].placement = LATCH_COMPOSED;
	film.updates[1].told_ns = film.updates[2].ready_ns;
	film.updates[1].release_ns = flip_at(2) + MS;
	assert_clean(&film);
}

static void test_dark(void **state) {
	struct film film = good();
	film.shows[3] = film.shows[4] = -1;
	film.last_shown_ns = flip_at(4) + MS;
	film.dark_ns = flip_at(4) + 8 * MS;
	/* The last one is shown by a flip of its own, and the screen gets dark under it. */
	struct latch_frame_record *update = &film.updates[5];
	*update = film.updates[3];
	update->update_id = 6;
	update->buffer_id = 9;
	update->commit_ns = update->signalled_ns = update->ready_ns = flip_at(4) - MS;
	film.commits[5] = *update;
	update->latch_ns = update->submit_start_ns = update->submit_end_ns = flip_at(4) + MS / 2;
	update->flip_ns = film.last_shown_ns;
	update->release = LATCH_RELEASED_DARK;
	update->told_ns = 0;
	update->off_ns = film.dark_ns;
	update->release_ns = film.dark_ns + 1;
	never_show(&film.updates[3]);
	assert_clean(&film);
	/* It is not the flip that has to come before the release, but the dark. */
	update->off_ns = film.last_shown_ns;
	assert_found(&film, RULE_RELEASE_EARLY, 0);
	update->off_ns = film.dark_ns;
	update->release_ns = film.dark_ns - 1;
	assert_found(&film, RULE_RELEASE_EARLY, 0);
}

/* A wl_buffer.release is spoken with the flip, not before. */
static void release_by_flip(struct latch_frame_record *update, int64_t time_ns) {
	update->release = LATCH_RELEASED_FLIP;
	update->told_ns = 0;
	update->release_ns = time_ns;
}

static void test_release_order(void **state) {
	FIND(release_by_flip(&f.updates[1], flip_at(3) + MS), RULE_RELEASE_ORDER);
	FIND(f.updates[4].release_ns = f.updates[5].release_ns + 1, RULE_RELEASE_ORDER);
}

/* The flip that took update 3 off was submitted then. */
static void submit_last(struct film *film, int64_t time_ns) {
	film->flips[4].submit_start_ns = film->flips[4].submit_end_ns = time_ns;
	film->updates[3].told_ns = time_ns;
}

static void test_times(void **state) {
	FIND(f.updates[1].latch_ns = f.updates[1].ready_ns - 1, RULE_TIMES);
	FIND(f.updates[1].commit_ns++, RULE_TIMES);
	FIND(f.updates[1].signalled_ns = f.updates[1].ready_ns + 1, RULE_TIMES);
	FIND(f.updates[1].submit_end_ns = f.updates[1].submit_start_ns - 1, RULE_TIMES);
	FIND(f.flips[4].latch_ns = f.flips[4].submit_start_ns + 1, RULE_TIMES);
	FIND(submit_last(&f, flip_at(4) + 1), RULE_TIMES);
	/* Of a timer that came late, and not by more than a refresh. */
	FIND_NONE(submit_last(&f, flip_at(4) + 1); f.simulated = true);
	FIND(submit_last(&f, flip_at(5) + 1); f.updates[3].release_ns = flip_at(5) + 2;
		f.simulated = true, RULE_TIMES);
}

static void test_flips(void **state) {
	FIND(f.flips[4].sequence = f.flips[3].sequence, RULE_FLIPS);
	FIND(f.flips[4].layers = 2, RULE_FLIPS);
	FIND_AMONG(f.flips[1].flip_ns = f.updates[1].flip_ns = f.updates[0].off_ns = flip_at(0),
		RULE_FLIPS, BIT(RULE_TIMES));
}

static void test_end(void **state) {
	FIND(f.surface_gone = false, RULE_END);
	FIND(f.updates[5].end = LATCH_END_SUPERSEDED, RULE_END);
	FIND(f.updates[4].end = LATCH_END_UNKNOWN, RULE_END);
	FIND(f.updates[4].end = LATCH_END_FENCE_ERROR, RULE_END);
	FIND(f.updates[4].end = LATCH_END_SHOWN, RULE_END);
	FIND(f.updates[1].end = LATCH_END_SUPERSEDED, RULE_END);
	FIND(f.updates[1].presented = false, RULE_END);
	FIND(f.updates[1].flip_ns++, RULE_END);
	FIND_NONE(f.updates[4].end = LATCH_END_FENCE_ERROR; f.updates[4].fence_error = -5);
}

/* Its buffer comes again with the third. */
static void commit_again(struct film *film, int64_t released_before_ns) {
	film->commits[2].buffer_id = film->commits[0].buffer_id;
	film->commits[3].buffer_id = 9;
	release_by_flip(&film->updates[0], film->commits[2].commit_ns - released_before_ns);
}

static void test_buffer(void **state) {
	FIND(f.commits[1].buffer_id = f.commits[0].buffer_id, RULE_BUFFER);
	FIND(commit_again(&f, -1), RULE_BUFFER);
	FIND_NONE(commit_again(&f, 1));
}

static void test_bad_traces(void **state) {
#define HEAD "[\n{\"ph\":\"i\",\"name\":\"latch\",\"args\":{\"format\":2}},\n{\"ph\":"
	static const char *const texts[] = {
		"x",
		"[\n]\n",
		HEAD "\n]\n",
		HEAD "\"i\",\"name\":\"commit\",\"args\":{\"surface\":1}}\n]\n",
		/* No trace makes us take all memory. */
		HEAD "\"i\",\"name\":\"surface gone\",\"args\":{\"id\":4000000000}}\n]\n",
	};
	for (size_t i = 0; i < LEN(texts); i++) {
		uint64_t findings[RULES];
		bool cut;
		char *text = strdup(texts[i]);
		judge_text(text, findings, &cut);
		assert_true(findings[RULE_TRACE] > 0);
		free(text);
	}
	FIND(f.format = "3", RULE_TRACE);
}

TEST_MAIN("trace-check", UNIT(test_good), UNIT(test_one_release), UNIT(test_cut),
	UNIT(test_late_begin),
	UNIT(test_ready_order), UNIT(test_shown_early), UNIT(test_release_early), UNIT(test_copy),
	UNIT(test_dark), UNIT(test_release_order), UNIT(test_times), UNIT(test_flips),
	UNIT(test_end), UNIT(test_buffer), UNIT(test_bad_traces))
