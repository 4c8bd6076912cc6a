/* SPDX-License-Identifier: MIT */
#include "trace/scan.h"

#include "base/array.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <yyjson.h>

/* Longer events are taken for damage: latch's are below 4 KiB. */
#define EVENT_MAX (1024 * 1024)

void latch_scan_finish(struct latch_scan *scan) {
	free(scan->event);
	*scan = (struct latch_scan){0};
}

/* Something is wrong with the character that was read last. */
static enum latch_scan_result fail(struct latch_scan *scan, const char *what) {
	snprintf(scan->error, sizeof(scan->error), "line %" PRIu64 ", byte %" PRIu64 ": %s",
		scan->line, scan->offset - !feof(scan->file), what);
	return LATCH_SCAN_ERROR;
}

static int next(struct latch_scan *scan) {
	const int c = getc_unlocked(scan->file);
	scan->offset += c != EOF;
	scan->line += c == '\n';
	return c;
}

/* The next one that is no white space. */
static int next_mark(struct latch_scan *scan) {
	int c;
	do {
		c = next(scan);
	} while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
	return c;
}

static enum latch_scan_result at_end(struct latch_scan *scan) {
	return ferror(scan->file) ? fail(scan, strerror(errno)) : LATCH_SCAN_CUT;
}

/* The object that begins with the character that was read last. */
static enum latch_scan_result take_event(struct latch_scan *scan, int c) {
	size_t depth = 0;
	bool in_text = false, escaped = false;
	scan->event_offset = scan->offset - 1;
	scan->event_line = scan->line;
	scan->event_length = 0;
	for (;; c = next(scan)) {
		if (c == EOF) {
			return at_end(scan);
		}
		if (scan->event_length == EVENT_MAX) {
			return fail(scan, "an event longer than 1 MiB");
		}
		if (!latch_array_reserve(&scan->event, &scan->event_capacity,
			    scan->event_length + 1 + YYJSON_PADDING_SIZE, 1)) {
			return fail(scan, "no memory");
		}
		scan->event[scan->event_length++] = (char)c;
		if (escaped) {
			escaped = false;
		} else if (c == '"') {
			in_text = !in_text;
		} else if (in_text) {
			escaped = c == '\\';
		} else if (c == '{' || c == '[') {
			depth++;
		} else if ((c == '}' || c == ']') && --depth == 0) {
			return LATCH_SCAN_EVENT;
		}
	}
}

enum latch_scan_result latch_scan_next(struct latch_scan *scan) {
	int c = next_mark(scan);
	if (!scan->opened) {
		if (c == EOF && !ferror(scan->file)) {
			return fail(scan, "the file is empty");
		}
		if (c != EOF && c != '[') {
			return fail(scan, "no trace: it does not begin with [");
		}
		scan->opened = true;
		c = c == EOF ? c : next_mark(scan);
	} else if (c == ',') {
		c = next_mark(scan);
	} else if (c != EOF && c != ']') {
		return fail(scan, "a comma or ] has to follow an event");
	}
	if (c == EOF) {
		return at_end(scan);
	}
	if (c == ']') {
		return next_mark(scan) == EOF
			       ? LATCH_SCAN_END
			       : fail(scan, "something follows the end of the trace");
	}
	if (c != '{') {
		return fail(scan, "an event has to begin with {");
	}
	return take_event(scan, c);
}

yyjson_doc *latch_scan_parse(struct latch_scan *scan) {
	yyjson_read_err error;
	yyjson_doc *doc = yyjson_read_opts(
		scan->event, scan->event_length, YYJSON_READ_INSITU, NULL, &error);
	if (doc == NULL) {
		snprintf(scan->error, sizeof(scan->error), "line %" PRIu64 ", byte %" PRIu64 ": %s",
			scan->event_line, scan->event_offset + error.pos, error.msg);
	}
	return doc;
}
