/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

static bool error_fits(const struct outcome *outcome, const struct expectation *expected) {
	if (!outcome->interface || !expected->interface ||
		strcmp(outcome->interface, expected->interface) != 0) {
		return false;
	}
	for (size_t i = 0; i < expected->num_codes; i++) {
		if (outcome->code == expected->codes[i]) {
			return true;
		}
	}
	return false;
}

bool outcome_fits(const struct outcome *outcome, const struct expectation *expected) {
	return (outcome->answer == ANSWER_NOTHING && expected->nothing) ||
	       (outcome->answer == ANSWER_CREATED && expected->created) ||
	       (outcome->answer == ANSWER_FAILED && expected->failed) ||
	       (outcome->answer == ANSWER_ERROR && error_fits(outcome, expected));
}

const char *outcome_text(const struct outcome *outcome, char text[OUTCOME_TEXT_MAX]) {
	static const char *const words[] = {
		[ANSWER_NOTHING] = "no error",
		[ANSWER_CREATED] = "created",
		[ANSWER_FAILED] = "failed",
		[ANSWER_HANGUP] = "hung up without an error",
		[ANSWER_LATE] = "no answer in time",
	};
	if (outcome->answer == ANSWER_ERROR) {
		snprintf(text, OUTCOME_TEXT_MAX, "error %u of %s", outcome->code,
			outcome->interface ? outcome->interface : "an unknown object");
	} else {
		snprintf(text, OUTCOME_TEXT_MAX, "%s", words[outcome->answer]);
	}
	return text;
}

static void add(char text[OUTCOME_TEXT_MAX], const char *words) {
	size_t len = strlen(text);
	snprintf(text + len, OUTCOME_TEXT_MAX - len, "%s%s", len > 0 ? " or " : "", words);
}

const char *expectation_text(const struct expectation *expected, char text[OUTCOME_TEXT_MAX]) {
	text[0] = '\0';
	for (size_t i = 0; i < expected->num_codes; i++) {
		char error[OUTCOME_TEXT_MAX];
		const struct outcome outcome = {
			ANSWER_ERROR, expected->interface, expected->codes[i]};
		add(text, outcome_text(&outcome, error));
	}
	if (expected->nothing) {
		add(text, "no error");
	}
	if (expected->created) {
		add(text, "created");
	}
	if (expected->failed) {
		add(text, "failed");
	}
	return text;
}
