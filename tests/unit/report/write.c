/* What is written of a run: pages, pictures, rows; and that texts of clients stay texts in them. */
#include "session.h"

#include "../test.h"
#include "base/markup.h"
#include "compare.h"
#include "latch-report/options.h" // the compositor has one too
#include "life.h"
#include "picture.h"
#include "run.h"
#include "write.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVIL "</script><img src=x onerror=\"alert('1')\">&<!--"

static size_t count(const char *text, const char *what) {
	size_t n = 0;
	for (const char *at = text; (at = strstr(at, what)) != NULL; at += strlen(what)) {
		n++;
	}
	return n;
}

static char *write_page(struct run *runs, size_t length, const struct compare *compare) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	assert_true(html_write(file, &(struct report){runs, length, compare}));
	fclose(file);
	return text;
}

static void evil_texts_stay_texts(void **state) {
	struct session session;
	session_write(&session, 7, 40, EVIL);
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
	char *page = write_page(runs, 2, &compare);
	assert_non_null(strstr(page, "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)"));
	assert_non_null(strstr(page, "\\u003cimg src=x onerror="));
	assert_int_equal(count(page, "<img"), 0);
	assert_int_equal(count(page, "<!--"), 0);
	assert_int_equal(count(page, "</script>"), 1);
	assert_int_equal(count(page, "<script>"), 1);
	/* Nothing is loaded from anywhere. */
	assert_int_equal(count(page, "http"), 1); /* http-equiv */
	assert_int_equal(count(page, " src="), count(page, " src=x"));
	assert_int_equal(count(page, "<link"), 0);
	assert_int_equal(count(page, "@import"), 0);
	assert_int_equal(count(page, "url("), 0);
	free(page);
	compare_finish(&compare);
	run_finish(&runs[0]);
	run_finish(&runs[1]);
	session_finish(&session);
}

/* Each part of the page has as much in it as the run. */
static void page_is_whole(void **state) {
	struct session session;
	struct run run;
	session_begin(&session, &run, 8, 60, "client");
	run.cut = true;
	char *page = write_page(&run, 1, NULL);
	assert_non_null(strstr(page, "The end of this trace is missing"));
	assert_int_equal(count(page, "<title>A frame&#39;s life"), 1);
	assert_int_equal(count(page, "class=\"total\" d=\"M"), 3 * 3 + 1);
	assert_int_equal(count(page, "class=\"mark m0\""), 3 * 4);
	assert_int_equal(count(page, "Missed vblanks over time"), 1);
	assert_int_equal(count(page, "Layers on planes, and composed, over time"), 2);
	assert_int_equal(count(page, "frames:["), 3);
	assert_int_equal(count(page, "<canvas"), 1);
	/* 14 numbers for each update. */
	const char *frames = strstr(page, "frames:[");
	size_t commas = 0;
	for (const char *at = frames; *at != ']' || at[-1] == '['; at++) {
		commas += *at == ',';
	}
	size_t of_first = 0;
	for (size_t i = 0; i < run.frames_length; i++) {
		of_first += run.frames[i].record.surface_id == 1;
	}
	assert_int_equal(commas + 1, 15 * of_first);
	free(page);
	session_end(&session, &run);
}

static void nothing_in_it(void **state) {
	struct run run;
	assert_true(run_init(&run, "empty"));
	char *page = write_page(&run, 1, NULL);
	assert_non_null(strstr(page, "No surface was shown."));
	assert_null(strstr(page, "nan"));
	assert_null(strstr(page, "inf"));
	free(page);
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
	struct session sessions[2];
	struct run runs[2];
	session_begin(&sessions[0], &runs[0], 9, 40, "client");
	session_begin(&sessions[1], &runs[1], 10, 80, "client");
	struct compare compare;
	assert_true(compare_init(&compare, &runs[0], &runs[1]));
	assert_int_equal(compare.length, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(compare.pairs[i].a);
		assert_non_null(compare.pairs[i].b);
		struct found frames = {.what = "frames"}, p50 = {.what = "commit->flip p50"};
		compare_each(&compare, &compare.pairs[i], find, &frames);
		compare_each(&compare, &compare.pairs[i], find, &p50);
		assert_int_equal(frames.times, 1);
		assert_true(fabs(frames.ratio - frames.b / frames.a) < 1e-9);
		assert_true(frames.ratio > 1.7 && frames.ratio < 2.3);
		assert_true(p50.a > 15 && p50.a < 80 && p50.ratio > 0.5 && p50.ratio < 2);
	}
	compare_finish(&compare);
	session_end(&sessions[1], &runs[1]);

	/* Other labels: each stands alone, but the third one. */
	session_begin(&sessions[1], &runs[1], 11, 20, "stranger");
	assert_true(compare_init(&compare, &runs[0], &runs[1]));
	assert_int_equal(compare.length, 5);
	assert_null(compare.pairs[0].b);
	assert_non_null(compare.pairs[2].b);
	assert_null(compare.pairs[4].a);
	assert_string_equal(compare_pair_name(&compare.pairs[4]), "stranger");
	struct found frames = {.what = "frames"};
	compare_each(&compare, &compare.pairs[4], find, &frames);
	assert_true(isnan(frames.a) && isnan(frames.ratio) && frames.b > 0);
	compare_finish(&compare);
	session_end(&sessions[0], &runs[0]);
	session_end(&sessions[1], &runs[1]);
}

static void rows_of_frames(void **state) {
	struct session session;
	struct run run;
	session_begin(&session, &run, 12, 10, "=1+1,\"x\"");
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	csv_write(file, &(struct report){&run, 1, NULL});
	fclose(file);
	assert_int_equal(count(text, "\n"), 1 + session.records_length);
	/* Quoted, and no formula. */
	assert_non_null(strstr(text, ",1,\"'=1+1,\"\"x\"\"\",101,Virtual-2,1,"));
	free(text);
	session_end(&session, &run);
}

static void print_escapes_texts_alone(void **state) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	markup_print(file, "<b>%s</b> %d %5u %zu %" PRIu64 " %" PRId64 " %lld %.1f %g%% %s", "<&>\"'",
		-1, 2u, (size_t)3, UINT64_MAX, INT64_MIN, -4ll, 0.25, 1.5, "end");
	fclose(file);
	assert_string_equal(text, "<b>&lt;&amp;&gt;&quot;&#39;</b> -1     2 3 18446744073709551615 "
				  "-9223372036854775808 -4 0.2 1.5% end");
	free(text);
}

static void axes_have_round_steps(void **state) {
	assert_true(fabs(markup_step(87, 10) - 10) < 1e-9);
	assert_true(fabs(markup_step(16.7, 10) - 2) < 1e-9);
	assert_true(fabs(markup_step(0.003, 4) - 0.001) < 1e-12);
	assert_true(fabs(markup_step(50, 10) - 5) < 1e-9);
	assert_true(fabs(markup_step(0, 10) - 1) < 1e-9);
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
