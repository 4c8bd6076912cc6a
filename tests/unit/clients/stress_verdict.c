/* SPDX-License-Identifier: MIT */
/* Whether a compositor's answer is one that the protocol allows. */
#include "verdict.h"
#include "../test.h"

static bool fits(struct outcome outcome, struct expectation expected) {
	return outcome_fits(&outcome, &expected);
}

static void errors(void **state) {
	const struct expectation expected = {
		.interface = "zwp_linux_buffer_params_v1", .codes = {3, 6}, .num_codes = 2};
	const char *same = "zwp_linux_buffer_params_v1";
	assert_true(fits((struct outcome){ANSWER_ERROR, same, 3}, expected));
	assert_true(fits((struct outcome){ANSWER_ERROR, same, 6}, expected));
	assert_false(fits((struct outcome){ANSWER_ERROR, same, 0}, expected));
	assert_false(fits((struct outcome){ANSWER_ERROR, "wl_display", 3}, expected));
	assert_false(fits((struct outcome){ANSWER_ERROR, NULL, 3}, expected));
	assert_false(fits((struct outcome){.answer = ANSWER_NOTHING}, expected));
	assert_false(fits((struct outcome){.answer = ANSWER_CREATED}, expected));
	assert_false(fits((struct outcome){.answer = ANSWER_FAILED}, expected));
}

/* Code 0 is an error as good as any. */
static void error_0(void **state) {
	const struct expectation one = {.interface = "i", .num_codes = 1};
	const struct expectation none = {.interface = "i", .nothing = true};
	assert_true(fits((struct outcome){ANSWER_ERROR, "i", 0}, one));
	assert_false(fits((struct outcome){ANSWER_ERROR, "i", 0}, none));
}

static void events(void **state) {
	const struct expectation failed = {.failed = true}, created = {.created = true};
	const struct expectation nothing = {.nothing = true};
	assert_true(fits((struct outcome){.answer = ANSWER_FAILED}, failed));
	assert_false(fits((struct outcome){.answer = ANSWER_CREATED}, failed));
	assert_true(fits((struct outcome){.answer = ANSWER_CREATED}, created));
	assert_false(fits((struct outcome){.answer = ANSWER_NOTHING}, created));
	assert_true(fits((struct outcome){.answer = ANSWER_NOTHING}, nothing));
	assert_false(fits((struct outcome){.answer = ANSWER_FAILED}, nothing));
}

/* A compositor that hangs or is gone is never right. */
static void no_answer(void **state) {
	const struct expectation all = {.nothing = true,
		.created = true,
		.failed = true,
		.interface = "i",
		.num_codes = 1};
	assert_false(fits((struct outcome){.answer = ANSWER_HANGUP}, all));
	assert_false(fits((struct outcome){.answer = ANSWER_LATE}, all));
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

TEST_MAIN("clients: verdicts", UNIT(errors), UNIT(error_0), UNIT(events), UNIT(no_answer),
	UNIT(texts))
