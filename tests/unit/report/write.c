/* SPDX-License-Identifier: MIT */
/* What is written of a run: pages, pictures, rows; and that texts of clients stay texts in them. */
#include "session.h"

#include "../text.h"
#include "base/markup.h"
#include "compare.h"
#include "latch-report/options.h" // the compositor has one too
#include "life.h"
#include "picture.h"
#include "run.h"
#include "write.h"

#include <inttypes.h>
#include <math.h>

#define EVIL "</script><img src=x onerror=\"alert('1')\">&<!--"

static size_t count(const char *text, const char *what) {
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what)) {
		n++;
	}
	return n;
}

struct part {
	const char *text;
	size_t times;
};

/* How often parts are there; {0} ends them. */
static void assert_counts(const char *text, const struct part *parts) {
	for (; parts->text != NULL; parts++) {
		if (count(text, parts->text) != parts->times) {
			fail_msg("%s is there %zu times", parts->text, count(text, parts->text));
		}
	}
}

static const char *write_page(struct run *runs, size_t length, const struct compare *compare) {
	assert_true(html_write(text_begin(), &(struct report){runs, length, compare}));
	return text_end();
}

static void evil_texts_stay_texts(void **state) {
	struct session session;
	session_begin(&session, 7, 40, EVIL);
	struct run runs[2];
	read_good(&runs[0], session.trace_path);
	read_good(&runs[1], session.trace_path);
	/* A trace may come from anybody: its path and names are not to be trusted either. */
	free(runs[0].path);
	runs[0].path = strdup("/tmp/" EVIL);
	runs[0].frames[0].missed[0] = (struct latch_told_missed){run_name(&runs[0], EVIL), 1};
	runs[0].frames[0].missed_length = 1;
	runs[0].frames[1].reasons = run_name(&runs[0], EVIL);
	runs[0].frames[1].sync = runs[0].frames[1].reasons;
	runs[0].frames[2].record.plane_type = runs[0].frames[1].reasons;
	strcpy(runs[0].statistics->outputs[0].name, EVIL);
	struct compare compare;
	assert_true(compare_init(&compare, &runs[0], &runs[1]));
	const char *page = write_page(runs, 2, &compare);
	ASSERT_HAS(page, "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)",
		"\\u003cimg src=x onerror=");
	/* Nothing is loaded from anywhere; the last one is http-equiv. */
	assert_counts(page,
		(const struct part[]){{"<img", 0}, {"<!--", 0}, {"</script>", 1}, {"<script>", 1},
			{"<link", 0}, {"@import", 0}, {"url(", 0}, {"http", 1}, {0}});
	assert_int_equal(count(page, " src="), count(page, " src=x"));
	compare_finish(&compare);
	run_finish(&runs[0]);
	run_finish(&runs[1]);
	session_end(&session);
}

/* Each part of the page has as much in it as the run. */
static void page_is_whole(void **state) {
	struct session session;
	session_begin(&session, 8, 60, "client");
	struct run *run = &session.run;
	run->cut = true;
	const char *page = write_page(run, 1, NULL);
	assert_counts(page,
		(const struct part[]){{"The end of this trace is missing", 1},
			{"<title>A frame&#39;s life", 1}, {"class=\"total\" d=\"M", 3 * 3 + 1},
			{"class=\"mark m0\"", 3 * LATCH_STAGES}, {"Missed vblanks over time", 1},
			{"Layers on planes, and composed, over time", 2}, {"frames:[", 3},
			{"<canvas", 1}, {0}});
	/* Each reason with its frames, and what would help. */
	char wanted[200];
	snprintf(wanted, sizeof(wanted),
		"composed %" PRIu64 ", format: no plane for it can show this pixel format; help: draw",
		run->statistics->surfaces[0]->counts.by_reason[1]);
	ASSERT_HAS(page, wanted);
	/* 14 numbers for each update. */
	const char *frames = strstr(page, "frames:[");
	size_t commas = 0;
	for (const char *at = frames; *at != ']' || at[-1] == '['; at++) {
		commas += *at == ',';
	}
	size_t of_first = 0;
	for (size_t i = 0; i < run->frames_length; i++) {
		of_first += run->frames[i].record.surface_id == 1;
	}
	assert_int_equal(commas + 1, 15 * of_first);
	session_end(&session);
}

