/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a compositor can answer to a request. */
enum answer {
	ANSWER_NOTHING, /* no error, and nobody was told anything */
	ANSWER_CREATED, /* zwp_linux_buffer_params_v1.created */
	ANSWER_FAILED,	/* zwp_linux_buffer_params_v1.failed */
	ANSWER_ERROR,	/* a protocol error */
	ANSWER_HANGUP,	/* the connection ended without one */
	ANSWER_LATE,	/* nothing came in time, not even wl_display.sync */
};

struct outcome {
	enum answer answer;
	const char *interface; /* ANSWER_ERROR: of the object; NULL where it is not known */
	uint32_t code;
};

#define EXPECT_MAX_CODES 3

/** What the protocol's XML allows as an answer. */
struct expectation {
	bool nothing, created, failed;
	const char *interface; /* of the errors */
	size_t num_codes;
	uint32_t codes[EXPECT_MAX_CODES];
};

bool outcome_fits(const struct outcome *outcome, const struct expectation *expected);

#define OUTCOME_TEXT_MAX 128

/** "error 4 of zwp_linux_buffer_params_v1", "failed", ... */
const char *outcome_text(const struct outcome *outcome, char text[OUTCOME_TEXT_MAX]);

/** The same for what was expected: the answers with "or" between them. */
const char *expectation_text(const struct expectation *expected, char text[OUTCOME_TEXT_MAX]);
