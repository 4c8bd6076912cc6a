/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

/** A connection to a running latch. */
struct session {
	struct wl_display *display;
	struct wl_registry *registry;
	struct zlatch_inspector_v2 *inspector;
	/** What is wrong, for people; NULL for nothing. To be said by the caller. */
	const char *problem;
	/** The answer to the request that was made last: a document, or how writing a file went. */
	bool answered;
	yyjson_mut_doc *answer;
	uint32_t record_error;
};

/** Connects. Returns false after a failure that it has told; session_finish() is needed anyway. */
bool session_init(struct session *session);
void session_finish(struct session *session);

/**
 * Asks for one of enum zlatch_inspector_v2_subject and waits for the document, which the caller
 * frees. NULL after a failure, with session->problem.
 */
yyjson_mut_doc *session_ask(struct session *session, uint32_t subject);

/**
 * Has the frames of the last so many milliseconds written into a file, which stays the caller's.
 * Returns false after a failure that it has told, or with session->problem.
 */
bool session_record(struct session *session, int fd, uint32_t last_ms);

/** Takes all outputs but one from a document of planes. Returns false, having said which there are,
 * when there is none of this name. */
bool session_keep_output(yyjson_mut_val *root, const char *name);
