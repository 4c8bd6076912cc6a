/* SPDX-License-Identifier: MIT */
#pragma once

#include <wayland-server-core.h>
#include <yyjson.h>

struct latch_inspector;
struct latch_trace;

/** What a client can ask for: so many values of enum zlatch_inspector_v2_subject, from 0. */
#define LATCH_INSPECTOR_SUBJECTS 3

struct latch_inspector_options {
	/**
	 * For each subject: adds to the root of a document what is so now. Texts that the document
	 * borrows have to stay until the event loop runs. Returns false without memory. Called when
	 * a client asks, and at no other time.
	 */
	bool (*fill[LATCH_INSPECTOR_SUBJECTS])(
		void *data, yyjson_mut_doc *doc, yyjson_mut_val *root);
	void *data;
	/** As latch_trace_record(), of this trace. */
	int (*record)(struct latch_trace *trace, int fd, int64_t span_ns,
		void (*done)(void *data, int error), void *data);
	struct latch_trace *trace;
};

/**
 * Offers zlatch_inspector_v2 (protocols/latch-inspector-unstable-v2.xml): answers each question by
 * a file with one JSON document. Sandboxed clients must not see it, see security.h. Returns NULL
 * without memory.
 */
struct latch_inspector *latch_inspector_create(
	struct wl_display *display, const struct latch_inspector_options *options);

/** Clients must be gone, the display still there. NULL is fine. */
void latch_inspector_destroy(struct latch_inspector *inspector);
