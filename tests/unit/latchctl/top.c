/* SPDX-License-Identifier: MIT */
/* What 'latchctl top' makes of two answers. */
#include "../text.h"
#include "document.h"
#include "show.h"
#include "span.h"

/* In the span, commit to flip: one up to 9, 98 up to 10, none up to 20, one up to 40 ms. */
static const char before[] =
	"{'version': 1, 'time_ns': 10000000000, 'causes': {'moon': 'the moon was full', 'fence': "
	"'fence signalled late'}, 'outputs': [{'name': 'Virtual-1', 'flips': 4294967286, 'late': "
	"1, 'wakeups': 4294967288}], 'surfaces': [{'surface': 3, 'pid': 99, 'label': 'player', "
	"'frames': 4294967276, 'on_plane': 0, 'reasons': [{'name': 'idle', 'frames': 7}, {'name': "
	"'alpha', 'frames': 5}], 'missed': 5, 'missed_by_cause': {'fence': 5}, "
	"'stages': {'commit_to_signalled': [], 'commit_to_flip': [10000, 4294967246, 20000, 7]}, "
	"'places': []}]}";
static const char after[] =
	"{'version': 1, 'time_ns': 12000000000, 'causes': {'moon': 'the moon was full', 'fence': "
	"'fence signalled late'}, 'outputs': [{'name': 'Virtual-1', 'flips': 4294967406, 'late': "
	"5, 'wakeups': 4294967408}, {'name': 'Virtual-2', 'flips': 30, 'late': 0, 'wakeups': "
	"32}], 'surfaces': [{'surface': 3, 'pid': 99, 'label': 'player', 'frames': 4294967396, "
	"'on_plane': 4, 'reasons': [{'name': 'format', 'text': 'no such format', 'help': 'draw in "
	"another', 'frames': 9}, {'name': 'idle', 'text': 'it stands', 'help': null, 'frames': "
	"10}, {'name': 'alpha', 'text': 'it fades', 'help': null, 'frames': 5}], 'missed': 9, 'missed_by_cause': {'moon': 1, 'fence': 8}, 'stages': "
	"{'commit_to_signalled': [], 'commit_to_flip': [9000, 1, 10000, 48, 20000, 7, 40000, 1], "
	"'input_to_flip': [21000, 3]}, "
	"'places': [{'output': 'Virtual-1', 'place': 'plane', 'plane': 42, 'plane_type': "
	"'overlay', 'reasons': []}]}, {'surface': 4, 'pid': 99, 'label': 'übergröße', 'frames': "
	"10, 'on_plane': 0, 'missed': 0, 'missed_by_cause': {'moon': 0, 'fence': 0}, 'stages': "
	"{'commit_to_signalled': [], 'commit_to_flip': []}, 'places': [{'output': 'Virtual-2', "
	"'place': 'composed', 'plane': null, 'plane_type': null, 'reasons': ['format', "
	"'z-order']}]}, {'surface': 5, 'pid': 99, 'label': '', 'frames': 0, 'on_plane': 0, "
	"'missed': 0, 'missed_by_cause': {'moon': 0, 'fence': 0}, 'stages': {'commit_to_flip': "
	"[]}, 'places': []}]}";

static int setup(void **state) {
	yyjson_mut_doc *first = json_parse_mut(before), *second = json_parse_mut(after);
	*state = span_between(first, second);
	assert_non_null(*state);
	yyjson_mut_doc_free(first);
	yyjson_mut_doc_free(second);
	return 0;
}

static int teardown(void **state) {
	yyjson_mut_doc_free(*state);
	return 0;
}

static void differences(void **state) {
	yyjson_doc *span = yyjson_mut_doc_imut_copy(*state, NULL);
	ASSERT_JSON(yyjson_doc_get_root(span), {"/seconds", "2.0"}, {"/time_ns", "12000000000"},
		{"/outputs/0/flips", "120"}, {"/outputs/0/late", "4"},
		{"/outputs/0/wakeups", "120"}, {"/outputs/1/flips", "30"},
		{"/surfaces/0/surface", "3"}, {"/surfaces/0/pid", "99"},
		{"/surfaces/0/frames", "120"}, {"/surfaces/0/fps", "60.0"},
		{"/surfaces/0/on_plane", "4"}, {"/surfaces/0/missed", "4"},
		{"/surfaces/0/missed_by_cause", "{'moon':1,'fence':3}"},
		{"/surfaces/0/reasons/0/frames", "9"}, {"/surfaces/0/reasons/1/frames", "3"},
		{"/surfaces/0/reasons/2/frames", "0"}, {"/surfaces/0/places/0/plane", "42"},
		/* Counts of a bin go over their end, at 2^32. */
		{"/surfaces/0/stages/commit_to_flip/p50_us", "10000"},
		{"/surfaces/0/stages/commit_to_flip/p95_us", "10000"},
		{"/surfaces/0/stages/commit_to_flip/p99_us", "10000"},
		{"/surfaces/0/stages/commit_to_flip/max_us", "40000"},
		{"/surfaces/0/stages/commit_to_signalled/p50_us", "null"},
		{"/surfaces/1/stages/commit_to_flip/max_us", "null"},
		/* It was not there before. */
		{"/surfaces/1/frames", "10"}, {"/surfaces/1/places/0/reasons/1", "'z-order'"});
	yyjson_doc_free(span);
}

static char *print(yyjson_mut_doc *span, const char *only, int width, int height) {
	top_table_print(text_begin(), yyjson_mut_doc_get_root(span), only, width, height, "\n");
	return text_end();
}

static void table(void **state) {
	yyjson_mut_doc *span = *state;
	ASSERT_HAS(print(span, NULL, 120, 0),
		"Virtual-1                     120       4      120\n",
		"3 player                     60.0   10.00   10.00   10.00      4  overlay 42\n"
		"    input->flip                     21.00   21.00   21.00\n"
		"    composed 9, format: no such format\n      help: draw in another\n"
		"    composed 3, idle: it stands\n    missed",
		"    missed 1: the moon was full\n", "    missed 3: fence signalled late\n",
		"4 übergröße                   5.0       -       -       -      0  composed: form",
		"  composed: format,z-order\n",
		"5 surface                     0.0       -       -       -      0  hidden\n");
	/* A long name is cut by characters. */
	yyjson_mut_set_str(yyjson_mut_doc_ptr_get(span, "/surfaces/2/label"),
		"üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü");
	ASSERT_HAS(print(span, NULL, 120, 0), "5 üüüüüüüüüüüüüüüüüüüüüüüü    0.0 ");
	top_keep_output(yyjson_mut_doc_get_root(span), "Virtual-2");
	const char *text = print(span, "Virtual-2", 120, 0);
	assert_null(strstr(text, "player"));
	assert_null(strstr(text, "Virtual-1"));
	ASSERT_HAS(text, "4 übergröße");
}

/* In characters, as the terminal counts them. */
static void table_fits(void **state) {
	for (int width = 1; width < 90; width++) {
		for (int height = 1; height < 12; height++) {
			char *text = print(*state, NULL, width, height);
			int lines = 0;
			for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
				lines++;
			}
			assert_true(lines <= height);
			assert_true(text_width(text) <= width);
		}
	}
}

TEST_MAIN("latchctl top", TEST(differences), TEST(table), TEST(table_fits))
