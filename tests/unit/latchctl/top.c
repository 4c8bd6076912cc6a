/* What 'latchctl top' makes of two answers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "document.h"
#include "example.h"
#include "show.h"
#include "span.h"

/* In the span, commit to flip: one up to 9, 98 up to 10, none up to 20, one up to 40 ms. */
static const char before[] =
	"{'version': 1, 'time_ns': 10000000000, 'causes': {'moon': 'the moon was full', 'fence': "
	"'fence signalled late'}, 'outputs': [{'name': 'Virtual-1', 'flips': 4294967286, 'late': "
	"1, 'wakeups': 4294967288}], 'surfaces': [{'surface': 3, 'pid': 99, 'label': 'player', "
	"'frames': 4294967276, 'on_plane': 0, 'superseded': 0, 'dropped': 0, 'missed': 5, "
	"'missed_by_cause': {'fence': 5}, 'stages': {'commit_to_signalled': [], 'commit_to_flip': "
	"[10000, 4294967246, 20000, 7]}, 'places': []}]}";
static const char after[] =
	"{'version': 1, 'time_ns': 12000000000, 'causes': {'moon': 'the moon was full', 'fence': "
	"'fence signalled late'}, 'outputs': [{'name': 'Virtual-1', 'flips': 4294967406, 'late': "
	"5, 'wakeups': 4294967408}, {'name': 'Virtual-2', 'flips': 30, 'late': 0, 'wakeups': 32}], "
	"'surfaces': [{'surface': 3, 'pid': 99, 'label': 'player', 'frames': 4294967396, "
	"'on_plane': 4, 'superseded': 0, 'dropped': 0, 'missed': 9, 'missed_by_cause': {'moon': 1, "
	"'fence': 8}, 'stages': {'commit_to_signalled': [], 'commit_to_flip': [9000, 1, 10000, 48, "
	"20000, 7, 40000, 1]}, 'places': [{'output': 'Virtual-1', 'place': 'plane', 'plane': 42, "
	"'plane_type': 'overlay', 'reasons': []}]}, {'surface': 4, 'pid': 99, 'label': 'übergröße', "
	"'frames': 10, 'on_plane': 0, 'superseded': 0, 'dropped': 0, 'missed': 0, "
	"'missed_by_cause': {'moon': 0, 'fence': 0}, 'stages': {'commit_to_signalled': [], "
	"'commit_to_flip': []}, 'places': [{'output': 'Virtual-2', 'place': 'composed', 'plane': "
	"null, 'plane_type': null, 'reasons': ['format', 'z-order']}]}, {'surface': 5, 'pid': 99, "
	"'label': '', 'frames': 0, 'on_plane': 0, 'superseded': 0, 'dropped': 0, 'missed': 0, "
	"'missed_by_cause': {'moon': 0, 'fence': 0}, 'stages': {'commit_to_flip': []}, 'places': "
	"[]}]}";

static int setup(void **state) {
	yyjson_mut_doc *first = example_parse(before), *second = example_parse(after);
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

static int64_t number(yyjson_mut_doc *doc, const char *path) {
	return get_int(example_at(doc, path), "");
}

static void differences(void **state) {
	yyjson_mut_doc *span = *state;
	assert_true(get_number(example_at(span, "/seconds"), "") == 2);
	assert_int_equal(number(span, "/time_ns"), INT64_C(12000000000));
	assert_int_equal(number(span, "/outputs/0/flips"), 120);
	assert_int_equal(number(span, "/outputs/0/late"), 4);
	assert_int_equal(number(span, "/outputs/0/wakeups"), 120);
	assert_int_equal(number(span, "/outputs/1/flips"), 30);
	assert_int_equal(number(span, "/surfaces/0/surface"), 3);
	assert_int_equal(number(span, "/surfaces/0/pid"), 99);
	assert_int_equal(number(span, "/surfaces/0/frames"), 120);
	assert_true(get_number(example_at(span, "/surfaces/0/fps"), "") == 60);
	assert_int_equal(number(span, "/surfaces/0/on_plane"), 4);
	assert_int_equal(number(span, "/surfaces/0/missed"), 4);
	assert_int_equal(number(span, "/surfaces/0/missed_by_cause/moon"), 1);
	assert_int_equal(number(span, "/surfaces/0/missed_by_cause/fence"), 3);
	assert_int_equal(number(span, "/surfaces/0/places/0/plane"), 42);
	/* It was not there before. */
	assert_int_equal(number(span, "/surfaces/1/frames"), 10);
	assert_true(has_text(example_at(span, "/surfaces/1/places/0/reasons/1"), "", "z-order"));
}

/* Counts of a bin go over their end, at 2^32. */
static void percentiles(void **state) {
	yyjson_mut_doc *span = *state;
	assert_int_equal(number(span, "/surfaces/0/stages/commit_to_flip/p50_us"), 10000);
	assert_int_equal(number(span, "/surfaces/0/stages/commit_to_flip/p95_us"), 10000);
	assert_int_equal(number(span, "/surfaces/0/stages/commit_to_flip/p99_us"), 10000);
	assert_int_equal(number(span, "/surfaces/0/stages/commit_to_flip/max_us"), 40000);
	assert_true(yyjson_mut_is_null(
		example_at(span, "/surfaces/0/stages/commit_to_signalled/p50_us")));
	assert_true(yyjson_mut_is_null(example_at(span, "/surfaces/1/stages/commit_to_flip/max_us")));
}

static char *print(yyjson_mut_doc *span, const char *only, int width, int height) {
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	top_table_print(file, yyjson_mut_doc_get_root(span), only, width, height, "\n");
	fclose(file);
	return text;
}

static void table(void **state) {
	yyjson_mut_doc *span = *state;
	char *text = print(span, NULL, 120, 0);
	static const char *const words[] = {
		"Virtual-1                     120       4      120\n",
		"3 player                     60.0   10.00   10.00   10.00      4  overlay 42\n",
		"    missed 1: the moon was full\n",
		"    missed 3: fence signalled late\n",
		"4 übergröße                   5.0       -       -       -      0  composed: form",
		"  composed: format,z-order\n",
		"5 surface                     0.0       -       -       -      0  hidden\n",
	};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(text, words[i]) == NULL) {
			fail_msg("'%s' is not in\n%s", words[i], text);
		}
	}
	free(text);
	/* A long name is cut by characters. */
	yyjson_mut_set_str(
		example_at(span, "/surfaces/2/label"), "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü");
	text = print(span, NULL, 120, 0);
	assert_non_null(strstr(text, "5 üüüüüüüüüüüüüüüüüüüüüüüü    0.0 "));
	free(text);
	top_keep_output(yyjson_mut_doc_get_root(span), "Virtual-2");
	text = print(span, "Virtual-2", 120, 0);
	assert_null(strstr(text, "player"));
	assert_null(strstr(text, "Virtual-1"));
	assert_non_null(strstr(text, "4 übergröße"));
	free(text);
}

/* In characters, as the terminal counts them. */
static void table_fits(void **state) {
	for (int width = 1; width < 90; width++) {
		for (int height = 1; height < 12; height++) {
			char *text = print(*state, NULL, width, height);
			int lines = 0, columns = 0;
			for (const char *at = text; *at != '\0'; at++) {
				columns += ((unsigned char)*at & 0xc0) != 0x80;
				if (*at == '\n') {
					assert_true(columns - 1 <= width);
					columns = 0;
					lines++;
				}
			}
			assert_true(lines <= height);
			free(text);
		}
	}
}

TEST_MAIN("latchctl top", TEST(differences), TEST(percentiles), TEST(table), TEST(table_fits))
