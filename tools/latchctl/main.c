/* SPDX-License-Identifier: MIT */
/*
 * latchctl: asks a running latch what it does with its clients' buffers.
 *
 * session.c asks for one of latch's JSON documents and common/document.c finds things in it.
 * common/advice.c adds what helps against which reason, as.c where layers would be on other devices,
 * kernel.c what the kernel says of planes; table.c, svg.c and held.c show it. top.c asks for what was
 * counted again and again, span.c takes the difference of two answers, top_table.c shows that;
 * screen.c knows the terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "advice.h"
#include "as.h"
#include "bug.h"
#include "common/util.h"
#include "document.h"
#include "latch-inspector-unstable-v2-client-protocol.h"
#include "kernel.h"
#include "options.h"
#include "screen.h"
#include "session.h"
#include "show.h"
#include "top.h"

static bool show(const struct latchctl_options *options, yyjson_mut_doc *doc) {
	yyjson_mut_val *root = yyjson_mut_doc_get_root(doc);
	int columns, lines;
	if (options->output && !session_keep_output(root, options->output)) {
		return false;
	}
	advice_add(doc);
	if (options->as && !as_add(doc, options->as)) {
		return false;
	}
	if (options->svg) {
		return svg_write(options->svg, root) ||
		       failed(false, "%s can't be written: %s", options->svg, strerror(errno));
	}
	if (options->json) {
		return document_print(doc, YYJSON_WRITE_PRETTY) || failed(false, "out of memory");
	}
	if (options->watch_s > 0 && isatty(STDOUT_FILENO)) {
		fputs("\033[H\033[J", stdout);
	}
	if (options->command == LATCHCTL_HELD) {
		held_print(stdout, root);
	} else if (options->as) {
		as_print(stdout, root);
	} else {
		screen_size(&columns, &lines);
		table_print(stdout, root, columns);
	}
	return true;
}

static bool answer(struct session *session, const struct latchctl_options *options) {
	yyjson_mut_doc *doc = session_ask(session, options->command == LATCHCTL_HELD
							   ? ZLATCH_INSPECTOR_V2_SUBJECT_HELD
							   : ZLATCH_INSPECTOR_V2_SUBJECT_PLANES);
	bool ok = doc && show(options, doc);
	yyjson_mut_doc_free(doc);
	if (ok && (fflush(stdout) != 0 || ferror(stdout))) {
		return failed(false, "standard output can't be written: %s", strerror(errno));
	}
	return ok;
}

static bool record(struct session *session, const struct latchctl_options *options) {
	int fd = open(options->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0) {
		return failed(false, "%s can't be written: %s", options->file, strerror(errno));
	}
	bool ok = session_record(session, fd, latchctl_last_ms(options));
	close(fd);
	return ok;
}

static bool run(struct session *session, const struct latchctl_options *options) {
	if (options->command == LATCHCTL_TOP) {
		return top_run(session, options);
	}
	if (options->command == LATCHCTL_RECORD) {
		return record(session, options);
	}
	if (options->command == LATCHCTL_BUG) {
		return bug_run(session, options);
	}
	for (;;) {
		if (!answer(session, options)) {
			return false;
		}
		if (options->watch_s == 0) {
			return true;
		}
		if (!isatty(STDOUT_FILENO)) {
			puts("");
		}
		screen_wait(options->watch_s, -1);
	}
}

int main(int argc, char **argv) {
	struct latchctl_options options;
	int status = latchctl_options_parse(&options, argc, argv);
	if (status >= 0) {
		return status;
	}
	struct session session;
	status = LATCHCTL_EXIT_FAILURE;
	if (session_init(&session)) {
		status = options.kernel		      ? kernel_run(&session, &options)
			 : run(&session, &options) ? LATCHCTL_EXIT_OK
						      : LATCHCTL_EXIT_FAILURE;
	}
	if (session.problem) {
		say("%s", session.problem);
	}
	session_finish(&session);
	return status;
}