static void nothing_in_it(void **state) {
	struct run run;
	assert_true(run_init(&run, "empty"));
	assert_counts(write_page(&run, 1, NULL),
		(const struct part[]){{"No surface was shown.", 1}, {"nan", 0}, {"inf", 0}, {0}});
	run_finish(&run);
}

/* The six stages of a life fill it from commit to flip. */
static void a_life_has_no_gap(void **state) {
	struct run run;
	assert_true(run_init(&run, "x"));
	run_add_frame(&run)->record = test_frame(1, 1);
	int64_t marks[LIFE_STAGES + 1];
	assert_true(life_marks(&run.frames[0].record, marks));
	assert_int_equal(marks[LIFE_STAGES] - marks[0], 15 * MS);
	struct latch_frame_record record = test_frame(1, 1);
	record.signalled_ns = 0;		     /* unknown */
	record.latch_ns = record.commit_ns - 5 * MS; /* out of order */
	assert_true(life_marks(&record, marks));
	assert_int_equal(marks[1], record.commit_ns);
	assert_int_equal(marks[3], marks[2]);
	record.presented = false;
	assert_false(life_marks(&record, marks));

	struct life life;
	assert_true(life_count(&life, &run, 1));
	int64_t sum = 0;
	for (size_t i = 0; i < LIFE_STAGES; i++) {
		sum += latch_durations_percentile(&life.stages[i], 100);
	}
	assert_int_equal(sum, 15 * MS);
	assert_int_equal(latch_durations_percentile(&life.total, 100), 15 * MS);
	assert_int_equal(latch_durations_percentile(&life.stages[LIFE_WAIT], 100), 6 * MS);
	life_finish(&life);
	run_finish(&run);
}

struct found {
	const char *what;
	double a, b, ratio;
	int times;
};

/* Both runs have it, or one of them. */
static void count_reasons(void *data, const struct compare_value *value) {
	if (strncmp(value->what, "composed: ", 10) == 0) {
		assert_true(latch_reason_find(value->what + 10) != 0);
		*(double *)data += value->b;
	}
}

static void find(void *data, const struct compare_value *value) {
	struct found *found = data;
	if (strcmp(value->what, found->what) == 0) {
		found->a = value->a;
		found->b = value->b;
		found->ratio = value->ratio;
		found->times++;
	}
}

static void surfaces_are_matched_by_label(void **state) {
	struct session one, longer, other;
	session_begin(&one, 9, 40, "client");
	session_begin(&longer, 10, 80, "client");
	session_begin(&other, 11, 20, "stranger");
	struct compare compare;
	assert_true(compare_init(&compare, &one.run, &longer.run));
	assert_int_equal(compare.length, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(compare.pairs[i].a);
		assert_non_null(compare.pairs[i].b);
		struct found frames = {.what = "frames"}, p50 = {.what = "commit->flip p50"};
		compare_each(&compare, &compare.pairs[i], find, &frames);
		compare_each(&compare, &compare.pairs[i], find, &p50);
		double told = 0;
		compare_each(&compare, &compare.pairs[i], count_reasons, &told);
		uint64_t counted = 0;
		for (size_t j = 0; j < LATCH_REASON_COUNT; j++) {
			counted += compare.pairs[i].b->counts.by_reason[j];
		}
		assert_true(counted > 0 && told == (double)counted);
		assert_int_equal(frames.times, 1);
		assert_true(fabs(frames.ratio - frames.b / frames.a) < 1e-9);
		assert_true(frames.ratio > 1.7 && frames.ratio < 2.3);
		assert_true(p50.a > 15 && p50.a < 80 && p50.ratio > 0.5 && p50.ratio < 2);
	}
	compare_finish(&compare);

	/* Other labels: each stands alone, but the third one. */
	assert_true(compare_init(&compare, &one.run, &other.run));
	assert_int_equal(compare.length, 5);
	assert_null(compare.pairs[0].b);
	assert_non_null(compare.pairs[2].b);
	assert_null(compare.pairs[4].a);
	assert_string_equal(compare_pair_name(&compare.pairs[4]), "stranger");
	struct found frames = {.what = "frames"};
	compare_each(&compare, &compare.pairs[4], find, &frames);
	assert_true(isnan(frames.a) && isnan(frames.ratio) && frames.b > 0);
	compare_finish(&compare);
	session_end(&one);
	session_end(&longer);
	session_end(&other);
}

