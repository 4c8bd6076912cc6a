/* SPDX-License-Identifier: MIT */
/* What is expected of a run: what can be said, and what is true. */
#include "expect.h"
#include "run.h"

static void what_is_wrong_is_said(void **state) {
	static const char *const rows[][2] = {
		{"", "nothing is expected"},
		{" , ", "nothing is expected"},
		{"on-plain>=95%", "no such figure: 'on-plain>=95%'"},
		{"missed<=1% frames>=10 on_plane>1", "no such figure: 'on_plane>1'"},
		{"composed-green>1", "no such figure"},
		{"missed-moon>1", "no such figure"},
		{"commit-to-flip>1ms", "no such figure"},
		{"commit-to-flip-p98>1ms", "no such figure"},
		{">=95%", "a figure is missing"},
		{"film:>=95%", "behind a label comes a figure"},
		{"a:b:frames>1", "no such figure"},
		{"frames", "behind a figure comes"},
		{"frames 3", "behind a figure comes"},
		{"frames=>3", "behind a figure comes"},
		{"frames==3", "behind a figure comes"},
		{"frames<>3", "behind a figure comes"},
		{"frames>=", "a number is missing"},
		{"frames>=-1", "digits"},
		{"frames>=1.2.3", "digits"},
		{"frames>=ten", "digits"},
		{"frames>=0x10", "a count has no unit"},
		{"frames>=inf", "digits"},
		{"frames>=10%", "frames is a count"},
		{"missed<=1ms", "a count has no unit"},
		{"missed<=1%%", "a count has no unit"},
		{"missed<=1 %", "no such figure: '%'"},
		{"missed<=1%;frames>1", "a count has no unit"},
		{"missed<=1%>2", "not clear"},
		{"commit-to-flip-p99<=20", "in ms"},
		{"commit-to-flip-p99<=20%", "in ms"},
		{"commit-to-flip-p99<=20s", "in ms"},
	};
	for (size_t i = 0; i < LEN(rows); i++) {
		struct expect expect = {0};
		char problem[EXPECT_PROBLEM_MAX] = "";
		assert_false(expect_parse(&expect, rows[i][0], problem));
		ASSERT_HAS(problem, rows[i][1]);
		assert_null(strchr(problem, '\n'));
	}
	struct expect expect = {0};
	char problem[EXPECT_PROBLEM_MAX], text[400] = "";
	memset(text, 'x', sizeof(text) - 1);
	assert_false(expect_parse(&expect, text, problem));
	for (int i = 0; i < EXPECT_MAX; i++) {
		assert_true(expect_parse(&expect, "frames>=1", problem));
	}
	assert_false(expect_parse(&expect, "frames>=1", problem));
}

static char *check(const char *text, bool met) {
	struct expect expect = {0};
	char problem[EXPECT_PROBLEM_MAX] = "";
	if (!expect_parse(&expect, text, problem)) {
		fail_msg("%s", problem);
	}
	yyjson_mut_doc *doc = json_parse_mut(run_text);
	const bool is = expect_judge(&expect, yyjson_mut_doc_get_root(doc), text_begin());
	yyjson_mut_doc_free(doc);
	char *said = text_end();
	if (is != met) {
		fail_msg("%s: %s", text, said);
	}
	return said;
}

static void each_order_judges(void **state) {
	check("frames<400", false);
	check("frames<=400", true);
	check("frames=400", true);
	check("frames>=400", true);
	check("frames>400", false);
	check("frames<401 frames>399.5", true);
	check("frames<=399", false);
	check("frames>=401", false);
	check("frames=401", false);
}

static void all_have_to_be_met(void **state) {
	const char *said = check("frames>=400, on-plane >= 95%\tmissed<=1%", false);
	assert_string_equal(said, "as expected: frames>=400: it is 400\n"
				  "not as expected: on-plane >= 95%: it is 50.00 % (200 / 400 frames)\n"
				  "as expected: missed<=1%: it is 1.00 % (4 / 400 frames)\n");
}

static void figures_are_of_all_or_of_a_label(void **state) {
	check("composed=50% composed=200 composed-format=194 composed-settling=176", true);
	check("composed-idle=0 film:composed-scaling=85%", true);
	check("on-primary=104 on-overlay=96 on-cursor=0", true);
	check("missed-client=2 missed-kernel=1 missed-fence=0 film:missed=1.5%", true);
	check("superseded=5 dropped=2 fence-errors=2", true);
	check("film:on-plane=12% panel:on-plane=100%", true);
	ASSERT_HAS(check("foot:on-plane>=0%", false), "there is no surface foot\n");
	ASSERT_HAS(check("commit-to-flip-p99<=39ms", false), "it is 40.000 ms of panel (2)\n");
	check("film:commit-to-flip-p99<=20ms film:commit-to-flip-mean=10ms", true);
	check("film:commit-to-flip-p50<9.5ms", false);
	/* What nobody has is no 0. */
	ASSERT_HAS(check("input-to-flip-p50<=10ms", false), "there is no such frame\n");
}

static void nothing_shown_meets_no_share(void **state) {
	struct expect expect = {0};
	char problem[EXPECT_PROBLEM_MAX];
	yyjson_mut_doc *doc = json_parse_mut("{'surfaces': [], 'others': {'frames': 0}}");
	assert_true(expect_parse(&expect, "missed<=1%", problem));
	assert_false(expect_judge(&expect, yyjson_mut_doc_get_root(doc), text_begin()));
	ASSERT_HAS(text_end(), "not as expected: missed<=1%: there is no such frame\n");
	yyjson_mut_doc_free(doc);
}

TEST_MAIN("expect", UNIT(what_is_wrong_is_said), UNIT(each_order_judges), UNIT(all_have_to_be_met),
	UNIT(figures_are_of_all_or_of_a_label), UNIT(nothing_shown_meets_no_share))
