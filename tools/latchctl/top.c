/* SPDX-License-Identifier: MIT */
#include "top.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <wayland-client.h>

#include "common/util.h"
#include "document.h"
#include "latch-inspector-unstable-v2-client-protocol.h"
#include "options.h"
#include "screen.h"
#include "session.h"
#include "show.h"
#include "span.h"

#define FIRST_S 0.25

static bool show(struct session *session, yyjson_mut_doc *span,
	const struct latchctl_options *options, bool on_screen) {
	yyjson_mut_val *root = yyjson_mut_doc_get_root(span);
	int columns, lines;
	screen_size(&columns, &lines);
	if (options->json) {
		if (!document_print(span, 0)) {
			session->problem = "out of memory";
			return false;
		}
	} else if (on_screen) {
		/* Line by line over what is there: an empty screen in between would flicker. */
		fputs("\033[H", stdout);
		top_table_print(stdout, root, options->output, columns, lines - 1, "\033[K\n");
		fputs("\033[J", stdout);
	} else {
		top_table_print(stdout, root, options->output, columns, 0, "\n");
		fputs(options->once ? "" : "\n", stdout);
	}
	if (fflush(stdout) != 0 || ferror(stdout)) {
		session->problem = strerror(errno);
		return false;
	}
	return true;
}

/* Waits for a span's end; a new size of the terminal shows the last span in it. */
static void wait_for_end(struct session *session, const struct latchctl_options *options,
	yyjson_mut_doc *last, int64_t end_ns) {
	struct wl_display *display = session->display;
	int64_t left_ns;
	while (!screen_interrupted() && (left_ns = end_ns - latch_now_ns()) > 0) {
		screen_wait((double)left_ns / 1e9, wl_display_get_fd(display));
		if (last && latch_now_ns() < end_ns && !screen_interrupted()) {
			show(session, last, options, true);
		}
		/* Nothing is sent that was not asked for: it is the end of the connection. */
		if (wl_display_prepare_read(display) != 0 || wl_display_read_events(display) < 0) {
			return;
		}
	}
}

/* Spans until interrupted; each begins with the last answer. */
static bool show_spans(struct session *session, const struct latchctl_options *options,
	yyjson_mut_doc **before, bool on_screen) {
	const double interval = options->watch_s > 0 ? options->watch_s : 1;
	/* The first page on a screen comes soon. */
	double wanted = on_screen && interval > FIRST_S ? FIRST_S : interval;
	yyjson_mut_doc *span = NULL;
	bool ok = true;
	do {
		const int64_t begin_ns = get_int(yyjson_mut_doc_get_root(*before), "/time_ns");
		wait_for_end(session, options, on_screen ? span : NULL,
			begin_ns + (int64_t)(wanted * 1e9));
		wanted = interval;
		if (screen_interrupted()) {
			break;
		}
		yyjson_mut_doc *after =
			session_ask(session, ZLATCH_INSPECTOR_V2_SUBJECT_STATISTICS);
		if (!after) {
			ok = false;
			break;
		}
		yyjson_mut_doc_free(span);
		span = span_between(*before, after);
		if (span && options->output) {
			top_keep_output(yyjson_mut_doc_get_root(span), options->output);
		}
		yyjson_mut_doc_free(*before);
		*before = after;
		session->problem = span ? NULL : "out of memory";
		ok = span && show(session, span, options, on_screen);
	} while (ok && !options->once);
	yyjson_mut_doc_free(span);
	return ok;
}

bool top_run(struct session *session, const struct latchctl_options *options) {
	screen_catch_signals();
	yyjson_mut_doc *before = session_ask(session, ZLATCH_INSPECTOR_V2_SUBJECT_STATISTICS);
	if (!before) {
		return false;
	}
	yyjson_mut_val *outputs = yyjson_mut_obj_get(yyjson_mut_doc_get_root(before), "outputs");
	bool ok = !options->output || find_text(outputs, "/name", options->output);
	session->problem = ok ? NULL : "there is no such output";
	const bool on_screen =
		ok && !options->json && !options->once && isatty(STDOUT_FILENO);
	if (on_screen) {
		screen_enter();
	}
	ok = ok && show_spans(session, options, &before, on_screen);
	if (on_screen) {
		screen_leave();
	}
	yyjson_mut_doc_free(before);
	return ok;
}
