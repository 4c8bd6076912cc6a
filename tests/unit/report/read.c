/* SPDX-License-Identifier: MIT */
/* Traces of other versions, cut ones, and files that are none. */
#include "session.h"

#include "../text.h"
#include "read.h"
#include "run.h"
#include "trace/statistics.h"

#define HEAD "[\n{\"ph\":\"i\",\"name\":\"latch\",\"args\":{\"version\":\"9.9\",\"format\":2}}"

/* What is wrong with the text as a trace; NULL for nothing. The run is the caller's to finish. */
static const char *read_text(struct run *run, const char *text, size_t length) {
	const char *path = write_file(text, length);
	assert_true(run_init(run, path));
	const char *wrong = read_trace(run, &(struct read_options){0});
	unlink(path);
	return wrong;
}

static void cut_anywhere(void **state) {
	struct session session;
	session_begin(&session, 4, 2, "a \"b \\ {[c");
	char *text = text_of_file(session.trace_path);
	const size_t length = strlen(text);
	size_t last = 0;
	for (size_t cut = length; cut > 0; cut -= cut > 7 ? 7 : 1) {
		struct run run;
		const char *wrong = read_text(&run, text, cut);
		/* Without its first event it could be anything. */
		if (wrong != NULL) {
			assert_true(run.events < 2);
			assert_non_null(strstr(wrong, "no trace of latch"));
		} else {
			assert_int_equal(run.cut, cut < length - 1);
		}
		assert_true(last == 0 || run.events <= last);
		last = run.events;
		run_finish(&run);
	}
	free(text);
	session_end(&session);
}

static void says_where(void **state) {
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"", "line 1, byte 0: the file is empty"},
		{" \n ", "the file is empty"},
		{"output Virtual-1", "line 1, byte 0: no trace: it does not begin with ["},
		{"{\"traceEvents\":[]}", "no trace: it does not begin with ["},
		{"[]", "no trace of latch"},
		{"[{\"ph\":\"i\"}]", "no trace of latch"},
		{HEAD ",\n{\"ph\":nonsense}\n]", "line 3, byte "},
		{HEAD ",\n7]", "line 3, byte 65: an event has to begin with {"},
		{HEAD "\n{}]", "line 3, byte 64: a comma or ] has to follow"},
		{HEAD "]\nmore", "something follows the end"},
		{"[{\"ph\":\"i\",\"name\":\"latch\",\"args\":{\"version\":\"9\",\"format\":3}}]",
			"its format is 3"},
	};
	for (size_t i = 0; i < LEN(cases); i++) {
		struct run run;
		const char *wrong = read_text(&run, cases[i].text, strlen(cases[i].text));
		ASSERT_HAS(wrong != NULL ? wrong : "nothing", cases[i].words);
		run_finish(&run);
	}
	struct run run;
	assert_true(run_init(&run, "/no/such/trace"));
	assert_string_equal(
		read_trace(&run, &(struct read_options){0}), "No such file or directory");
	run_finish(&run);
}

/* One event as long as several reads of the file, and one that is too long. */
static void long_events(void **state) {
	const size_t length = 600 * 1024;
	char *text = malloc(3 * length);
	assert_non_null(text);
	int at = sprintf(text, HEAD ",{\"name\":\"");
	memset(text + at, '{', length);
	strcpy(text + at + length, "\"}]");
	struct run run;
	assert_null(read_text(&run, text, strlen(text)));
	assert_int_equal(run.events, 2);
	run_finish(&run);
	memset(text + at, 'x', 2 * length);
	strcpy(text + (size_t)at + 2 * length, "\"}]");
	assert_non_null(strstr(read_text(&run, text, strlen(text)), "longer than 1 MiB"));
	run_finish(&run);
	free(text);
}

/* What a later latch knows and this one does not is told by its name. */
static void unknown_names(void **state) {
	const char text[] = HEAD
		",{\"ph\":\"i\",\"name\":\"surface\",\"args\":{\"id\":5,\"label\":\"x\"}}"
		",{\"ph\":\"B\",\"name\":\"on plane\",\"args\":{\"surface\":5,\"update\":1,"
		"\"sync\":\"telepathy\",\"placement\":\"on plane\",\"plane_type\":\"hologram\","
		"\"reason_names\":[\"tired\",\"no-dmabuf\"],\"presented\":true,\"commit_ns\":1000,"
		"\"flip_ns\":9000,\"refresh_ns\":100,\"new\":[{}]}}"
		",{\"ph\":\"E\"}"
		",{\"ph\":\"i\",\"name\":\"missed: moon\",\"args\":{\"update\":1,\"vblanks\":3}}"
		",{\"ph\":\"i\",\"name\":\"missed: fence\",\"args\":{\"update\":1,\"vblanks\":2}}"
		",{\"ph\":\"i\",\"name\":\"missed: moon\",\"args\":{\"update\":1,\"vblanks\":1}}"
		",{\"ph\":\"i\",\"name\":\"missed: fence\",\"args\":{\"update\":7,\"vblanks\":2}}"
		",{\"ph\":\"i\",\"name\":\"surprise\",\"args\":{\"id\":5}}]";
	struct run run;
	assert_null(read_text(&run, text, strlen(text)));
	assert_string_equal(run.version, "9.9");
	assert_string_equal(run.frames[0].sync, "telepathy");
	assert_string_equal(run.frames[0].reasons, "tired,no-dmabuf");
	assert_string_equal(run.frames[0].record.plane_type, "hologram");
	const struct latch_surface_counts counts =
		latch_statistics_find_surface(run.statistics, 5)->counts;
	assert_int_equal(counts.frames, 1);
	assert_int_equal(counts.missed, 6);
	assert_int_equal(counts.missed_by_cause[LATCH_MISSED_FENCE], 2);
	assert_int_equal(counts.missed_by_other[0], 4);
	assert_string_equal(latch_statistics_other_cause(run.statistics, 0), "moon");
	assert_null(latch_statistics_other_cause(run.statistics, 1));
	latch_statistics_write_table(run.statistics, text_begin());
	ASSERT_HAS(text_end(), "missed 4: moon");
	run_finish(&run);
}

/* Control characters and damaged UTF-8 reach no table and no file. */
static void texts_are_clean(void **state) {
	const char text[] = HEAD ",{\"ph\":\"i\",\"name\":\"surface\",\"args\":{\"id\":5,"
				 "\"label\":\"\\u001b[31m\\u0007red\\u009b\"}}]";
	struct run run;
	assert_null(read_text(&run, text, strlen(text)));
	assert_string_equal(run.surfaces[0].label, "?[31m?red??");
	run_finish(&run);
}

/* Nonsense in place of every value: it may be refused, but nothing is read that is not there. */
static void random_damage(void **state) {
	struct session session;
	session_begin(&session, 5, 2, "x");
	char *text = text_of_file(session.trace_path);
	const size_t length = strlen(text);
	srand(6);
	for (int i = 0; i < 400; i++) {
		char *damaged = strdup(text);
		for (int j = 0; j < 1 + i % 4; j++) {
			damaged[(size_t)rand() % length] = "{}[]\",:0-e\\x\x80"[rand() % 13];
		}
		struct run run;
		read_text(&run, damaged, length);
		run_finish(&run);
		free(damaged);
	}
	free(text);
	session_end(&session);
}

TEST_MAIN("report read", UNIT(cut_anywhere), UNIT(says_where), UNIT(long_events),
	UNIT(unknown_names), UNIT(texts_are_clean), UNIT(random_damage))
