/* SPDX-License-Identifier: MIT */
/* Whether a compositor's answer is one that the protocol allows. */
#include "verdict.h"
#include "../test.h"

#define PARAMS "zwp_linux_buffer_params_v1"
#define ERRORS .interface = PARAMS, .codes = {3, 6}, .num_codes = 2

static const struct {
	const char *name;
	struct expectation expected;
	struct outcome outcome;
	bool fits;
} rows[] = {
	{"the first error", {ERRORS}, {ANSWER_ERROR, PARAMS, 3}, true},
	{"the second error", {ERRORS}, {ANSWER_ERROR, PARAMS, 6}, true},
	{"another error", {ERRORS}, {ANSWER_ERROR, PARAMS, 0}, false},
	{"another's error", {ERRORS}, {ANSWER_ERROR, "wl_display", 3}, false},
	{"nobody's error", {ERRORS}, {ANSWER_ERROR, NULL, 3}, false},
	{"nothing instead of an error", {ERRORS}, {.answer = ANSWER_NOTHING}, false},
	{"created instead of an error", {ERRORS}, {.answer = ANSWER_CREATED}, false},
	{"failed instead of an error", {ERRORS}, {.answer = ANSWER_FAILED}, false},
	/* Code 0 is an error as good as any. */
	{"error 0", {.interface = "i", .num_codes = 1}, {ANSWER_ERROR, "i", 0}, true},
	{"error 0 instead of nothing", {.interface = "i", .nothing = true}, {ANSWER_ERROR, "i", 0},
		false},
	{"failed", {.failed = true}, {.answer = ANSWER_FAILED}, true},
	{"created instead of failed", {.failed = true}, {.answer = ANSWER_CREATED}, false},
	{"created", {.created = true}, {.answer = ANSWER_CREATED}, true},
	{"nothing instead of created", {.created = true}, {.answer = ANSWER_NOTHING}, false},
	{"nothing", {.nothing = true}, {.answer = ANSWER_NOTHING}, true},
	{"failed instead of nothing", {.nothing = true}, {.answer = ANSWER_FAILED}, false},
	/* A compositor that hangs or is gone is never right. */
	{"gone", {true, true, true, ERRORS}, {.answer = ANSWER_HANGUP}, false},
	{"late", {true, true, true, ERRORS}, {.answer = ANSWER_LATE}, false},
};

static void fits(void **state) {
	for (size_t i = 0; i < LEN(rows); i++) {
		print_message("# %s\n", rows[i].name);
		assert_int_equal(outcome_fits(&rows[i].outcome, &rows[i].expected), rows[i].fits);
	}
}

static void texts(void **state) {
	char text[OUTCOME_TEXT_MAX];
	const struct outcome error = {ANSWER_ERROR, "wl_surface", 4};
	const struct outcome late = {.answer = ANSWER_LATE};
	const struct expectation expected = {
		.failed = true, .interface = "wl_surface", .codes = {4, 5}, .num_codes = 2};
	assert_string_equal(outcome_text(&error, text), "error 4 of wl_surface");
	assert_string_equal(outcome_text(&late, text), "no answer in time");
	assert_string_equal(expectation_text(&expected, text),
		"error 4 of wl_surface or error 5 of wl_surface or failed");
}

TEST_MAIN("clients: verdicts", UNIT(fits), UNIT(texts))