static void rows_of_frames(void **state) {
	struct session session;
	session_begin(&session, 12, 10, "=1+1,\"x\"");
	csv_write(text_begin(), &(struct report){&session.run, 1, NULL});
	const char *text = text_end();
	assert_int_equal(count(text, "\n"), 1 + session.records_length);
	/* Quoted, and no formula. */
	ASSERT_HAS(text, ",1,\"'=1+1,\"\"x\"\"\",101,Virtual-2,1,");
	session_end(&session);
}

static void print_escapes_texts_alone(void **state) {
	markup_print(text_begin(), "<b>%s</b> %d %5u %zu %" PRIu64 " %" PRId64 " %lld %.1f %g%% %s",
		"<&>\"'", -1, 2u, (size_t)3, UINT64_MAX, INT64_MIN, -4ll, 0.25, 1.5, "end");
	assert_string_equal(text_end(),
		"<b>&lt;&amp;&gt;&quot;&#39;</b> -1     2 3 18446744073709551615 "
		"-9223372036854775808 -4 0.2 1.5% end");
}

static void axes_have_round_steps(void **state) {
	static const double rows[][3] = {
		{87, 10, 10}, {16.7, 10, 2}, {0.003, 4, 0.001}, {50, 10, 5}, {0, 10, 1}};
	for (size_t i = 0; i < LEN(rows); i++) {
		assert_true(
			fabs(markup_step(rows[i][0], (unsigned)rows[i][1]) - rows[i][2]) < 1e-9);
	}
}

static int parse(struct report_options *options, char *first, char *second, char *third) {
	char *argv[] = {"latch-report", first, second, third, NULL};
	int argc = 1;
	while (argv[argc] != NULL) {
		argc++;
	}
	return report_options_parse(options, argc, argv);
}

static void options_are_checked(void **state) {
	struct report_options options;
	assert_int_equal(parse(&options, "a", "b", NULL), -1);
	assert_int_equal(options.traces_len, 2);
	assert_int_equal(parse(&options, "--html=-", "--json", "a"), REPORT_EXIT_INPUT);
	assert_int_equal(parse(&options, "--csv", "--json", "a"), REPORT_EXIT_INPUT);
	assert_int_equal(parse(&options, "-", "-", NULL), REPORT_EXIT_INPUT);
	assert_int_equal(parse(&options, "--csv", NULL, NULL), REPORT_EXIT_INPUT);
	assert_int_equal(parse(&options, "--svg=x", "--csv", "a"), -1);
	assert_true(options.csv && !options.json);
	assert_string_equal(options.svg, "x");
}

TEST_MAIN("report write", UNIT(evil_texts_stay_texts), UNIT(page_is_whole), UNIT(nothing_in_it),
	UNIT(a_life_has_no_gap), UNIT(surfaces_are_matched_by_label), UNIT(rows_of_frames),
	UNIT(print_escapes_texts_alone), UNIT(axes_have_round_steps), UNIT(options_are_checked))
